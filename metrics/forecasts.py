"""Where a project and a series of values are heading, from what is stored.

    from metrics.forecasts import project_forecast, value_forecast

    project_forecast("P-1", Period.parse("2026-Q2"), visible_to=visible)     # cost and finish, with their ranges
    value_forecast("cycle_time", "", "project", "P-1", until=month, visible_to=visible)     # None unless it is good

The arithmetic is metrics.formulas.forecast and smoothing. Ranges are taken of all finished projects, whoever asks: ten
percent and ninety percent of at least eight say nothing of one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from math import ceil
from typing import Final

import numpy as np
from django.db import connection

from metrics.bounds import natural_bounds
from metrics.cells import WITH_VALUE
from metrics.columns import Floats
from metrics.formulas.forecast import FinishedProjects, Range, finish_months
from metrics.formulas.forecast import project_forecast as forecast_of
from metrics.formulas.smoothing import HORIZON, series_forecast
from metrics.layout import SERIES
from metrics.models import Scope
from metrics.periods import Period, period_range
from metrics.selectors import state
from metrics.series import value_series, version_of
from metrics.storage import components
from portfolio.models import Project
from portfolio.rights import Visibility

COST_INDEX: Final = ("cost_performance_index", "")
BUDGET: Final = ("cost_performance_index", "budget_at_completion")
ESTIMATE: Final = ("cost_performance_index", "estimate_at_completion")
TIME_INDEX: Final = ("schedule_performance_index_time", "")
READ: Final = (COST_INDEX, BUDGET, ESTIMATE, TIME_INDEX)
LOOK_BACK: Final = 36
"""Periods that a value is forecast from."""


@dataclass(frozen=True, slots=True)
class ProjectForecast:
    """Cost (base currency) and duration (months from the first planned month) that a project is heading for.

    As of the end of `month`, the last in which it reported. Ranges are the 10th and 90th percentile of what came of
    like finished projects, None when fewer than eight are known (`peers` says how many).
    """

    project: str
    month: Period
    share_complete: float
    cost_index: float
    time_index: float
    budget: float
    cost: Range
    duration: Range
    planned_months: int
    first_month: Period

    @property
    def planned_finish(self) -> Period:
        """The last planned month."""
        return self.first_month.shift(self.planned_months - 1)

    @property
    def finish(self) -> Period:
        """The month in which it would finish."""
        return self._month_of(self.duration.value)

    @property
    def earliest(self) -> Period | None:
        return None if self.duration.low is None else self._month_of(self.duration.low)

    @property
    def latest(self) -> Period | None:
        return None if self.duration.high is None else self._month_of(self.duration.high)

    def _month_of(self, months: float) -> Period:
        return self.first_month.shift(max(ceil(months - 1e-9), 1) - 1)


@dataclass(frozen=True, slots=True)
class ValueForecast:
    """Two periods ahead of a series that a back-test says can be forecast; errors are mean absolute errors."""

    periods: tuple[Period, ...]
    values: tuple[float, ...]
    trend: bool
    error: float
    naive_error: float
    origins: int


def project_forecast(code: str, period: Period, *, visible_to: Visibility) -> ProjectForecast | None:
    """Forecast of a running project as of a period's end.

    None outside the rights, for a project that is finished by then, and while nothing is planned, earned or spent.
    Cost: seven queries; the finished projects are read once per published run and process.
    """
    if not visible_to.sees("project", code):
        return None
    known = state()
    project = Project.objects.filter(code=code, deleted_at=None).values_list("id", "actual_finish_on").first()
    if project is None or known.run is None:
        return None
    pk, finished_on = project
    if finished_on is not None and finished_on < min(period.end, known.as_of):
        return None
    plans = _plans([pk])
    last = list(period.months())[-1]
    if pk not in plans:
        return None
    first, planned = plans[pk]
    begun = Period.containing("month", first)
    if begun.ordinal > last.ordinal:
        return None
    table = _Months.read([pk], period_range(begun, last))
    usable = np.flatnonzero(~np.isnan(table.of[ESTIMATE][0]) & (table.of[TIME_INDEX][0] > 0))
    if not len(usable):
        return None
    at = int(usable[-1])
    figures = {name: float(values[0, at]) for name, values in table.of.items()}
    share = float(table.earned[0, at] / figures[BUDGET]) if figures[BUDGET] > 0 else float("nan")
    cost, duration = forecast_of(
        cost_forecast=figures[ESTIMATE],
        finish_forecast=float(finish_months(planned, figures[TIME_INDEX])),
        share_complete=share,
        cost_index=figures[COST_INDEX],
        time_index=figures[TIME_INDEX],
        finished=finished_projects(),
    )
    return ProjectForecast(
        code,
        table.months[at],
        share,
        figures[COST_INDEX],
        figures[TIME_INDEX],
        figures[BUDGET],
        cost,
        duration,
        planned,
        begun,
    )


def value_forecast(
    metric: str, component: str, scope_kind: str, scope: str, *, until: Period, visible_to: Visibility
) -> ValueForecast | None:
    """The two periods after the last final value up to `until` (of its kind).

    None outside the rights, for fewer than ten consecutive final values, and where repeating the last value did
    as well in the back-test. Cost: three queries.
    """
    periods = period_range(until.shift(1 - LOOK_BACK), until)
    found = value_series(metric, component, scope_kind, scope, periods, visible_to=visible_to)
    return None if found is None else forecast_values(metric, component, periods, found.values, found.final)


def forecast_values(
    metric: str,
    component: str,
    periods: Sequence[Period],
    values: Sequence[float | None],
    final: Sequence[bool] | None = None,
) -> ValueForecast | None:
    """As value_forecast, of values that have been read already, oldest first."""
    known = [value if final is None or final[at] else None for at, value in enumerate(values)]
    end = len(known)
    while end and known[end - 1] is None:
        end -= 1
    start = end
    while start and known[start - 1] is not None:
        start -= 1
    run = [value for value in known[start:end] if value is not None]
    made = series_forecast(run, *natural_bounds(metric, component))
    if made is None or not made.is_shown:
        return None
    ahead = tuple(periods[end - 1].shift(step) for step in range(1, HORIZON + 1))
    return ValueForecast(ahead, made.values, made.trend, made.error, made.naive_error, made.origins)


@dataclass(frozen=True)
class _Months:
    """Stored monthly figures of projects: arrays (projects, months), NaN where there is no value."""

    months: tuple[Period, ...]
    of: dict[tuple[str, str], Floats]
    earned: Floats
    spent: Floats

    @classmethod
    def read(cls, projects: Sequence[int], months: Sequence[Period]) -> _Months:
        """Cost: three queries."""
        numbers = components()
        scopes = dict(Scope.objects.filter(kind="project", object_id__in=projects).values_list("id", "object_id"))
        row_of = {pk: row for row, pk in enumerate(projects)}
        named = {numbers[name]: name for name in READ if name in numbers}
        keys, arrays = SERIES.read(
            "component_id = ANY(%s) AND scope_id = ANY(%s) AND year = ANY(%s)",
            [list(named), list(scopes), sorted({month.year for month in months})],
            names=("value", "numerator", "denominator", "state"),
        )
        shape = (len(projects), len(months))
        of = {name: np.full(shape, np.nan) for name in READ}
        earned, spent = np.full(shape, np.nan), np.full(shape, np.nan)
        row = np.array([row_of[scopes[key]] for key in keys["scope_id"].tolist()], dtype=np.int64)
        for number, name in named.items():
            mine = (keys["component_id"] == number) & (keys["version"] == version_of(name[0]))
            for at, month in enumerate(months):
                held = mine & (keys["year"] == month.year)
                usable = np.isin(arrays["state"][held, month.slot], WITH_VALUE)
                of[name][row[held], at] = np.where(usable, arrays["value"][held, month.slot], np.nan)
                if name == COST_INDEX:
                    earned[row[held], at] = np.where(usable, arrays["numerator"][held, month.slot], np.nan)
                    spent[row[held], at] = np.where(usable, arrays["denominator"][held, month.slot], np.nan)
        return cls(tuple(months), of, earned, spent)


def _plans(projects: Iterable[int] | None) -> dict[int, tuple[date, int]]:
    """First planned month of projects, and months from it to the last planned one. Cost: one query."""
    asked = None if projects is None else list(projects)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT project_id, min(month), max(month) FROM portfolio_project_months "
            "WHERE deleted_at IS NULL AND planned_value > 0 AND (%s OR project_id = ANY(%s)) "
            "GROUP BY project_id",
            [asked is None, asked or []],
        )
        rows: list[tuple[int, date, date]] = cursor.fetchall()
    return {pk: (first, _months_between(first, last) + 1) for pk, first, last in rows}


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def finished_as_of(run: int, published_at: datetime | None, as_of: date) -> FinishedProjects:
    """As `finished_projects`, for a caller who knows the published run already."""
    return _finished(connection.settings_dict["NAME"], run, published_at, as_of)


def finished_projects() -> FinishedProjects:
    """How finished (not cancelled) projects stood month by month and came out, as of the published run.

    Cost: four queries, once per published run and process; about half a second for 5,000 projects.
    """
    known = state()
    run = known.run.pk if known.run is not None else 0
    at = known.run.published_at if known.run is not None else None
    return _finished(connection.settings_dict["NAME"], run, at, known.as_of)


@lru_cache(maxsize=2)
def _finished(database: str, run: int, published_at: datetime | None, as_of: date) -> FinishedProjects:
    plans = _plans(None)
    finished = (
        Project.objects.filter(deleted_at=None, actual_finish_on__lt=as_of).exclude(status="cancelled").order_by("id")
    )
    rows = [(pk, on) for pk, on in finished.values_list("id", "actual_finish_on") if pk in plans and on is not None]
    if not rows:
        none, blank = np.zeros(0), np.zeros((0, 0))
        return FinishedProjects(blank, blank, blank, blank, blank, none, none)
    first = Period.containing("month", min(plans[pk][0] for pk, _ in rows))
    last = Period.containing("month", max(on for _, on in rows))
    months = period_range(first, last if last.ordinal >= first.ordinal else first)
    table = _Months.read([pk for pk, _ in rows], months)
    planned = np.array([plans[pk][1] for pk, _ in rows], dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(table.of[BUDGET] > 0, table.earned / table.of[BUDGET], np.nan)
    return FinishedProjects(
        share_complete=share,
        cost_index=table.of[COST_INDEX],
        time_index=table.of[TIME_INDEX],
        cost_forecast=table.of[ESTIMATE],
        finish_forecast=finish_months(planned[:, None], table.of[TIME_INDEX]),
        actual_cost=_last_known(table.spent),
        actual_months=np.array([_months_between(plans[pk][0], on) + 1.0 for pk, on in rows]),
    )


def _last_known(values: Floats) -> Floats:
    """Last value of each row that is known, NaN where none is."""
    known = ~np.isnan(values)
    last = values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.where(known.any(axis=1), values[np.arange(len(values)), last], np.nan)
