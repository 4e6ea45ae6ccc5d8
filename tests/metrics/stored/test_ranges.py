"""Ranges on the reference company hold the stored figures, and are the same whoever asks."""

import pytest

from metrics.index_values import index_records
from metrics.periods import Period
from metrics.ranges import contribution_ranges, index_bands
from metrics.selectors import value_get
from portfolio.rights import EVERYTHING
from tests.metrics.stored.company import Company
from tests.metrics.stored.people import reader

Q2 = Period.parse("2026-Q2")


@pytest.mark.parametrize("kind", ["enterprise", "portfolio", "program", "project", "customer", "initiative"])
def test_the_range_holds_the_stored_contribution(company: Company, kind: str) -> None:
    found = contribution_ranges(Q2, visible_to=EVERYTHING, kind=kind)

    assert found
    for code, each in found.items():
        points = value_get("project_contribution", "", kind, code, Q2, visible_to=EVERYTHING)
        change = value_get("project_contribution", "change", kind, code, Q2, visible_to=EVERYTHING)
        shapley = value_get("project_contribution", "shapley", kind, code, Q2, visible_to=EVERYTHING)
        assert points.value == pytest.approx(each.proportional, abs=1e-9)
        assert shapley.value == pytest.approx(each.shapley, abs=1e-9)
        assert each.points.low - 1e-9 <= points.value <= each.points.high + 1e-9
        assert each.change.low - 1e-9 <= change.value <= each.change.high + 1e-9


def test_bands_stand_where_there_is_an_index_and_hold_it(company: Company) -> None:
    for kind in ("enterprise", "customer", "portfolio", "project"):
        records = list(index_records([Q2], visible_to=EVERYTHING, scope_kinds=[kind]))
        bands = index_bands(Q2, kind, visible_to=EVERYTHING)
        assert set(bands) == {record.scope for record in records if record.index is not None}
        for record in records:
            if record.index is not None:
                band = bands[record.scope]
                assert band.index == pytest.approx(record.index)
                assert 0 <= band.low < record.index < band.high <= 100
    assert index_bands(Q2, "service", visible_to=EVERYTHING) == {}


def test_a_band_does_not_depend_on_who_asks_or_what_else_is_asked(company: Company) -> None:
    manager = reader(portfolio="PF-CUST")
    everything = index_bands(Q2, "portfolio", visible_to=EVERYTHING)
    mine = index_bands(Q2, "portfolio", visible_to=manager)

    assert set(mine) <= {"PF-CUST"}
    assert all(everything[code] == band for code, band in mine.items())
    shown = contribution_ranges(Q2, visible_to=manager)
    assert shown
    assert set(shown) <= {"P-1", "P-2", "P-3", "P-4", "P-7"}
