"""From readings to what components show: a number with unit, target, change, line and status."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from dashboards import catalogue_text as text
from dashboards import units
from dashboards.page_state import PageState
from dashboards.parts import Bullet, Delta, Measure, Spark, Status, delta_of, status_of
from dashboards.selectors.measured import INDEX, Reading, Readings
from metrics.periods import Period

EMPTY = frozenset({"no_data", "not_due"})
"""Statuses that a table of measures leaves out."""


def words_of(reading: Reading) -> units.Words:
    """How values of a reading's component are written."""
    return units.words(reading.metric, reading.component, reading.unit, settings.EPMO_BASE_CURRENCY)


def target_text(reading: Reading) -> str:
    """The target as a phrase; blank without one."""
    if reading.limits is None:
        return ""
    return text.limit_text(limit_words(reading), reading.limits.green, reading.limits.direction)


def limit_words(reading: Reading) -> units.Words:
    """How targets of a reading's component are written."""
    return lambda value: units.limit(
        value or 0.0, reading.metric, reading.component, reading.unit, settings.EPMO_BASE_CURRENCY
    )


def status(reading: Reading, *, customer: bool = False) -> Status:
    """Its colour in words; where there is no value, why not."""
    if reading.value is None:
        return Status("none", text.status(reading.status, reading.reason))
    return status_of(reading.colour, customer=customer)


def delta(reading: Reading, before: Reading) -> Delta | None:
    """The change against another period's reading; None when one of them has no value."""
    if reading.value is None or before.value is None:
        return None
    difference = reading.value - before.value
    said = units.change(difference, reading.metric, reading.component, reading.unit, settings.EPMO_BASE_CURRENCY)
    direction = reading.limits.direction if reading.limits is not None else reading.direction
    return delta_of(difference, said, direction)


def spark(found: Readings, reading: Reading, periods: Sequence[Period]) -> Spark:
    """Eight periods up to the reading's own."""
    values = found.line(reading.kind, reading.code, reading.metric, reading.component, periods)
    words = words_of(reading)
    known = [v for v in values if v is not None]
    green = reading.limits.green if reading.limits is not None else None
    return Spark(
        values,
        text.title(reading.metric, reading.component),
        status(reading).kind,
        green if isinstance(green, float | int) else None,
        words(known[0]) if known else "",
        words(known[-1]) if known else "",
    )


def bullet(reading: Reading, before: Reading | None = None, *, low: float = 0.0, high: float = 100.0) -> Bullet:
    """A bar from `low` to `high` against its target."""
    green = reading.limits.green if reading.limits is not None else None
    name = text.title(reading.metric, reading.component)
    said = f"{name} {words_of(reading)(reading.value)}"
    goal = target_text(reading)
    return Bullet(
        reading.value,
        f"{said}, {goal}" if goal else said,
        low,
        high,
        green if isinstance(green, float | int) else None,
        before.value if before is not None else None,
        status(reading).kind,
    )


def measure(found: Readings, state: PageState, kind: str, code: str, metric: str, component: str = "") -> Measure:
    """A value of the shown period with everything that must stand beside it."""
    reading = found.get(kind, code, metric, component, state.period)
    shown = units.shown(reading.value, metric, component, reading.unit, settings.EPMO_BASE_CURRENCY)
    remark = text.status(reading.status, reading.reason) if reading.value is not None else ""
    return Measure(
        name=text.title(metric, component),
        text=shown.text,
        unit=shown.unit,
        status=status(reading),
        target=target_text(reading),
        delta=delta(reading, found.get(kind, code, metric, component, state.against)),
        spark=spark(found, reading, state.last(8)),
        note=remark,
        why=state.why(metric, kind, code, component),
        url=state.url("metric", metric) if metric != INDEX else "",
    )
