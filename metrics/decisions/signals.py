"""What asks for a decision: a measure off its target, out of its limits, or restated after its period closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from metrics.cells import STATES
from metrics.formulas.spc import FEWEST, xmr_chart
from metrics.models import Restatement
from metrics.periods import Period
from metrics.registry import metrics
from metrics.scorecards.reading import Place, Stored, described
from metrics.targets import RED

MONTHS: Final = 24
MOST: Final = {"off_target": 4, "out_of_limits": 3, "restatement": 3}
"""Proposals of one scope and quarter: more would not be read. The newest faults come first."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason to decide. `key` is the same for the same finding, so that it is proposed once."""

    source: str
    metric: str
    component: str
    scope_kind: str
    scope: str
    period: str
    value: float | None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.source}|{self.metric}|{self.component}|{self.scope_kind}|{self.scope}|{self.period}"


def signals_find(place: Place, quarter: Period) -> list[Signal]:
    """Signals of one scope for a finished quarter, off target first. Cost: about eight queries."""
    kind, _code = place
    keys = [key for key, entry in metrics().items() if kind in entry.scopes]
    months = [month for back in range(MONTHS // 3) for month in quarter.shift(-back).months()]
    stored = Stored([place], [quarter, quarter.previous, *months])
    return [
        *_off_target(stored, place, keys, quarter)[: MOST["off_target"]],
        *_out_of_limits(stored, place, keys, quarter)[: MOST["out_of_limits"]],
        *_restated(place, quarter)[: MOST["restatement"]],
    ]


def _off_target(stored: Stored, place: Place, keys: Iterable[str], quarter: Period) -> list[Signal]:
    """Headlines that are red; those that were not red a quarter ago come first."""
    found: list[tuple[bool, Signal]] = []
    for key in keys:
        limits = stored.limits(place, key, "", quarter)
        value = stored.value(place, key, "", quarter)
        if limits is None or value is None or limits.colour(value) != RED:
            continue
        before = stored.value(place, key, "", quarter.previous)
        is_new = limits.colour(before) != RED
        green = list(limits.green) if isinstance(limits.green, tuple) else limits.green
        detail = {"green": green, "direction": limits.direction, "previous": before}
        found.append((not is_new, Signal("off_target", key, "", *place, quarter.code, value, detail)))
    return [signal for _old, signal in sorted(found, key=lambda pair: pair[0])]


def _out_of_limits(stored: Stored, place: Place, keys: Iterable[str], quarter: Period) -> list[Signal]:
    """Headlines with a month of the quarter outside the limits of their monthly values (XmR), status ok only."""
    last = Period.parse(quarter.code).shift(1).start
    months = [Period.containing("month", last).shift(-back) for back in range(MONTHS, 0, -1)]
    found = []
    for key in keys:
        values: list[tuple[Period, float]] = []
        for month in months:
            cell = stored.cell(place, key, "", month)
            if cell.status == "ok" and cell.value is not None:
                values.append((month, cell.value))
            elif values:
                values.clear()  # only consecutive periods
        if len(values) < FEWEST:
            continue
        unit, direction, _version = described(key, "")
        numbers = [value for _month, value in values]
        is_share = unit == "ratio" and min(numbers) >= 0 and max(numbers) <= 1
        low, high = (0.0, 1.0) if is_share else (None, None)
        chart = xmr_chart(numbers, low, high)
        month, value = values[-1]
        if chart.limits is None or not chart.signals[-1] or month.start < quarter.start:
            continue
        limits = stored.limits(place, key, "", month)
        better = limits.direction if limits is not None else direction
        if better in ("higher", "lower") and (value > chart.limits.centre) == (better == "higher"):
            continue  # better than usual asks for no decision
        detail = {
            "low": chart.limits.low,
            "high": chart.limits.high,
            "centre": chart.limits.centre,
            "rules": sorted(str(rule) for rule in chart.signals[-1]),
            "direction": direction,
        }
        found.append(Signal("out_of_limits", key, "", *place, month.code, value, detail))
    return found


def _restated(place: Place, quarter: Period) -> list[Signal]:
    """Headlines of the quarter, or of the one before, that were restated after closing: the newest note of each."""
    notes = (
        Restatement.objects.filter(
            scope__kind=place[0],
            scope__code=place[1],
            component__component="",
            period__in=(quarter.code, quarter.previous.code),
            run__state="published",
        )
        .select_related("component")
        .order_by("run_id")
    )
    newest = {(note.component.metric, note.period): note for note in notes if note.component.metric in metrics()}
    return [
        Signal(
            "restatement",
            metric,
            "",
            *place,
            period,
            note.new_value,
            {
                "old": note.old_value,
                "status": STATES[note.new_state][0],
                "cause": note.cause,
            },
        )
        for (metric, period), note in newest.items()
    ]
