"""The sheet of a scorecard: what page, print and every export show, worded once from its content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards import scorecard_text as said
from dashboards import units
from dashboards.figures.bridge import Step, bridge_figure
from dashboards.figures.contribution import Bar, contribution_figure, sums_of
from dashboards.parts import Delta, Figure, Spark, Status, delta_of, status_of
from metrics.index import KEY as INDEX
from metrics.records import USABLE
from metrics.registry import metrics
from metrics.scorecards.content import INDEX_GROUP, Content, Contribution, Restated, Row
from metrics.scorecards.selection import in_order
from metrics.scorecards.selectors import Shown

GROUPS = (INDEX_GROUP, "tactical", "value_creation", "longevity", "financial")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line in words, with the plain numbers behind it."""

    key: str
    name: str
    actual: str
    target: str
    previous: str
    delta: Delta | None
    spark: Spark
    status: Status
    comment: str
    comment_by: str
    note: str
    row: Row


@dataclass(frozen=True, slots=True)
class SheetGroup:
    """Rows of a family under their question."""

    key: str
    name: str
    question: str
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """One of the three notes."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A project, or what belongs to none, with its points."""

    name: str
    points: float
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class RestatedLine:
    """A value of an earlier scorecard that is another one now."""

    period: str
    name: str
    old: str
    new: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place to sign."""

    title: str
    name: str
    said: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that a scorecard shows."""

    title: str
    period: str
    scope: str
    seal: str
    sealed: bool
    sentence: str
    against: str
    bridge: Figure | None
    bridge_remark: str
    notes: tuple[Note, ...]
    groups: tuple[SheetGroup, ...]
    credits: Figure | None
    credit_lines: tuple[Line, ...]
    credits_said: str
    restated: tuple[RestatedLine, ...]
    places: tuple[Place, ...]
    record: tuple[str, ...]
    sha256: str
    foot: str
    hidden: str
    content: Content

    @property
    def hash_short(self) -> str:
        """The hash as the sheet names it: its ends."""
        return f"{self.sha256[:4]}…{self.sha256[-4:]}" if self.sha256 else ""

    @property
    def name(self) -> str:
        """The name of files made of it."""
        scope = f"-{self.content.scope_kind}-{self.content.scope}" if self.content.scope else ""
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in scope)
        return f"scorecard-{self.content.period}{safe}"


def sheet_of(shown: Shown, content: Content | None = None) -> Sheet:
    """The sheet of a scorecard in the active language; `content` replaces its own, for a comparison."""
    held = content or shown.content
    return make_sheet(
        held,
        seal=_seal(shown),
        sealed=shown.card.is_published,
        sha256=shown.hash_shown,
        places=_places(shown),
    )


def make_sheet(content: Content, *, seal: str, sealed: bool, sha256: str = "", places: Sequence[Place] = ()) -> Sheet:
    """The sheet of any content, also of one that nobody has drafted."""
    lines = _credit_lines(content.contribution)
    return Sheet(
        title=_("Quarterly scorecard"),
        period=f.period(content.period),
        scope=said.scope_said(content),
        seal=seal,
        sealed=sealed,
        sentence=said.sentence(content),
        against=f.period(content.previous_period),
        bridge=_bridge(content),
        bridge_remark=_bridge_remark(content),
        notes=tuple(
            Note(name, written)
            for name, written in (
                (_("What happened"), content.notes.happened),
                (_("What we will do"), content.notes.doing),
                (_("What we do not know"), content.notes.unknown),
            )
        ),
        groups=tuple(_groups(content)),
        credits=_credits(content, lines),
        credit_lines=lines,
        credits_said=said.credits_said(content),
        restated=restated_lines(content.restated),
        places=tuple(places),
        record=tuple(_record(content)),
        sha256=sha256,
        foot=_("Frozen figures do not change. Later corrections appear in the next scorecard, with the reason.")
        if sealed
        else _("A draft: figures follow the facts until it is published."),
        hidden=_hidden(content),
        content=content,
    )


def _seal(shown: Shown) -> str:
    card = shown.card
    if card.is_published and card.published_at is not None:
        return _("Published %(day)s · frozen") % {"day": f.date(card.published_at.date())}
    if card.state == card.State.REVIEW:
        return _("In review, not published")
    return _("Draft, not signed")


def _places(shown: Shown) -> tuple[Place, ...]:
    if shown.card.is_published:
        return tuple(
            Place(said.role_title(s.title), s.name, _("Signed %(at)s") % {"at": said.moment(s.at)})
            for s in shown.content.signatures
        )
    found = []
    for place in shown.places:
        if place.at is None:
            words = _("Not signed")
        elif place.title in shown.outdated:
            words = _("Signed %(at)s, before the last change") % {"at": f.instant(place.at)}
        else:
            words = _("Signed %(at)s") % {"at": f.instant(place.at)}
        found.append(Place(said.role_title(place.title), place.name, words))
    return tuple(found)


def _groups(content: Content) -> list[SheetGroup]:
    order = {key: place for place, key in enumerate(in_order(metrics()))}
    found = []
    for key in GROUPS:
        rows = sorted(content.of_group(key), key=lambda row: order.get(row.metric, -1))
        if rows:
            made = tuple(_row(row, content) for row in rows)
            found.append(SheetGroup(key, said.group_name(key), said.group_question(key), made))
    return found


def _row(row: Row, content: Content) -> SheetRow:
    words = _bare_words(row, content.currency)
    delta = None
    if row.value is not None and row.previous is not None:
        difference = row.value - row.previous
        spoken = units.change(difference, row.metric, row.component, row.unit, content.currency)
        delta = delta_of(difference, spoken, row.direction)
    known = [value for value in row.history if value is not None]
    usable = row.status in USABLE
    status = status_of(row.colour) if usable else Status("none", text.status(row.status, row.reason))
    name = metric_name(row.metric, row.component)
    remarks = [unit] if (unit := _unit(row, content.currency)) else []
    if row.scope_kind != content.scope_kind:
        remarks.append(text.scope_kind(row.scope_kind))
    if usable and row.status != "ok":
        remarks.append(text.status(row.status, row.reason))
    green = row.green if isinstance(row.green, float) else None
    return SheetRow(
        key=f"{row.metric}:{row.component}" if row.component else row.metric,
        name=name,
        actual=words(row.value),
        target=_target(row, content.currency),
        previous=words(row.previous),
        delta=delta,
        spark=Spark(
            row.history,
            name,
            status.kind,
            green,
            words(known[0]) if known else "",
            words(known[-1]) if known else "",
        ),
        status=status,
        comment=row.comment,
        comment_by=row.comment_by,
        note=" · ".join(remarks),
        row=row,
    )


def _bare_words(row: Row, currency: str) -> Callable[[float | None], str]:
    """How the row's values are written in their columns: the unit stands under the name."""
    if row.metric == INDEX and not row.component:
        return f.number
    return lambda value: units.shown(value, row.metric, row.component, row.unit, currency).text


def _unit(row: Row, currency: str) -> str:
    return units.shown(1.0, row.metric, row.component, row.unit, currency).unit


def metric_name(metric: str, component: str = "") -> str:
    """The title of a measure; the key of one that the catalogue has dropped since."""
    known = metric == INDEX or metric in metrics()
    return text.title(metric, component) if known else metric


def _target(row: Row, currency: str) -> str:
    if row.green is None:
        return ""

    unit = _unit(row, currency)

    def words(value: float) -> str:
        written = units.limit(value, row.metric, row.component, row.unit, currency)
        return written.removesuffix(f"{f.NBSP}{unit}") if unit else written

    return text.limit_text(words, row.green, row.direction)


def _bridge(content: Content) -> Figure | None:
    bridge = content.bridge
    if bridge is None:
        return None
    row = content.row(INDEX)
    target = row.green if row is not None and isinstance(row.green, float) else None
    steps = sorted(bridge.factors.items(), key=lambda pair: -pair[1])
    return bridge_figure(
        (f.period(content.previous_period), bridge.before),
        [Step(text.factor(factor), points) for factor, points in steps],
        (f.period(content.period), bridge.after),
        key="bridge",
        title=said.bridge_title(bridge),
        unit=_("Customer Success Index, points, %(before)s to %(now)s")
        % {"before": f.period(content.previous_period), "now": f.period(content.period)},
        target=(_("Target %(value)s") % {"value": f.number(target)}, target) if target is not None else None,
    )


def _bridge_remark(content: Content) -> str:
    if content.bridge is not None:
        return ""
    row = content.row(INDEX)
    if row is None or row.value is None or row.previous is None:
        return _("No bridge: one of the two quarters has no index, because too few measures have a value.")
    return _("No bridge: definitions changed between the two quarters, so their points cannot be compared.")


def _credit_lines(found: Contribution | None) -> tuple[Line, ...]:
    if found is None:
        return ()

    def line(name: str, points: float, kind: str) -> Line:
        return Line(name, points, f.number(points, 1, sign=True), kind)

    lines = [line(credit.name or credit.project, credit.change, "item") for credit in found.credits]
    if found.hidden:
        name = ngettext("%(n)s project not visible to you", "%(n)s projects not visible to you", found.hidden)
        lines.append(line(name % {"n": f.number(found.hidden)}, found.hidden_change, "hidden"))
    if found.others:
        name = ngettext("%(n)s other project", "%(n)s other projects", found.others)
        lines.append(line(name % {"n": f.number(found.others)}, found.others_change, "others"))
    lines.append(line(_("Claimed by no project"), found.unattributed_change, "unattributed"))
    return tuple(sorted(lines, key=lambda item: -item.points))


def _credits(content: Content, lines: Sequence[Line]) -> Figure | None:
    if not lines:
        return None
    bars = [Bar(line.name, line.points, kind=line.kind) for line in lines]
    sums = sums_of(bars)
    return contribution_figure(
        bars,
        key="credits",
        title=_("What projects added to customers’ outcomes"),
        unit=_("Points of what customers set out to reach, %(period)s. Gains %(gain)s, losses %(loss)s, net %(net)s")
        % {
            "period": f.period(content.period),
            "gain": f.number(sums.gain, 1, sign=True),
            "loss": f.number(sums.loss, 1, sign=True),
            "net": f.number(sums.net, 1, sign=True),
        },
    )


def _restated(line: Restated, changes: said.Changes) -> RestatedLine:
    words = units.words(line.metric, line.component, line.unit, settings.EPMO_BASE_CURRENCY)
    old, new = (
        words(value) if status in USABLE else text.status(status)
        for value, status in ((line.old, line.old_status), (line.new, line.new_status))
    )
    return RestatedLine(
        f.period(line.period),
        metric_name(line.metric, line.component),
        old,
        new,
        said.restated_reason(line, changes),
        said.moment(line.at),
    )


def restated_lines(lines: Sequence[Restated]) -> tuple[RestatedLine, ...]:
    """Restatements in words. Cost: one query when a change of facts stands behind one."""
    changes = said.changes_named(line.reason for line in lines)
    return tuple(_restated(line, changes) for line in lines)


def _record(content: Content) -> list[str]:
    counted = []
    if content.projects:
        counted.append(
            ngettext("%(n)s project", "%(n)s projects", content.projects) % {"n": f.number(content.projects)}
        )
    if content.customers:
        counted.append(
            ngettext("%(n)s customer", "%(n)s customers", content.customers) % {"n": f.number(content.customers)}
        )
    version = content.definitions.get(INDEX)
    definition = [_("Index definition %(version)s") % {"version": version}] if version else []
    lines = [" · ".join([*definition, *counted])]
    if content.run is not None:
        lines.append(_("Run %(run)s, as of %(day)s") % {"run": content.run, "day": content.as_of})
    return lines


def _hidden(content: Content) -> str:
    if not content.rows_hidden:
        return ""
    return ngettext(
        "%(n)s row is of scopes that you may not see.",
        "%(n)s rows are of scopes that you may not see.",
        content.rows_hidden,
    ) % {"n": f.number(content.rows_hidden)}


__all__ = ["Place", "Sheet", "SheetGroup", "SheetRow", "make_sheet", "restated_lines", "sheet_of"]
