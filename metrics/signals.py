"""What asks for attention: measures off target, out of their limits, or restated after their period closed.

    from metrics.signals import signals, control_chart

    signals(Period.parse("2026-Q2"), visible_to=visible)                                  # the overview, ranked
    signals(Period.parse("2026-Q2"), visible_to=visible, scopes=[("project", "P-1")])     # one page
    signals(Period.parse("2026-Q2"), visible_to=visible, kinds=("customer",))             # a list of customers
    control_chart("cycle_time", "", "project", "P-1", until=month, visible_to=visible)    # limits for a figure

Ranking: what got worse before what got better, new before known, then by severity (how far beyond the line, in widths
of it), the wider scope first. Values of people metrics of teams raise no signal here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.bounds import natural_bounds
from metrics.cells import STATES, WITH_VALUE
from metrics.columns import Floats
from metrics.formulas import spc
from metrics.formulas.spc import Chart, Charts, xmr_chart, xmr_charts
from metrics.index import KEY as INDEX
from metrics.models import Restatement
from metrics.periods import Period, period_range
from metrics.registry import metrics
from metrics.scopes import SCOPE_KINDS
from metrics.selectors import state
from metrics.series import (
    Component,
    Place,
    SeriesBlock,
    headline_components,
    is_listed,
    last_runs,
    places_of,
    series_block,
    value_series,
)
from metrics.targets import RED, Limit, Targets, Thresholds
from portfolio.rights import Visibility

Source = Literal["off_target", "out_of_limits", "restatement"]
LOOK_BACK: Final = 36
"""Periods that limits are taken over."""
OVERVIEW_KINDS: Final = ("enterprise", "portfolio", "program", "service")
"""Kinds of scope of the overview: those of which there are hundreds, not thousands."""

HIGHEST: Final = 10.0
"""Severities above this are not told apart."""


@dataclass(frozen=True, slots=True)
class SignalFound:
    """One reason to look: what, where, when, and how far beyond which line.

    `value` is the value that shows it and `before` that of the period before (of a restatement: the old value).
    """

    source: Source
    metric: str
    component: str
    scope_kind: str
    scope: str
    period: str
    value: float | None
    before: float | None
    unit: str
    direction: str
    severity: float
    is_new: bool
    is_worse: bool
    green: Limit | None = None
    amber: Limit | None = None
    centre: float | None = None
    low: float | None = None
    high: float | None = None
    rules: tuple[str, ...] = ()
    provisional_limits: bool = False
    status: str = "ok"
    cause: str = ""
    run: int | None = None

    @property
    def key(self) -> str:
        """The same for the same finding, so that it is proposed once."""
        return f"{self.source}|{self.metric}|{self.component}|{self.scope_kind}|{self.scope}|{self.period}"

    @property
    def rank(self) -> tuple[bool, bool, float, int, str, str]:
        """Sorting by it puts first what to look at first."""
        return (
            not self.is_worse,
            not self.is_new,
            -min(self.severity, HIGHEST),
            SCOPE_KINDS.index(self.scope_kind),
            self.scope,
            self.metric,
        )


@dataclass(frozen=True, slots=True)
class ControlChart:
    """The last unbroken run of final values with its limits; `chart.limits` is None below six values."""

    periods: tuple[Period, ...]
    values: tuple[float, ...]
    chart: Chart


def signals(
    period: Period,
    *,
    visible_to: Visibility,
    scopes: Sequence[tuple[str, str]] | None = None,
    kinds: Sequence[str] = OVERVIEW_KINDS,
    components: Sequence[Component] | None = None,
    most: int | None = None,
    also_better: bool = False,
) -> list[SignalFound]:
    """Signals of a period, first what to look at first.

    `scopes` are (kind, code) pairs; without them all visible scopes of the `kinds`. Limits are taken of months where
    the period is longer than a month. `also_better` keeps values that left their limits the good way.
    Cost: seven queries, and one for each further kind of scope.
    """
    kinds = kinds if scopes is None else tuple(dict.fromkeys(kind for kind, _ in scopes))
    codes = None if scopes is None else [code for _, code in scopes]
    places = places_of(kinds, visible_to=visible_to, codes=codes)
    if scopes is not None:
        places = tuple(place for place in places if (place.kind, place.code) in set(scopes))
    asked = headline_components() if components is None else tuple(components)
    months = list(period.months())
    history = period_range(months[-1].shift(1 - LOOK_BACK), months[-1])
    block = series_block(asked, places, [period.previous, period, *history])
    shown = np.array([_is_open(block, row) for row in range(len(block))], dtype=np.bool_)
    targets, as_of = Targets(), state().as_of
    found = [
        *_off_target(block, shown, targets, min(period.end, as_of)),
        *_out_of_limits(block, shown, len(months), targets, min(period.end, as_of)),
        *_restated(places, asked, {period.code, *(month.code for month in months)}, targets),
    ]
    ranked = sorted((each for each in found if each.is_worse or also_better), key=lambda each: each.rank)
    return ranked if most is None else ranked[:most]


def control_chart(
    metric: str, component: str, scope_kind: str, scope: str, *, until: Period, visible_to: Visibility
) -> ControlChart | None:
    """Limits and signals of one series of periods of `until`'s kind, up to it; None outside the rights.

    Final values only, over the last unbroken run of consecutive periods. Cost: three queries.
    """
    periods = period_range(until.shift(1 - LOOK_BACK), until)
    found = value_series(metric, component, scope_kind, scope, periods, visible_to=visible_to)
    return None if found is None else chart_of(metric, component, found.periods, found.values, found.final)


def chart_of(
    metric: str,
    component: str,
    periods: Sequence[Period],
    values: Sequence[float | None],
    final: Sequence[bool] | None = None,
) -> ControlChart:
    """Limits of values that have been read already, oldest first; None and what is not final breaks the run."""
    known = [value is not None and (final is None or final[at]) for at, value in enumerate(values)]
    end = len(known)
    while end and not known[end - 1]:
        end -= 1
    start = end
    while start and known[start - 1]:
        start -= 1
    run = tuple(value for value in values[start:end] if value is not None)
    return ControlChart(tuple(periods[start:end]), run, xmr_chart(run, *natural_bounds(metric, component)))


def _is_open(block: SeriesBlock, row: int) -> bool:
    """Whether a series may raise signals: the entry lists the kind, and it is no people value of a team."""
    metric, name = block.components[int(block.component[row])]
    kind = block.places[int(block.place[row])].kind
    if not is_listed((metric, name), kind):
        return False
    return not (kind == "team" and metric != INDEX and metrics()[metric].people_metric)


def described(metric: str, component: str) -> tuple[str, str]:
    """Unit and direction of a component, the index among them."""
    if metric == INDEX:
        return ("ratio" if component.startswith("coverage_") else "points 0..100"), "higher"
    part = metrics()[metric].component(component)
    return part.unit, part.direction


def _off_target(block: SeriesBlock, shown: NDArray[np.bool_], targets: Targets, cut: date) -> Iterable[SignalFound]:
    """Values that are red; severity is the way beyond amber in widths of amber."""
    before, now = block.value[:, 0], block.value[:, 1]
    for row in np.flatnonzero(shown & ~np.isnan(now)).tolist():
        metric, name = block.components[int(block.component[row])]
        place = block.places[int(block.place[row])]
        limits = targets.thresholds(metric, name, place.kind, place.code, cut)
        value = float(now[row])
        if limits is None or limits.colour(value) != RED:
            continue
        earlier = None if np.isnan(before[row]) else float(before[row])
        yield SignalFound(
            "off_target",
            metric,
            name,
            place.kind,
            place.code,
            block.periods[1].code,
            value,
            earlier,
            described(metric, name)[0],
            limits.direction,
            beyond(value, limits),
            is_new=limits.colour(earlier) != RED,
            is_worse=True,
            green=limits.green,
            amber=limits.amber,
            status=STATES[int(block.state[row, 1])][0],
        )


def beyond(value: float, limits: Thresholds) -> float:
    """How far a red value lies beyond amber, in widths of the amber band."""
    if isinstance(limits.amber, tuple) and isinstance(limits.green, tuple):
        low, high = limits.amber
        apart = low - value if value < low else value - high
        width = abs(limits.green[0] - low) if value < low else abs(high - limits.green[1])
    elif isinstance(limits.amber, tuple) or isinstance(limits.green, tuple):
        return 1.0
    else:
        apart, width = abs(value - limits.amber), abs(limits.green - limits.amber)
    return float(apart / width) if width > 0 else 1.0


def _out_of_limits(
    block: SeriesBlock, shown: NDArray[np.bool_], months: int, targets: Targets, cut: date
) -> Iterable[SignalFound]:
    """The newest month of the period that stands out of its series; severity is its distance in half widths."""
    final = block.final[:, 2:]
    first, end = last_runs(final)
    width = final.shape[1]
    mine = np.flatnonzero(shown & (end - first >= spc.FEWEST) & (end > width - months))
    if not len(mine):
        return
    count = (end - first)[mine]
    column = np.arange(int(count.max()))
    run = final[mine][np.arange(len(mine))[:, None], np.minimum(first[mine][:, None] + column, width - 1)]
    charts = _charts(block, mine, run, count)
    any_signal = np.logical_or.reduce(list(charts.signals.values()))
    for at, row in enumerate(mine.tolist()):
        for place in range(int(count[at]) - 1, -1, -1):
            month = block.periods[2 + int(first[row]) + place]
            if month.start < block.periods[1].start:
                break
            if any_signal[at, place]:
                yield _limit_signal(block, row, charts, at, place, float(run[at, place]), month, targets, cut)
                break


def _charts(block: SeriesBlock, rows: NDArray[np.int64], run: Floats, count: NDArray[np.int64]) -> Charts:
    bounds = [natural_bounds(*block.components[int(each)]) for each in block.component[rows]]
    lowest = np.array([-np.inf if low is None else low for low, _ in bounds])
    highest = np.array([np.inf if high is None else high for _, high in bounds])
    return xmr_charts(run, count, lowest, highest)


def _limit_signal(
    block: SeriesBlock,
    row: int,
    charts: Charts,
    at: int,
    place: int,
    value: float,
    month: Period,
    targets: Targets,
    cut: date,
) -> SignalFound:
    metric, name = block.components[int(block.component[row])]
    scope = block.places[int(block.place[row])]
    unit, direction = described(metric, name)
    limits = targets.thresholds(metric, name, scope.kind, scope.code, cut)
    better = limits.direction if limits is not None else direction
    centre, low, high = (float(line[at]) for line in (charts.centre, charts.low, charts.high))
    half = (high - centre) if value > centre else (centre - low)
    seen = 2 + month.ordinal - block.periods[2].ordinal - 1
    earlier = float(block.final[row, seen]) if seen >= 2 else np.nan
    is_good = better in ("higher", "lower") and (value > centre) == (better == "higher")
    rules = tuple(str(kind) for kind, where in charts.signals.items() if where[at, place])
    new = place == 0 or not any(where[at, place - 1] for where in charts.signals.values())
    return SignalFound(
        "out_of_limits",
        metric,
        name,
        scope.kind,
        scope.code,
        month.code,
        value,
        None if np.isnan(earlier) else earlier,
        unit,
        better,
        float(abs(value - centre) / half) if half > 0 else HIGHEST,
        is_new=new,
        is_worse=not is_good,
        centre=centre,
        low=low,
        high=high,
        rules=rules,
        provisional_limits=int(charts.count[at]) < spc.BASELINE,
    )


def _restated(
    places: Sequence[Place], asked: Sequence[Component], periods: set[str], targets: Targets
) -> Iterable[SignalFound]:
    """The newest note of each final value that was changed after its period closed."""
    wanted, at = set(asked), {place.id: place for place in places}
    notes = (
        Restatement.objects.filter(
            period__in=periods,
            scope_id__in=at,
            component__component__in={name for _, name in asked},
            run__state="published",
        )
        .order_by("run_id", "id")
        .values_list(
            "component__metric", "component__component", "scope_id", "period", "old_value", "new_value", "new_state",
            "cause", "run_id",
        )
    )  # fmt: skip
    newest = {note[:4]: note for note in notes if note[:2] in wanted and is_listed(note[:2], at[note[2]].kind)}
    for metric, name, scope_id, period, old, new, number, cause, run in newest.values():
        place = at[scope_id]
        if place.kind == "team" and metric != INDEX and metrics()[metric].people_metric:
            continue
        unit, direction = described(metric, name)
        cut = Period.parse(period).end
        limits = targets.thresholds(metric, name, place.kind, place.code, cut)
        better = limits.direction if limits is not None else direction
        gone = old is not None and (new is None or number not in WITH_VALUE)
        moved = 0.0 if old is None or new is None else new - old
        is_good = not gone and better in ("higher", "lower") and (moved > 0) == (better == "higher") and moved != 0
        yield SignalFound(
            "restatement",
            metric,
            name,
            place.kind,
            place.code,
            period,
            new,
            old,
            unit,
            better,
            _restated_by(old, new, limits),
            is_new=True,
            is_worse=not is_good,
            status=STATES[number][0],
            cause=cause,
            run=run,
        )


def _restated_by(old: float | None, new: float | None, limits: Thresholds | None) -> float:
    """How far a value was moved, in widths of the amber band, else as a share of what it was."""
    if old is None or new is None:
        return 1.0
    if limits is not None and not isinstance(limits.green, tuple) and not isinstance(limits.amber, tuple):
        width = abs(limits.green - limits.amber)
        if width > 0:
            return abs(new - old) / width
    return abs(new - old) / abs(old) if old else 1.0
