"""Forecasts from stored values: a project's cost and finish with their range, and a series two periods ahead."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metrics.forecasts import finished_projects, forecast_values, project_forecast
from metrics.periods import Period, period_range
from portfolio.rights import EVERYTHING, NOBODY
from tests.metrics.written import compute, deliver

COMPLETE = 0.5


def months(
    code: str, first: str, planned: list[float], earned: list[float], spent: list[float]
) -> list[dict[str, Any]]:
    """Rows of project_months from a first month on; what is not reported yet is blank."""
    start = Period.parse(first)
    rows = []
    for at in range(max(len(planned), len(earned))):
        rows.append(
            {
                "project": code,
                "month": start.shift(at).code,
                "planned_value": str(planned[at]) if at < len(planned) else "",
                "earned_value": str(earned[at]) if at < len(earned) else "",
                "actual_cost": str(spent[at]) if at < len(spent) else "",
            }
        )
    return rows


@pytest.fixture
def portfolio(db: None, tmp_path: Path) -> Path:
    """Nine finished projects of four planned months that half way were all forecast alike and came out differently,
    a cancelled one, and a running one at half way: EV 200 of 400, AC 250, two months of plan earned in two."""
    projects = [
        {
            "code": f"F{k}",
            "portfolio": "PF",
            "status": "completed",
            "actual_start_on": "2025-01-01",
            "actual_finish_on": f"2025-{4 + (k > 4):02d}-20",
        }
        for k in range(9)
    ]
    projects.append({**projects[0], "code": "CUT", "status": "cancelled"})
    projects.append({"code": "RUN", "portfolio": "PF", "status": "active", "actual_start_on": "2026-01-01"})
    rows: list[dict[str, Any]] = []
    for k in range(9):
        late = [50.0] if k > 4 else []
        earned = [100.0, 100.0, 100.0, 50.0, *late] if late else [100.0] * 4
        rows += months(
            f"F{k}", "2025-01", [100.0] * 4, earned, [125.0, 125.0, 100.0 + 20 * k, 100.0, *([0.0] * len(late))]
        )
    rows += months("CUT", "2025-01", [100.0] * 4, [100.0, 100.0], [125.0, 9000.0])
    rows += months("RUN", "2026-01", [100.0] * 4, [100.0, 100.0], [125.0, 125.0])
    filled = [{"actual_start_on": "", "actual_finish_on": "", **project} for project in projects]
    deliver(tmp_path / "facts", portfolios="code\nPF", projects=filled, project_months=rows)
    compute(metrics=["cost_performance_index", "schedule_performance_index_time"])
    return tmp_path


def test_cost_and_finish_with_the_range_of_what_like_projects_came_out_at(portfolio: Path) -> None:
    found = project_forecast("RUN", Period.parse("2026-02"), visible_to=EVERYTHING)

    assert found is not None
    assert (found.month.code, found.share_complete) == ("2026-02", pytest.approx(COMPLETE))
    assert (found.cost_index, found.time_index) == (pytest.approx(0.8), pytest.approx(1.0))
    # BAC 400 / 0.8 = 500; half way every finished project was forecast at 500 and cost 450 + 20 k.
    assert (found.cost.value, found.cost.peers) == (pytest.approx(500.0), 9)
    ratios = [(450 + 20 * k) / 500 for k in range(9)]
    low, high = np.percentile(ratios, [10, 90]) * 500
    assert (found.cost.low, found.cost.high) == (pytest.approx(low), pytest.approx(high))
    # Four planned months at index 1; five of nine took four months, four took five.
    assert (found.duration.value, found.duration.low, found.duration.high) == pytest.approx((4.0, 4.0, 5.0))
    assert (found.finish.code, found.planned_finish.code) == ("2026-04", "2026-04")
    assert (found.earliest.code, found.latest.code) == ("2026-04", "2026-05")


def test_months_in_which_nothing_is_planned_do_not_put_the_finish_off(portfolio: Path) -> None:
    deliver(portfolio / "more", project_months=months("RUN", "2026-05", [0.0] * 3, [], []))

    found = project_forecast("RUN", Period.parse("2026-02"), visible_to=EVERYTHING)

    assert found is not None
    assert (found.duration.value, found.finish.code) == (pytest.approx(4.0), "2026-04")


def test_a_later_period_answers_with_the_last_month_that_was_reported(portfolio: Path) -> None:
    found = project_forecast("RUN", Period.parse("2026-Q2"), visible_to=EVERYTHING)

    assert found is not None
    assert found.month.code == "2026-02"


def test_there_is_no_forecast_of_what_is_over_unknown_or_not_visible(portfolio: Path) -> None:
    q2 = Period.parse("2026-Q2")

    assert project_forecast("F1", q2, visible_to=EVERYTHING) is None
    assert project_forecast("nothing", q2, visible_to=EVERYTHING) is None
    assert project_forecast("RUN", Period.parse("2025-Q4"), visible_to=EVERYTHING) is None
    assert project_forecast("RUN", q2, visible_to=NOBODY) is None


def test_a_finished_project_had_a_forecast_while_it_ran(portfolio: Path) -> None:
    found = project_forecast("F1", Period.parse("2025-02"), visible_to=EVERYTHING)

    assert found is not None
    assert found.cost.value == pytest.approx(500.0)


def test_cancelled_projects_teach_nothing(portfolio: Path) -> None:
    assert len(finished_projects().actual_cost) == 9


def test_queries_do_not_grow_with_what_is_finished(portfolio: Path, django_assert_max_num_queries: Any) -> None:
    finished_projects()
    with django_assert_max_num_queries(10):
        project_forecast("RUN", Period.parse("2026-02"), visible_to=EVERYTHING)


MONTHS = period_range(Period.parse("2024-01"), Period.parse("2026-06"))


def test_a_steady_rise_is_carried_two_periods_ahead_inside_the_bounds() -> None:
    values = [0.40 + 0.02 * at + (0.001 if at % 2 else -0.001) for at in range(30)]

    found = forecast_values("milestones_on_time_rate", "", MONTHS, values)

    assert found is not None
    assert [period.code for period in found.periods] == ["2026-07", "2026-08"]
    assert found.error < found.naive_error
    assert 0.97 < found.values[0] <= 1.0
    assert found.values[1] <= 1.0


def test_what_did_no_better_than_the_last_value_is_not_shown() -> None:
    walk = np.cumsum(np.random.default_rng(3).choice([-1.0, 1.0], 30)).tolist()

    assert forecast_values("project_contribution", "", MONTHS, walk) is None


def test_a_gap_or_a_value_that_is_not_final_breaks_the_series() -> None:
    values: list[float | None] = [0.4 + 0.01 * at for at in range(30)]
    values[24] = None

    assert forecast_values("milestones_on_time_rate", "", MONTHS, values) is None
    final = [at != 29 for at in range(30)]
    found = forecast_values("milestones_on_time_rate", "", MONTHS, [0.4 + 0.01 * at for at in range(30)], final)
    assert found is not None
    assert found.periods[0].code == "2026-06"
