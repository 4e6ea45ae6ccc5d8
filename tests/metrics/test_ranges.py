"""Ranges: contribution under three readings of the claims (the catalogue's worked example), and who may see them."""

from pathlib import Path
from typing import Any

import pytest

from metrics.periods import Period
from metrics.ranges import contribution_ranges
from portfolio.rights import EVERYTHING, NOBODY
from tests.metrics.written import compute, deliver

Q1 = Period.parse("2026-Q1")


@pytest.fixture
def example(db: None, tmp_path: Path) -> None:
    deliver(
        tmp_path / "facts",
        portfolios="code kind parent\nPF portfolio -\nPG program PF",
        projects="code portfolio\nP1 PF\nP2 PG\nP3 PG",
        customers="code importance\nA 3\nB -",
        initiatives="code customer factor\nI A value\nJ B value",
        outcomes="""
            code initiative baseline target weight audience factor
            O1   I          40       60     3      customer value
            O2   I          24       8      1      customer value
            O3   J          90       95     -      customer value
        """,
        outcome_measurements="outcome measured_on value\nO1 2026-02-01 50\nO2 2026-02-01 22\nO3 2026-05-01 89",
        contributions="""
            project outcome valid_from effect evidence
            P1      O1      2026-01-10 6      claimed
            P2      O1      2026-01-10 9      before_after
            P1      O2      2026-01-10 -1     before_after
            P3      O3      2026-01-10 1      claimed
        """,
    )
    compute(metrics=["project_contribution"])


def test_the_worked_example_under_its_three_readings(example: Any) -> None:
    found = contribution_ranges(Q1, visible_to=EVERYTHING)

    # Proportional 16.5625 and 22.5, Shapley 14.6875 and 24.375; without what is only claimed P1 keeps 25 x 0.0625 on
    # O2, and P2 gets 75 x 0.45 on O1, all in the period.
    assert set(found) == {"P1", "P2"}
    first, second = found["P1"], found["P2"]
    assert (first.proportional, first.shapley, first.evidenced) == pytest.approx((16.5625, 14.6875, 1.5625))
    assert (first.points.low, first.points.high) == pytest.approx((1.5625, 16.5625))
    assert (second.proportional, second.shapley, second.evidenced) == pytest.approx((22.5, 24.375, 33.75))
    assert (second.change.low, second.change.high) == pytest.approx((22.5, 33.75))


def test_scopes_add_up_under_each_reading_before_the_range_is_taken(example: Any) -> None:
    for kind, code in (("enterprise", ""), ("portfolio", "PF"), ("customer", "A"), ("initiative", "I")):
        found = contribution_ranges(Q1, visible_to=EVERYTHING, kind=kind)[code]
        # Both methods credit 39.0625; the evidenced reading 35.3125.
        assert (found.points.low, found.points.high) == pytest.approx((35.3125, 39.0625))
    assert list(contribution_ranges(Q1, visible_to=EVERYTHING, kind="program")) == ["PG"]


def test_a_claim_that_got_nothing_has_a_range_of_nothing(example: Any) -> None:
    found = contribution_ranges(Period.parse("2026-Q2"), visible_to=EVERYTHING)["P3"]

    assert (found.points.low, found.points.high, found.change.low, found.change.high) == (0, 0, 0, 0)


def test_nothing_is_told_outside_the_rights_or_of_periods_to_come(example: Any) -> None:
    assert contribution_ranges(Q1, visible_to=NOBODY) == {}
    assert contribution_ranges(Period.parse("2027-Q1"), visible_to=EVERYTHING) == {}
    assert contribution_ranges(Q1, visible_to=EVERYTHING, kind="team") == {}
    assert list(contribution_ranges(Q1, visible_to=EVERYTHING, codes=["P2"])) == ["P2"]
