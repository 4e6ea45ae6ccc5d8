"""Signals of the reference company: off target, out of limits, restated; ranked, inside the rights, in few queries."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from epmo.management.commands.check_reference import check_update
from metrics.bounds import natural_bounds
from metrics.formulas.spc import xmr_chart
from metrics.periods import Period, period_range
from metrics.registry import metrics
from metrics.selectors import ValueQuery, values
from metrics.signals import control_chart, signals
from portfolio.rights import EVERYTHING, Role
from tests.metrics.stored.company import AS_OF, Company
from tests.metrics.stored.people import reader

Q2 = Period.parse("2026-Q2")


def test_every_red_headline_of_the_overview_is_a_signal_and_nothing_else(company: Company) -> None:
    kinds = ("enterprise", "portfolio", "program", "customer", "project", "initiative", "service")
    query = ValueQuery(scope_kinds=kinds, periods=(Q2,), colours=("red",))
    red = {(found.metric, found.scope_kind, found.scope) for found in values(query, visible_to=EVERYTHING)}

    found = [each for each in signals(Q2, visible_to=EVERYTHING, kinds=kinds) if each.source == "off_target"]

    assert {(each.metric, each.scope_kind, each.scope) for each in found} == red
    assert len(found) == len(red) > 10
    assert all(each.severity > 0 and each.is_worse for each in found)


def test_signals_come_ranked_new_before_known_and_far_before_near(company: Company) -> None:
    found = signals(Q2, visible_to=EVERYTHING, also_better=True)

    assert [each.rank for each in found] == sorted(each.rank for each in found)
    assert found[0].is_worse
    assert found[0].is_new
    assert signals(Q2, visible_to=EVERYTHING, most=3) == signals(Q2, visible_to=EVERYTHING)[:3]


def test_limits_are_those_of_the_last_unbroken_run_of_final_months(company: Company) -> None:
    june = Period.parse("2026-06")
    months = period_range(june.shift(-35), june)
    checked = 0
    for key, entry in metrics().items():
        if "enterprise" not in entry.scopes:
            continue
        query = ValueQuery((key,), ("",), ("enterprise",), periods=tuple(months), statuses=("ok",))
        held = {record.period: record.value for record in values(query, visible_to=EVERYTHING)}
        run: list[float] = []
        for month in months:
            if month.code in held:
                run.append(held[month.code])
            elif any(later.code in held for later in months if later.start > month.start):
                run = []
        found = control_chart(key, "", "enterprise", "", until=june, visible_to=EVERYTHING)
        assert found is not None
        assert list(found.values) == run
        assert found.chart == xmr_chart(run, *natural_bounds(key, ""))
        checked += found.chart.limits is not None
    assert checked > 15


def test_a_month_out_of_its_limits_is_the_one_that_the_chart_shows(company: Company) -> None:
    found = [each for each in signals(Q2, visible_to=EVERYTHING, also_better=True) if each.source == "out_of_limits"]
    assert found
    for each in found:
        month = Period.parse(each.period)
        chart = control_chart(
            each.metric, "", each.scope_kind, each.scope, until=Period.parse("2026-06"), visible_to=EVERYTHING
        )
        assert chart is not None
        assert chart.chart.limits is not None
        place = chart.periods.index(month)
        assert {str(rule) for rule in chart.chart.signals[place]} == set(each.rules)
        assert each.value == chart.values[place]
        assert (each.centre, each.low, each.high) == pytest.approx(
            (chart.chart.limits.centre, chart.chart.limits.low, chart.chart.limits.high)
        )
        later = [p for p in range(place + 1, len(chart.periods)) if chart.chart.signals[p]]
        assert not later, "the newest month is the one that is told"


def test_a_restated_value_is_a_signal_with_old_new_and_cause(company: Company) -> None:
    check_update(company.folder, AS_OF)

    q1 = Period.parse("2026-Q1")
    found = [each for each in signals(q1, visible_to=EVERYTHING, also_better=True) if each.source == "restatement"]

    assert found
    assert all(each.cause == "check_reference update" and each.run for each in found)
    assert all(each.before is not None and each.before != each.value for each in found)
    assert len({each.key for each in found}) == len(found)


def test_only_visible_scopes_raise_signals(company: Company) -> None:
    manager = reader(portfolio="PF-CUST")
    executive = reader(Role.EXECUTIVE)
    places = [("project", f"P-{number}") for number in range(1, 9)]

    shown = {(each.scope_kind, each.scope) for each in signals(Q2, visible_to=manager)}
    assert shown
    assert shown <= {("portfolio", "PF-CUST"), ("program", "PG-DIG"), ("program", "PG-SUP")}
    assert {each.scope for each in signals(Q2, visible_to=manager, scopes=places)} <= {
        "P-1",
        "P-2",
        "P-3",
        "P-4",
        "P-7",
    }
    assert signals(Q2, visible_to=reader()) == []
    assert not [
        each for each in signals(Q2, visible_to=executive, scopes=[("team", "T-OPS"), ("team", "T-DEV")])
        if metrics()[each.metric].people_metric
    ]  # fmt: skip


@pytest.mark.parametrize(("scopes", "most"), [(None, 10), ([("project", "P-5")], 7), ([("enterprise", "")], 7)])
def test_signals_take_few_queries(company: Company, scopes: object, most: int) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        signals(Q2, visible_to=EVERYTHING, scopes=scopes)

    assert len(queries) <= most


def test_a_chart_outside_the_rights_is_none(company: Company) -> None:
    june = Period.parse("2026-06")

    assert control_chart("cycle_time", "", "project", "P-5", until=june, visible_to=reader(portfolio="PF-CUST")) is None
    assert control_chart("renewal_rate", "", "project", "P-5", until=june, visible_to=EVERYTHING) is None
    few = control_chart("cycle_time", "", "project", "P-5", until=june, visible_to=EVERYTHING)
    assert few is not None
    assert np.isfinite(few.values).all()
