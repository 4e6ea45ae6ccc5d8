"""Budget, spent, forecast, remaining: four figures of a project or portfolio, and where cost and finish are heading.

No selector is called here: everything is made of values that the page has read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.progress import Forecast
from dashboards.page_state import PageState
from dashboards.parts import Action, Empty, Fact
from dashboards.selectors.measured import Readings
from dashboards.selectors.project_detail import ProjectDetail
from metrics.forecasts import finished_as_of
from metrics.formulas.forecast import finish_months, project_forecast
from metrics.periods import Period

COST = "cost_performance_index"
TIME = "schedule_performance_index_time"
DAYS_IN_MONTH = 30.4375
MOST_MONTHS = 1200
"""What would take a hundred years is no forecast but a division by next to nothing."""


@dataclass(frozen=True, slots=True)
class Money:
    """The four figures; without any of them what is missing, why it matters, and the first step."""

    facts: tuple[Fact, ...]
    nothing: Empty | None = None


def forecast_of(detail: ProjectDetail, found: Readings, state: PageState) -> Forecast | None:
    """Where cost and plan end when the indexes of the period go on, with the range in which like projects ended.

    None without the indexes or a plan, once finished, and where the plan would end in more than a hundred years. No
    query when the run's finished projects are known to the process; four when they are not.
    """

    def value(metric: str, component: str = "") -> float | None:
        return found.value("project", detail.code, metric, component, state.period)

    cost, pace, index = value(COST, "estimate_at_completion"), value(TIME), value(COST)
    whole = value(COST, "budget_at_completion")
    earned = found.get("project", detail.code, COST, "", state.period).numerator
    planned = [m.month for m in detail.months if m.planned]
    if cost is None or not pace or not planned or detail.actual_finish_on is not None:
        return None
    months = (planned[-1].year - planned[0].year) * 12 + planned[-1].month - planned[0].month + 1
    ends = float(finish_months(months, pace))
    share = earned / whole if earned is not None and whole else float("nan")
    spread, lasting = project_forecast(
        cost_forecast=cost,
        finish_forecast=ends,
        share_complete=share,
        cost_index=index if index is not None else float("nan"),
        time_index=pace,
        finished=finished_as_of(state.published.run, state.published.computed_at, state.published.as_of),
    )

    def on(after: float | None) -> dt.date | None:
        if after is None or not 0 <= after <= MOST_MONTHS:  # NaN is in no range
            return None
        return planned[0] + dt.timedelta(days=round(after * DAYS_IN_MONTH))

    finish = on(ends)
    if finish is None:
        return None
    return Forecast(finish, cost, spread.low, spread.high, on(lasting.low), on(lasting.high))


def final_period(found: Readings, kind: str, code: str, state: PageState, ended_on: dt.date | None) -> Period:
    """The period that holds the last figures: the one shown, or the last that has any when it ended before."""
    if ended_on is None or found.value(kind, code, COST, "", state.period) is not None:
        return state.period
    tried = [*reversed(state.periods), Period.containing("year", ended_on)]
    return next((p for p in tried if found.value(kind, code, COST, "", p) is not None), state.period)


def range_text(low: float | None, high: float | None) -> str:
    """`range a to b`, blank without one."""
    return _("range %(low)s to %(high)s") % {"low": f.money(low), "high": f.money(high)} if low is not None else ""


def dates_text(forecast: Forecast | None) -> str:
    """`range a to b` of the finish, in months."""
    if forecast is None or forecast.early_on is None:
        return ""
    return _("range %(low)s to %(high)s") % {
        "low": f.month_year(forecast.early_on),
        "high": f.month_year(forecast.late_on),
    }


def money_of(
    found: Readings,
    state: PageState,
    kind: str,
    code: str,
    *,
    approved: float | None = None,
    currency: str = "",
    forecast: Forecast | None = None,
    ended_on: dt.date | None = None,
) -> Money:
    """The four figures in base currency; an approved budget counts when it is in that currency."""
    at = final_period(found, kind, code, state, ended_on)
    now = found.get(kind, code, COST, "", at)
    planned = found.value(kind, code, COST, "budget_at_completion", at)
    ends = found.value(kind, code, COST, "estimate_at_completion", at)
    if approved is not None and currency != settings.EPMO_BASE_CURRENCY:
        approved = None
    budget = approved if approved is not None else planned
    spent = now.denominator
    if budget is None and spent is None:
        return Money((), _nothing(state))
    when = "" if at == state.period else _("final, %(period)s") % {"period": f.period(at.code)}
    shown = [
        Fact(
            _("Budget"),
            f.money(budget),
            _missing("projects.budget")
            if budget is None
            else _("planned value %(money)s") % {"money": f.money(planned)}
            if approved is not None and planned is not None and f.money(planned) != f.money(approved)
            else "",
        ),
        Fact(
            _("Spent"),
            f.money(spent),
            _missing("project_months.actual_cost")
            if spent is None
            else _joined(_("%(share)s of the budget") % {"share": f.percent(spent / budget)} if budget else "", when),
            why=state.why(COST, kind, code, period=at),
        ),
    ]
    if ended_on is not None:
        left = budget - spent if budget is not None and spent is not None else None
        over = left is not None and left < 0
        shown.append(Fact(_("Final cost"), f.money(spent), _("finished %(date)s") % {"date": f.month_year(ended_on)}))
        shown.append(
            Fact(
                _("Over the budget") if over else _("Left of the budget"),
                f.money(abs(left) if left is not None else None),
            )
        )
        return Money(tuple(shown))
    shown.append(
        Fact(
            _("Forecast"),
            f.money(ends),
            (range_text(forecast.low, forecast.high) or _("too few finished projects for a range"))
            if forecast is not None
            else _missing("project_months.earned_value")
            if ends is None
            else "",
            why=state.why(COST, kind, code, "estimate_at_completion", period=at),
        )
    )
    remaining = ends - spent if ends is not None and spent is not None else None
    shown.append(Fact(_("Remaining"), f.money(remaining), _("from spent to forecast") if remaining is not None else ""))
    return Money(tuple(shown))


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _missing(column: str) -> str:
    """Which column of which feed would tell."""
    return _("not imported: %(column)s") % {"column": column}


def _nothing(state: PageState) -> Empty:
    actions: Sequence[Action] = (Action(_("Import files"), state.url("data")),) if state.visible.may_write else ()
    return Empty(
        _("No budget and no cost are known"),
        _("Without them nobody can say what this costs for what it gives customers, or where it will end."),
        (
            _("Import project_months.csv: planned value, earned value and actual cost by month."),
            _("Give projects.csv a budget."),
        ),
        tuple(actions),
    )
