"""What is listed of the published company: outcomes left out, and the cells of a period, stored or not."""

import csv

from metrics.contributions import not_measurable
from metrics.periods import Period
from metrics.selectors import ValueQuery, values
from portfolio.rights import EVERYTHING
from tests.metrics.stored.company import AS_OF, Company


def test_an_outcome_that_starts_later_is_listed_as_not_measurable(company: Company) -> None:
    """At the end of June 2025 O-5, O-7 and O-8 have no measurement yet; O-9 starts in October."""
    assert not_measurable(Period.parse("2025-Q2"), AS_OF) == ["O-5", "O-7", "O-8", "O-9"]
    assert not_measurable(Period.parse("2025-Q4"), AS_OF) == ["O-5", "O-8"]


def test_nothing_is_left_out_of_a_period_that_has_not_begun(company: Company) -> None:
    assert not_measurable(Period.parse("2026-Q4"), AS_OF) == []


def test_the_cells_of_a_period_are_those_that_the_result_file_lists(company: Company) -> None:
    """Not more either: projects have no unattributed points, and the share of standards is the enterprise's alone."""
    query = ValueQuery(components=None, periods=(Period.parse("2026-Q2"),), all_statuses=True)
    found = [(r.metric, r.component, r.scope_kind, r.scope) for r in values(query, visible_to=EVERYTHING)]
    with (company.folder / "expected.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["period"] == "2026-Q2"]
    expected = [(row["metric"], row["component"], row["scope_kind"], row["scope"]) for row in rows]

    assert len(found) == len(set(found))
    assert set(found) == set(expected)
