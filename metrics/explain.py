"""Explain one value: its formula, the rows behind numerator and denominator, feeds, version and run.

The rows come from the same declaration that the engine reduces: the formula is run for the one
scope and period, and its inputs say which rows weigh what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import fsum
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _

from metrics.columns import Facts
from metrics.engine import metric_parts
from metrics.explained import PerPeriod
from metrics.frame import Frame
from metrics.missing import Missing, Question, missing_facts
from metrics.models import Run, Scope
from metrics.parts import Part, Piece
from metrics.periods import Grain, Period
from metrics.records import ValueRecord
from metrics.registry import Component, Metric, formulas, metric
from metrics.scopes import Scopes
from metrics.selectors import state, value_get
from portfolio.feeds import FEEDS
from portfolio.models import ImportFile, ImportRun
from portfolio.rights import Visibility
from portfolio.selectors.fact_rows import model_of, read
from portfolio.selectors.visibility import PEOPLE_FEEDS, feed_is_open, visible_rows

ROWS_SHOWN: Final = 100
SORTED_UP_TO: Final = 5_000
"""Rows are listed in the order of their keys when there are at most so many, else as stored."""


class NoSuchValue(LookupError):
    """There is no such metric, component or scope, the metric does not list the scope, or it is not visible."""


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """One row of a feed behind a figure, with what it adds and where it came from."""

    feed: str
    key: str
    weight: float
    cells: dict[str, Any]
    file: str
    line: int | None
    import_id: int | None


@dataclass(frozen=True, slots=True)
class Constant:
    """A number of the period that enters a figure without any row: its days, its weeks."""

    text: str
    amount: float
    kind: str = "constant"


@dataclass(frozen=True, slots=True)
class Side:
    """Rows behind a numerator or denominator; `hidden` lie outside the rights.

    `rows_are` says what the rows' weights are: `parts`, which with the constants add up to `total`, the stored
    figure; `items`, the values that a quantile or an estimate is taken of; `inputs` of a formula that is no sum.
    Only parts have a total.
    """

    description: str
    feed: str
    total: float | None
    count: int
    hidden: int
    rows: tuple[ExplainedRow, ...]
    rows_are_private: bool = False
    rows_are: str = "parts"
    constants: tuple[Constant, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed that the value rests on: live rows, and when it last changed."""

    feed: str
    rows: int
    changed_at: datetime | None


@dataclass(frozen=True)
class Explanation:
    """Everything that answers why a number is what it is."""

    record: ValueRecord
    metric: Metric
    component: Component
    symbols: str
    words: str
    numerator: Side
    denominator: Side
    feeds: tuple[FeedState, ...]
    missing: tuple[Missing, ...]
    run: Run | None
    as_of: date


def explain(
    key: str,
    component: str,
    scope_kind: str,
    scope: str,
    period: Period,
    *,
    visible_to: Visibility,
    first: int = 0,
    limit: int = ROWS_SHOWN,
) -> Explanation:
    """Explain one value, stored or not. Raises NoSuchValue.

    Cost: the value's feeds are read once more, for the scope alone where that suffices.
    """
    try:
        entry = metric(key)
        part_name = entry.component(component)
    except KeyError as error:
        raise NoSuchValue(f"{key}:{component}") from error
    record = value_get(key, component, scope_kind, scope, period, visible_to=visible_to)
    if record is None:
        raise NoSuchValue(f"{scope_kind}:{scope}")
    current = state()
    known = Scope.objects.get(kind=scope_kind, code=scope)
    part, frame = _part(entry, component, known, period, current.as_of)
    question = Question(entry, part, frame, scope_kind, scope, period)
    numerator = _side("numerator", question, record, visible_to, first, limit)
    denominator = _side("denominator", question, record, visible_to, first, limit)
    return Explanation(
        record=record,
        metric=entry,
        component=part_name,
        symbols=symbols_of(record),
        words=part_name.formula,
        numerator=numerator,
        denominator=denominator,
        feeds=tuple(_feed_states(entry)),
        missing=tuple(missing_facts(question, record)),
        run=Run.objects.filter(pk=record.run).first() if record.run else current.run,
        as_of=current.as_of,
    )


def _part(entry: Metric, component: str, scope: Scope, period: Period, as_of: date) -> tuple[Part, Frame]:
    facts = Facts()
    scopes = Scopes(facts, {scope.kind: [scope.object_id]})
    grain = Grain((period,), as_of, ZoneInfo(str(settings.EPMO_TIME_ZONE)))
    frame = Frame(facts, grain, scopes, settings.EPMO_BASE_CURRENCY)
    return next(part for part in metric_parts(frame, entry.key) if part.component == component), frame


def explained_weights(part: Part, side: str, frame: Frame, kind: str) -> dict[tuple[str, int], float]:
    """What each row (feed, database id) adds to a side of a part, in the frame's one scope and period."""
    weights: dict[tuple[str, int], float] = {}
    for explained in part.behind(side):
        for piece in explained.pieces(frame, kind):
            for owner, weight in _piece_weights(piece):
                weights[owner] = weights.get(owner, 0.0) + weight
    return weights


def _piece_weights(piece: Piece) -> Iterable[tuple[tuple[str, int], float]]:
    feed, ids = piece.rows.feed, piece.rows.ids
    return (((feed, int(ids[at])), float(weight)) for at, weight in zip(piece.at, piece.weight, strict=True))


def _constants(part: Part, side: str) -> Iterable[Constant]:
    """Numbers of the frame's one period that stand without rows."""
    words = {"days": _("Days of the period so far"), "weeks": _("Weeks of the period so far"), "whole": _("The whole")}
    for explained in part.behind(side):
        if isinstance(explained, PerPeriod):
            yield Constant(words[explained.kind], float(explained.figure[0]))


def _side(side: str, question: Question, record: ValueRecord, visible_to: Visibility, first: int, limit: int) -> Side:
    entry, part = question.entry, question.part
    declared: Mapping[str, str] = getattr(entry, side)
    weights = explained_weights(part, side, question.frame, question.scope_kind)
    constants = tuple(_constants(part, side))
    main = max({feed for feed, _ in weights}, key=lambda feed: sum(f == feed for f, _ in weights), default="")
    private = entry.people_metric and not visible_to.reads_people
    if private and record.status == "suppressed":
        weights = {}  # how many rows there are would say how few people
    shown: tuple[ExplainedRow, ...] = ()
    hidden = 0
    if not private:
        rows, hidden = _rows(weights, visible_to)
        shown = tuple(rows[first : first + limit])
    adds_up = part.rows_are == "parts" and bool(part.behind(side)) and (bool(weights) or record.n is not None)
    return Side(
        description=declared.get("filter", ""),
        feed=main or declared.get("feed", ""),
        total=fsum([*weights.values(), *(each.amount for each in constants)]) if adds_up else None,
        count=len(weights),
        hidden=hidden,
        rows=shown,
        rows_are_private=private,
        rows_are=part.rows_are,
        constants=constants,
    )


def _rows(weights: Mapping[tuple[str, int], float], visible_to: Visibility) -> tuple[list[ExplainedRow], int]:
    found: list[ExplainedRow] = []
    hidden = 0
    by_feed: dict[str, list[int]] = {}
    for feed, key in weights:
        by_feed.setdefault(feed, []).append(key)
    for feed, ids in by_feed.items():
        declared = FEEDS[feed]
        if (feed in PEOPLE_FEEDS and not visible_to.reads_people) or not feed_is_open(feed, visible_to):
            hidden += len(ids)
            continue
        rows = visible_rows(model_of(declared)._default_manager.filter(pk__in=ids), feed, visible_to)
        origin = {pk: (line, change) for pk, line, change in rows.values_list("pk", "line", "changed_in_id")}
        hidden += len(ids) - len(origin)
        files = _files(feed, {change for _, change in origin.values()})
        for row in read(rows.order_by("pk"), declared, visible_to):
            line, change = origin[row.pk]
            import_id, file = files.get(change, (None, ""))
            cells = dict(zip((column.name for column in declared.columns), row.cells, strict=True))
            found.append(ExplainedRow(feed, row.key or "", weights[feed, row.pk], cells, file, line, import_id))
    if len(found) <= SORTED_UP_TO:
        found.sort(key=lambda row: (row.feed, row.key))
    return found, hidden


def _files(feed: str, changes: set[int]) -> dict[int, tuple[int, str]]:
    """Import and file of each change set that was an import."""
    runs = dict(ImportRun.objects.filter(change_set_id__in=changes).values_list("change_set_id", "id"))
    names = dict(ImportFile.objects.filter(run_id__in=runs.values(), feed=feed).values_list("run_id", "name"))
    return {change: (run, names.get(run, "")) for change, run in runs.items()}


def _plain(figure: float) -> str:
    return f"{figure:.6g}"


def symbols_of(record: ValueRecord, written: Callable[[float], str] = _plain) -> str:
    """The formula with this value's figures, each as `written` writes it."""
    if record.numerator is None or record.denominator is None:
        return "" if record.value is None else f"= {written(record.value)}"
    quotient = f"{written(record.numerator)} / {written(record.denominator)}"
    if record.value is None:
        return quotient
    plain = record.numerator / record.denominator if record.denominator else None
    factor = record.value / plain if plain else 1.0
    if abs(factor - 1.0) > 1e-9:
        quotient = f"{quotient} x {written(factor)}"
    return f"{quotient} = {written(record.value)}"


def _feed_states(entry: Metric) -> Iterable[FeedState]:
    for feed in formulas()[entry.key].feeds:
        if feed not in FEEDS:
            continue
        live = model_of(FEEDS[feed])._default_manager.filter(deleted_at__isnull=True)
        newest = live.aggregate(at=Max("changed_in__at"))["at"]
        yield FeedState(feed, live.count(), newest)
