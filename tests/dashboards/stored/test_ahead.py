"""Forecasts on charts: only where they beat the last value, only of what is not over yet, marked where they stand."""

import pytest

from dashboards.ahead import ahead_of, look_back
from dashboards.page_state import PageState
from dashboards.selectors.measured import Want, published, readings
from metrics.forecasts import value_forecast
from metrics.periods import Period
from metrics.registry import metrics
from portfolio.rights import EVERYTHING

MARK = "Forecast, not a stored value"


def state_at(code):
    period = Period.parse(code)
    return PageState(published(), period, period.previous, EVERYTHING, {})


def heading(code):
    """What is forecast of the enterprise's metrics on a page of that period, by metric."""
    state = state_at(code)
    keys = tuple((key, "") for key, entry in metrics().items() if "enterprise" in entry.scopes)
    found = readings(
        [Want("enterprise", ("",), keys, look_back(state))], state=state.published, visible_to=EVERYTHING, targets=None
    )
    return {key: made for key, _c in keys if (made := ahead_of(found, state, "enterprise", "", key)) is not None}


@pytest.fixture
def shown(db):
    found = heading("2026-07")
    assert found, "the reference company has no series that can be forecast: choose another"
    assert len(found) < len(metrics())
    return found


def test_charts_show_what_the_forecast_of_the_series_is(shown):
    for key, ahead in shown.items():
        made = value_forecast(key, "", "enterprise", "", until=Period.parse("2026-07"), visible_to=EVERYTHING)
        assert made is not None
        assert (ahead.periods, ahead.values) == (tuple(p.code for p in made.periods), made.values)
        assert made.error < made.naive_error
        assert all(low <= value <= high for low, value, high in zip(ahead.low, ahead.values, ahead.high, strict=True))


def test_a_metric_page_marks_forecasts_and_says_how_good_they_were(shown, lead):
    key = next(iter(shown))
    html = lead.get(f"/metrics/{key}/?period=2026-07").content.decode()

    assert html.count(MARK) >= 2
    assert "in a back-test from" in html
    assert (
        "Prognos, inget lagrat värde"
        in lead.get(f"/metrics/{key}/?period=2026-07", headers={"Accept-Language": "sv"}).content.decode()
    )


def test_where_repeating_the_last_value_does_as_well_nothing_is_drawn(shown, lead):
    key = next(key for key, entry in metrics().items() if key not in shown and "enterprise" in entry.scopes)

    assert MARK not in lead.get(f"/metrics/{key}/?period=2026-07").content.decode()


def test_what_is_over_is_not_forecast(shown):
    assert heading("2025-12") == {}
