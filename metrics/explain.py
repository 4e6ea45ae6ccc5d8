"""Explain one value: its formula, the rows behind numerator and denominator, feeds, version and run.

The rows come from the same declaration that the engine reduces: the formula is run for the one
scope and period, and its inputs say which rows weigh what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _

from metrics.columns import Facts, Table
from metrics.engine import metric_parts
from metrics.frame import Frame
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
class Side:
    """Rows behind a numerator or denominator. `total` is their sum; `hidden` lie outside the rights."""

    description: str
    feed: str
    total: float | None
    count: int
    hidden: int
    rows: tuple[ExplainedRow, ...]
    rows_are_private: bool = False


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed that the value rests on: live rows, and when it last changed."""

    feed: str
    rows: int
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing for a value, and where to enter it."""

    feed: str
    text: str


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
    numerator = _side(part.numerator, part, frame, scope_kind, entry.numerator, entry, visible_to, first, limit)
    denominator = _side(part.denominator, part, frame, scope_kind, entry.denominator, entry, visible_to, first, limit)
    return Explanation(
        record=record,
        metric=entry,
        component=part_name,
        symbols=_symbols(record),
        words=part_name.formula,
        numerator=numerator,
        denominator=denominator,
        feeds=tuple(_feed_states(entry)),
        missing=tuple(_missing(entry, record, frame, scope, period)),
        run=Run.objects.filter(pk=record.run).first() if record.run else current.run,
        as_of=current.as_of,
    )


def _part(entry: Metric, component: str, scope: Scope, period: Period, as_of: date) -> tuple[Part, Frame]:
    facts = Facts()
    scopes = Scopes(facts, {scope.kind: [scope.object_id]})
    grain = Grain((period,), as_of, ZoneInfo(str(settings.EPMO_TIME_ZONE)))
    frame = Frame(facts, grain, scopes, settings.EPMO_BASE_CURRENCY)
    return next(part for part in metric_parts(frame, entry.key) if part.component == component), frame


def explained_weights(part: Part, names: Iterable[str], frame: Frame, kind: str) -> dict[tuple[str, int], float]:
    """What each row (feed, database id) adds to the named inputs of a part, in the frame's one scope and period."""
    weights: dict[tuple[str, int], float] = {}
    for name in names:
        for piece in part.inputs[name].pieces(frame, kind):
            for owner, weight in _piece_weights(piece):
                weights[owner] = weights.get(owner, 0.0) + weight
    return weights


def _piece_weights(piece: Piece) -> Iterable[tuple[tuple[str, int], float]]:
    feed, ids = piece.rows.feed, piece.rows.ids
    return (((feed, int(ids[at])), float(weight)) for at, weight in zip(piece.at, piece.weight, strict=True))


def _side(
    names: tuple[str, ...],
    part: Part,
    frame: Frame,
    kind: str,
    declared: Mapping[str, str],
    entry: Metric,
    visible_to: Visibility,
    first: int,
    limit: int,
) -> Side:
    weights = explained_weights(part, names, frame, kind)
    main = max({feed for feed, _ in weights}, key=lambda feed: sum(f == feed for f, _ in weights), default="")
    private = entry.people_metric and not visible_to.reads_people
    shown: tuple[ExplainedRow, ...] = ()
    hidden = 0
    if not private:
        rows, hidden = _rows(weights, visible_to)
        shown = tuple(rows[first : first + limit])
    return Side(
        description=declared.get("filter", ""),
        feed=main or declared.get("feed", ""),
        total=sum(weights.values()) if weights else None,
        count=len(weights),
        hidden=hidden,
        rows=shown,
        rows_are_private=private,
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


def _symbols(record: ValueRecord) -> str:
    """The formula with this value's figures."""
    if record.numerator is None or record.denominator is None:
        return "" if record.value is None else f"= {record.value:.6g}"
    quotient = f"{record.numerator:.6g} / {record.denominator:.6g}"
    if record.value is None:
        return quotient
    plain = record.numerator / record.denominator if record.denominator else None
    factor = record.value / plain if plain else 1.0
    if abs(factor - 1.0) > 1e-9:
        quotient = f"{quotient} x {factor:.6g}"
    return f"{quotient} = {record.value:.6g}"


def _feed_states(entry: Metric) -> Iterable[FeedState]:
    for feed in formulas()[entry.key].feeds:
        if feed not in FEEDS:
            continue
        live = model_of(FEEDS[feed])._default_manager.filter(deleted_at__isnull=True)
        newest = live.aggregate(at=Max("changed_in__at"))["at"]
        yield FeedState(feed, live.count(), newest)


def _missing(entry: Metric, record: ValueRecord, frame: Frame, scope: str, period: Period) -> Iterable[Missing]:
    about = f"{record.scope_kind} {scope}".strip()
    feeds = [feed.strip() for side in (entry.numerator, entry.denominator) for feed in side["feed"].split("+")]
    wanted = list(dict.fromkeys(feed for feed in feeds if feed in FEEDS))
    if record.reason == "missing_rate":
        yield Missing(
            "fx_rates",
            _("An exchange rate to %(base)s is missing for a currency and month used here. Enter it in fx_rates.")
            % {"base": frame.base_currency},
        )
    elif record.status == "no_data":
        for feed in wanted:
            state_of_feed = frame.table(feed) if feed in FEEDS else Table(feed, np.zeros(0, dtype=np.int64))
            if not len(state_of_feed):
                text = _("There are no rows in %(feed)s at all. Import the file %(feed)s.csv.")
            else:
                text = _("No row of %(feed)s belongs to %(about)s in %(period)s: %(rule)s. Enter one in %(feed)s.")
            yield Missing(feed, text % {"feed": feed, "about": about, "period": period.code, "rule": entry.period_rule})
    elif record.status == "insufficient_n":
        for feed in wanted[:1]:
            yield Missing(
                feed,
                _("%(n)s of at least %(minimum)s items. Enter more rows in %(feed)s.")
                % {"n": record.n, "minimum": entry.minimum_n, "feed": feed},
            )
    elif record.status == "undefined":
        for feed in wanted:
            yield Missing(
                feed, _("The rows of %(feed)s give no result: %(reason)s.") % {"feed": feed, "reason": record.reason}
            )
    elif record.status == "not_due":
        yield Missing("", _("The period has not begun yet."))
