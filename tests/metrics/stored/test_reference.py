"""The published reference company: every record of every result file, after the first delivery and the second."""

from epmo.management.commands.check_reference import check_update
from metrics.reference import Comparison
from tests.metrics.stored.company import AS_OF, Company

FIRST = {
    "expected.csv": 7919,
    "contribution.csv": 170,
    "not_measurable.csv": 5,
    "index.csv": 84,
    "index_change.csv": 301,
    "colour.csv": 1526,
    "rule360.csv": 101,
    "explain.csv": 75,
    "relevance_expected.csv": 4,
    "errors.csv": 0,
}


def summary(comparisons: list[Comparison]) -> dict[str, tuple[int, int, list[str]]]:
    return {found.name: (found.matched, found.total, found.differences[:5]) for found in comparisons}


def test_every_record_of_the_first_delivery_is_reproduced(company: Company) -> None:
    assert summary(company.comparisons) == {name: (total, total, []) for name, total in FIRST.items()}


def test_every_record_is_reproduced_after_the_second_delivery(company: Company) -> None:
    found = check_update(company.folder, AS_OF)

    assert {name: differences for name, (*_, differences) in summary(found).items()} == {
        "update/expected_changed.csv": [],
        "update: expected.csv unchanged": [],
        "update/contribution.csv": [],
        "update/index.csv": [],
    }
    assert found[0].total == 379
    assert all(comparison.is_complete and comparison.total > 0 for comparison in found)
