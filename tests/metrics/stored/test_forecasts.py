"""Forecasts on the reference company: they rest on the stored values, and keep to the reader's rights."""

import pytest

from metrics.forecasts import project_forecast, value_forecast
from metrics.periods import Period, period_range
from metrics.registry import metrics
from metrics.selectors import value_get
from metrics.series import value_series
from portfolio.rights import EVERYTHING
from tests.metrics.stored.company import Company
from tests.metrics.stored.people import reader

Q2, JUNE = Period.parse("2026-Q2"), Period.parse("2026-06")


def test_a_running_project_is_forecast_from_its_stored_indices(company: Company) -> None:
    found = project_forecast("P-5", Q2, visible_to=EVERYTHING)

    assert found is not None

    def stored(metric: str, component: str) -> float | None:
        record = value_get(metric, component, "project", "P-5", found.month, visible_to=EVERYTHING)
        return record.value if record else None

    assert found.cost.value == pytest.approx(stored("cost_performance_index", "estimate_at_completion"))
    assert found.time_index == stored("schedule_performance_index_time", "")
    assert found.duration.value == pytest.approx(found.planned_months / found.time_index)
    # Four projects are finished: too few for a range.
    assert (found.cost.low, found.duration.high) == (None, None)
    assert project_forecast("P-5", Q2, visible_to=reader(portfolio="PF-CUST")) is None
    assert project_forecast("P-7", Q2, visible_to=reader(portfolio="PF-CUST")) is not None


def test_forecasts_of_series_are_those_that_beat_the_last_value(company: Company) -> None:
    shown = {
        key: found
        for key, entry in metrics().items()
        if "enterprise" in entry.scopes
        and (found := value_forecast(key, "", "enterprise", "", until=JUNE, visible_to=EVERYTHING)) is not None
    }

    assert shown
    for found in shown.values():
        assert found.error < found.naive_error
        assert [period.ordinal for period in found.periods] == [found.periods[0].ordinal, found.periods[0].ordinal + 1]


def test_a_series_outside_the_rights_or_the_catalogue_is_none(company: Company) -> None:
    months = period_range(Period.parse("2026-01"), JUNE)

    assert value_series("cycle_time", "", "enterprise", "", months, visible_to=reader()) is None
    assert value_series("renewal_rate", "", "project", "P-1", months, visible_to=EVERYTHING) is None
    assert value_series("renewal_rate", "nothing", "enterprise", "", months, visible_to=EVERYTHING) is None
    found = value_series("cycle_time", "", "enterprise", "", months, visible_to=EVERYTHING)
    assert found is not None
    for month, value, final in zip(months, found.values, found.final, strict=True):
        record = value_get("cycle_time", "", "enterprise", "", month, visible_to=EVERYTHING)
        assert record is not None
        assert (record.value, record.status == "ok") == (value, final)
