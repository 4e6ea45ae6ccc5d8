"""Natural bounds: known for every component, and never passed by the reference company's values."""

import csv
from pathlib import Path

from metrics.bounds import OF_COMPONENT, OF_UNIT, natural_bounds
from metrics.registry import metrics

EXPECTED = Path(__file__).parents[1] / "data" / "reference" / "expected.csv"


def test_only_components_and_units_of_the_catalogue_are_named() -> None:
    units = {entry.component(name).unit for entry in metrics().values() for name in entry.component_names}

    assert set(OF_UNIT) <= units
    assert all(name in metrics()[key].component_names for key, name in OF_COMPONENT)


def test_no_published_value_lies_beyond_its_bounds() -> None:
    with EXPECTED.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            low, high = natural_bounds(row["metric"], row["component"])
            if row["value"]:
                assert low is None or float(row["value"]) >= low - 1e-9, row
                assert high is None or float(row["value"]) <= high + 1e-9, row


def test_index_factors_run_to_a_hundred_and_coverage_is_a_share() -> None:
    assert natural_bounds("customer_success_index", "quality") == (0.0, 100.0)
    assert natural_bounds("customer_success_index", "coverage_quality") == (0.0, 1.0)
