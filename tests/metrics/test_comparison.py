"""A comparison with published records that agreed with everything would prove nothing."""

import pytest

from metrics.periods import Period
from metrics.reference import KEY, NUMBERS, compare_values, same_number

ROW = {
    "metric": "renewal_rate",
    "component": "",
    "version": "1",
    "scope_kind": "enterprise",
    "scope": "",
    "period": "2026-Q1",
    "value": "0.5",
    "numerator": "1",
    "denominator": "2",
    "n": "2",
    "status": "ok",
    "reason": "",
}
FOUND = {tuple(ROW[name] for name in KEY): {name: ROW[name] for name in (*NUMBERS, "status", "reason")}}


def test_equal_records_match() -> None:
    assert compare_values("x", [ROW], FOUND, None).is_complete


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("value", "0.500002"),
        ("value", ""),
        ("numerator", "2"),
        ("n", ""),
        ("status", "provisional"),
        ("reason", "missing_rate"),
        ("period", "2026-Q2"),
        ("version", "2"),
    ],
)
def test_any_other_text_is_named(column: str, text: str) -> None:
    found = compare_values("x", [{**ROW, column: text}], FOUND, None)

    assert (found.matched, found.total) == (0, 1)
    assert found.differences


def test_a_cell_that_is_not_stored_reads_no_data_or_not_due() -> None:
    blank = dict.fromkeys((*NUMBERS, "reason"), "")
    rows = [{**ROW, **blank, "status": "no_data"}, {**ROW, **blank, "status": "not_due", "period": "2027-Q1"}]

    assert compare_values("x", rows, {}, Period.parse("2026-Q4")).is_complete


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1.000001", True),
        ("1", "1.0000011", False),
        ("1000000000", "1000000001", True),
        ("1000000000", "1000000002", False),
        ("", "", True),
        ("", "0", False),
    ],
)
def test_numbers_agree_within_the_stated_tolerance(one: str, other: str, same: bool) -> None:
    assert same_number(one, other) is same
