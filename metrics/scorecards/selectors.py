"""Reads of scorecards inside the reader's rights, drafts and published ones alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.http import Http404

from metrics.models import Scorecard, ScorecardEvent, SignOff
from metrics.periods import Period
from metrics.scorecards.bridge import index_bridge
from metrics.scorecards.building import Texts, content_build, texts_of
from metrics.scorecards.content import Content, Notes, Restated, content_load, signing_digest
from metrics.scorecards.reading import Stored
from metrics.scorecards.restated import periods_of, restated_since
from metrics.scorecards.selection import KINDS, metrics_default
from metrics.scorecards.services import signatures_of
from metrics.selectors import scopes_of
from portfolio.rights import Visibility


def scorecards_visible(*, visible_to: Visibility) -> QuerySet[Scorecard]:
    """Scorecards that a reader may open: drafts only for roles that read all. Frozen texts are not read."""
    rows = Scorecard.objects.defer("frozen")
    if visible_to.reads_all:
        return rows
    ids: list[int] = []
    published = rows.filter(state=Scorecard.State.PUBLISHED)
    for kind in KINDS:
        codes = visible_to.codes_of(kind)
        if codes:
            ids += published.filter(scope_kind=kind, scope__in=codes).values_list("pk", flat=True)
    return published.filter(pk__in=ids)


def scorecard_get(period: str, kind: str, code: str, *, visible_to: Visibility) -> Scorecard | None:
    """One scorecard, or None when there is none that the reader may open. Cost: three queries."""
    if not visible_to.sees(kind, code):
        return None
    card = (
        Scorecard.objects.prefetch_related("comments", "sign_offs")
        .filter(period=period, scope_kind=kind, scope=code)
        .first()
    )
    return card if card is None or card.is_published or visible_to.reads_all else None


def scorecard_require(period: str, kind: str, code: str, *, visible_to: Visibility) -> Scorecard:
    """One scorecard; Http404 when there is none or it is outside the rights."""
    card = scorecard_get(period, kind, code, visible_to=visible_to)
    if card is None:
        raise Http404(f"scorecard {period}")
    return card


@dataclass(frozen=True, slots=True)
class Shown:
    """A scorecard's content as a reader may see it, and what of its signatures stands.

    `digest` is what a signature would stand for; `sha256` is blank until it is published.
    """

    card: Scorecard
    content: Content
    sha256: str
    digest: str
    outdated: tuple[str, ...]
    places: tuple[SignOff, ...]

    @property
    def hash_shown(self) -> str:
        """The hash that exports carry: of the frozen content, or of the draft as it stands."""
        return self.sha256 or self.digest


def scorecard_shown(card: Scorecard, *, visible_to: Visibility) -> Shown:
    """The frozen content of a published scorecard, the content as of now of a draft."""
    places = tuple(card.sign_offs.all())
    if card.is_published:
        return Shown(card, inside_rights(content_load(card.frozen), visible_to), card.sha256, "", (), places)
    content = content_build(Period.parse(card.period), card.scope_kind, card.scope, card.metrics, texts_of(card))
    digest = signing_digest(content)
    standing, outdated = signatures_of(card, digest)
    content = replace(content, signatures=standing)
    return Shown(card, inside_rights(content, visible_to), "", digest, outdated, places)


def content_of(period: Period, kind: str, code: str, *, visible_to: Visibility) -> Content | None:
    """What is known of a quarter: frozen where it is published, else from stored values. None outside the rights."""
    if not visible_to.sees(kind, code):
        return None
    card = scorecard_get(period.code, kind, code, visible_to=visible_to)
    if card is not None:
        return scorecard_shown(card, visible_to=visible_to).content
    if not scopes_of(kind, visible_to=visible_to, codes=[code]):
        return None
    texts = Texts(Notes("", "", ""), {})
    return inside_rights(content_build(period, kind, code, metrics_default(kind), texts), visible_to)


def inside_rights(content: Content, visible: Visibility) -> Content:
    """The content without rows and names that a reader may not see; sums stay exact."""
    if visible.reads_all:
        return content
    rows = tuple(row for row in content.rows if visible.sees(row.scope_kind, row.scope))
    restated = tuple(line for line in content.restated if visible.sees(line.scope_kind, line.scope))
    contribution = content.contribution
    if contribution is not None:
        seen = tuple(credit for credit in contribution.credits if visible.sees("project", credit.project))
        hidden = [credit for credit in contribution.credits if credit not in seen]
        contribution = replace(
            contribution,
            credits=seen,
            hidden=len(hidden),
            hidden_change=sum(credit.change for credit in hidden),
        )
    return replace(
        content,
        rows=rows,
        restated=restated,
        contribution=contribution,
        rows_hidden=len(content.rows) - len(rows),
        projects=0,
        customers=0,
    )


def compared(content: Content, against: Content) -> Content:
    """A content whose previous values and bridge are those of another quarter's content."""
    values = {row.key: row for row in against.rows}
    rows = tuple(
        replace(
            row,
            previous=values[row.key].value if row.key in values else None,
            previous_status=values[row.key].status if row.key in values else "no_data",
        )
        for row in content.rows
    )
    bridge = None
    if versions_agree(content, against):
        bridge = index_bridge(against.index_inputs, content.index_inputs, content.scope_kind)
    return replace(content, rows=rows, previous_period=against.period, bridge=bridge)


def versions_agree(content: Content, against: Content) -> bool:
    """Whether both were made under the same definitions, where both have them."""
    return all(content.definitions.get(key, version) == version for key, version in against.definitions.items())


def restated_after(content: Content, *, visible_to: Visibility) -> tuple[Restated, ...]:
    """What of a published content is another value now. Cost: about eight queries."""
    places = sorted({(row.scope_kind, row.scope) for row in content.rows})
    stored = Stored(places, periods_of([content]))
    return tuple(line for line in restated_since([content], stored) if visible_to.sees(line.scope_kind, line.scope))


def events_of(card: Scorecard) -> Sequence[ScorecardEvent]:
    """The record of a scorecard, oldest first. Cost: one query."""
    return list(card.events.all())
