"""Forecast of a project: duration by hand, and the range from like finished projects."""

import numpy as np
import pytest

from metrics.formulas.forecast import FinishedProjects, Range, finish_months, project_forecast


def finished(ratios, cost_index=1.0, share=(0.2, 0.5, 0.9)):
    """Finished projects that came out at some ratio of what was forecast at each of three months."""
    projects = len(ratios)
    months = np.ones((projects, len(share)))
    return FinishedProjects(
        share_complete=months * share,
        cost_index=months * np.broadcast_to(cost_index, projects)[:, None],
        time_index=months,
        cost_forecast=months * 1000,
        finish_forecast=months * 10,
        actual_cost=np.array(ratios) * 1000,
        actual_months=np.array(ratios) * 10,
    )


def forecast(peers, **fields):
    given = {"cost_forecast": 100.0, "finish_forecast": 20.0, "share_complete": 0.4, "cost_index": 1, "time_index": 1}
    return project_forecast(finished=peers, **{**given, **fields})


def test_finish_is_the_planned_duration_over_the_index():
    np.testing.assert_allclose(
        finish_months([20, 10, 10], [1330 / 1500, 0, np.nan]), [22.5564, np.nan, np.nan], atol=1e-4
    )


def test_range_is_what_like_projects_came_out_at():
    cost, finish = forecast(finished(np.linspace(0.9, 1.3, 9)))

    assert (cost.low, cost.high) == pytest.approx((94, 126))
    assert (finish.low, finish.high) == pytest.approx((18.8, 25.2))
    assert cost.peers == 9


def test_fewer_than_eight_like_projects_give_no_range():
    assert forecast(finished([1.0] * 7))[0] == Range(value=100.0, low=None, high=None, peers=7)


def test_a_company_without_finished_projects_forecasts_without_a_range():
    none, blank = np.zeros(0), np.zeros((0, 0))
    nobody = FinishedProjects(blank, blank, blank, blank, blank, none, none)

    assert forecast(nobody) == (Range(100.0, None, None, 0), Range(20.0, None, None, 0))


def test_only_the_twenty_nearest_count():
    near, far = [1.0] * 20, [5.0] * 20
    cost, _ = forecast(finished(near + far, cost_index=[1.0] * 20 + [0.2] * 20))

    assert (cost.low, cost.high, cost.peers) == (100, 100, 20)


def test_projects_that_were_never_so_complete_are_left_out():
    assert forecast(finished([1.0] * 9), share_complete=0.95)[0].peers == 0


def test_each_project_is_taken_when_it_was_as_complete():
    peers = finished([1.0] * 8)
    peers.cost_forecast[:, 1] = 500  # at 0.5, the first month not below 0.4

    assert forecast(peers)[0].low == pytest.approx(200)


def test_a_project_without_forecast_has_no_range():
    cost, _ = forecast(finished([1.0] * 9), cost_forecast=np.nan)

    assert np.isnan(cost.value)
    assert cost.low is None
