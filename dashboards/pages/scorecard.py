"""One scorecard: its sheet, and what the reader can do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.decision_parts import asks_about
from dashboards.pages.scorecard_sheet import RestatedLine, Sheet, make_sheet, metric_name, restated_lines, sheet_of
from dashboards.parts import Action, Ask, Status
from dashboards.scorecard_links import NOTES, Choice, card_url, field_name, scope_query, state_status
from dashboards.scorecard_text import role_title
from metrics.models import ExportTemplate, Scorecard
from metrics.periods import Period
from metrics.scorecards.exporting import FORMS
from metrics.scorecards.rules import Refusal, ScorecardRefused, publish_refusals, sign_off_refusals
from metrics.scorecards.selectors import Shown, compared, content_of, events_of, restated_after, scorecard_shown
from metrics.scorecards.services import SIGNING_ROLES
from metrics.selectors import state
from portfolio.rights import Visibility

QUARTERS = 12


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done to a scorecard: its button and what it does."""

    name: str
    label: str
    primary: bool = False
    explained: str = ""


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One line of the record."""

    at: str
    who: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class ScorecardPage:
    """One scorecard with what can be done to it."""

    sheet: Sheet
    status: Status
    period: str
    drafted: bool
    url: str
    acts: tuple[Act, ...]
    edit_url: str
    comment_url: str
    sign_titles: tuple[Choice, ...]
    query: str
    decisions: tuple[Ask, ...]
    digest: str
    refusals: tuple[Refusal, ...]
    refused: tuple[Refusal, ...]
    exports: tuple[Action, ...]
    print_url: str
    verify_url: str
    against: tuple[Choice, ...]
    compares: bool
    compared_said: str
    kept: tuple[tuple[str, str], ...]
    restated_since: tuple[RestatedLine, ...]
    record: tuple[RecordLine, ...]


def scorecard_page(
    card: Scorecard | None,
    period: Period,
    kind: str,
    code: str,
    *,
    visible: Visibility,
    user_id: int,
    against: Period | None = None,
    refused: ScorecardRefused | None = None,
) -> ScorecardPage | None:
    """The page of a quarter and scope, drafted or not; None outside the rights.

    Cost: about a dozen queries for a published one, twenty for a draft, whatever the number of projects.
    """
    shown = scorecard_shown(card, visible_to=visible) if card is not None else None
    content = shown.content if shown is not None else content_of(period, kind, code, visible_to=visible)
    if content is None:
        return None
    remark = ""
    if against is not None and against.code != content.previous_period:
        other = content_of(against, kind, code, visible_to=visible)
        if other is not None:
            content = compared(content, other)
            remark = (
                _("Compared with %(period)s as published.")
                if other.published_at
                else _("Compared with %(period)s as stored now.")
            ) % {"period": f.period(against.code)}
    if shown is not None:
        sheet = sheet_of(shown, content)
    else:
        sheet = make_sheet(content, seal=_("No draft yet"), sealed=False)
    query = {"kind": kind, "code": code}
    return ScorecardPage(
        sheet=sheet,
        status=state_status(card.state) if card is not None else Status("none", _("Not drafted")),
        period=period.code,
        drafted=card is not None,
        url=card_url("scorecard", period.code, **query),
        acts=tuple(_acts(shown, visible)),
        edit_url=_edit_url(card, visible),
        comment_url=_comment_url(card, visible),
        sign_titles=tuple(Choice(title, role_title(title)) for title in _sign_titles(shown, visible, user_id)),
        query=scope_query(kind, code),
        decisions=asks_about(kind, code, visible=visible),
        digest=shown.digest if shown is not None else "",
        refusals=tuple(_refusals(shown, visible)),
        refused=refused.refusals if refused is not None else (),
        exports=tuple(_exports(card, visible)),
        print_url=card_url("scorecard-print", period.code, **query) if card is not None else "",
        verify_url=card_url("scorecard-verify", period.code, **query) if card is not None and card.is_published else "",
        against=_against(period, content.previous_period),
        compares=bool(remark),
        compared_said=remark,
        kept=() if kind == "enterprise" else (("scope_kind", kind), ("scope", code)),
        restated_since=restated_lines(restated_after(shown.content, visible_to=visible))
        if shown is not None and card is not None and card.is_published
        else (),
        record=_record(card) if card is not None and visible.reads_all else (),
    )


def _acts(shown: Shown | None, visible: Visibility) -> list[Act]:
    if not visible.may_write:
        return []
    if shown is None:
        return [Act("draft", _("Start the draft"), True, _("Notes, comments and sign-off can then be written."))]
    if shown.card.is_published:
        return []
    if shown.card.state == Scorecard.State.DRAFT:
        asked = any(place.position for place in shown.places)
        if asked:
            return [Act("submit", _("Send to review"), True, _("Executives can then comment and sign."))]
        return [
            Act("publish", _("Publish"), True, _("Nobody is asked to sign. Figures freeze and the quarter closes."))
        ]
    return [
        Act("publish", _("Publish"), True, _("Figures freeze and the quarter closes. This cannot be undone.")),
        Act("return", _("Return to draft"), False, _("Signatures are taken off.")),
    ]


def _edit_url(card: Scorecard | None, visible: Visibility) -> str:
    if card is None or card.state != Scorecard.State.DRAFT or not visible.may_write:
        return ""
    return card_url("scorecard-edit", card.period, card.scope_kind, card.scope)


def _comment_url(card: Scorecard | None, visible: Visibility) -> str:
    if card is None or card.is_published or not visible.may_sign:
        return ""
    address = card_url("scorecard-comment", card.period, card.scope_kind, card.scope)
    return f"{address}{'&' if '?' in address else '?'}row="


def _sign_titles(shown: Shown | None, visible: Visibility, user_id: int) -> list[str]:
    """Titles under which the reader may sign now."""
    if shown is None or shown.card.state != Scorecard.State.REVIEW:
        return []
    if not visible.may_sign or visible.role not in SIGNING_ROLES:
        return []
    own = [place for place in shown.places if place.user_id == user_id]
    if own:
        return [place.title for place in own if place.title in shown.outdated]
    return [place.title for place in shown.places if place.role == visible.role and place.at is None]


def _refusals(shown: Shown | None, visible: Visibility) -> list[Refusal]:
    """Why it cannot be published as it stands, for who would publish it."""
    if shown is None or shown.card.is_published or not visible.may_write:
        return []
    found = publish_refusals(shown.content)
    if shown.card.state == Scorecard.State.REVIEW:
        wanted = [place.title for place in shown.places if place.position]
        found += sign_off_refusals(wanted, shown.content.signatures, shown.outdated)
    return found


def _exports(card: Scorecard | None, visible: Visibility) -> list[Action]:
    if card is None:
        return []
    forms = [*FORMS, "json"] if card.is_published and visible.reads_all else list(FORMS)

    def action(label: str, **more: str) -> Action:
        url = card_url("scorecard-export", card.period, card.scope_kind, card.scope, **more)
        return Action(label, url, "download")

    found = [action(form.upper(), format=form) for form in forms]
    templates = ExportTemplate.objects.values_list("name", flat=True)[:10]
    return [*found, *(action(f"PPTX: {name}", format="pptx", template=name) for name in templates)]


def _against(period: Period, chosen: str) -> tuple[Choice, ...]:
    """Quarters with stored values near this one, newest first."""
    stored = [q for q in state().periods if q.kind == "quarter" and q != period]
    others = [q for q in reversed(stored) if -QUARTERS < q.ordinal - period.ordinal <= 4]
    return tuple(Choice(q.code, f.period(q.code), q.code == chosen) for q in others)


def _record(card: Scorecard) -> tuple[RecordLine, ...]:
    return tuple(
        RecordLine(f.instant(event.at), event.actor, event.get_kind_display(), _event_detail(event.detail))
        for event in events_of(card)
    )


def _event_detail(detail: Mapping[str, object]) -> str:
    """What of an entry is worth a word: title, measure, format, reason."""
    if "metric" in detail:
        metric, _colon, component = str(detail["metric"]).partition(":")
        return metric_name(metric, component)
    for name in ("title", "form", "reason"):
        if detail.get(name):
            return str(detail[name])
    fields = [
        field_name(key)
        for key in detail
        if key in NOTES or key.startswith("comment:") or key in ("metrics", "sign_off")
    ]
    return ", ".join(fields)
