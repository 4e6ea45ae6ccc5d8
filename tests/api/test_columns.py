"""Cells: what a spreadsheet would run is made text, numbers keep their digits, and nothing else changes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.columns import csv_cell, csv_plain, harmless, json_cell, meant, number_text, parquet_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "＝1+1",
        "－1+1",
        "＋1",
        "＠x",
        "-",
        "'=1",
        "=cmd|' /C calc'!A0",
    ],
)
def test_formulas_become_text_and_come_back(text):
    assert harmless(text) == f"'{text}"
    assert meant(harmless(text)) == text


@pytest.mark.parametrize("text", ["", "a=b", "-5", "-5.25", "+5", "1-2", "'quoted'", "O'Neill", "ü", "'"])
def test_other_text_stays(text):
    assert harmless(text) == text
    assert meant(text) == text


@given(st.text())
def test_every_text_comes_back(text):
    assert meant(harmless(text)) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back_without_an_exponent(value):
    text = csv_cell(value, "float")

    assert "e" not in text
    assert float(text) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**18), max_value=10**18))
def test_decimals_keep_their_digits(value):
    assert Decimal(number_text(value)) == value
    assert "E" not in number_text(value)


@pytest.mark.parametrize(
    ("value", "kind", "text", "json"),
    [
        (None, "text", "", None),
        (True, "bool", "true", True),
        (date(2026, 7, 1), "date", "2026-07-01", "2026-07-01"),
        (date(2026, 7, 1), "month", "2026-07", "2026-07"),
        (datetime(2026, 7, 1, 8, 50, tzinfo=UTC), "instant", "2026-07-01T08:50:00Z", "2026-07-01T08:50:00Z"),
        (["a", "b"], "list", "a b", ["a", "b"]),
        ((0.7, 0.85), "limit", "0.7 to 0.85", "0.7 to 0.85"),
        (0.7, "limit", "0.7", 0.7),
        (7, "integer", 7, 7),
    ],
)
def test_kinds(value, kind, text, json):
    assert csv_cell(value, kind) == text
    assert csv_plain(value, kind) == text
    assert json_cell(value, kind) == json


def test_parquet_takes_numbers_as_they_are():
    assert parquet_cell("number")(Decimal("1.5")) == Decimal("1.5")
    assert parquet_cell("month")(date(2026, 7, 1)) == "2026-07"
    assert parquet_cell("limit")((0.7, 0.85)) == "0.7 to 0.85"
    assert parquet_cell("date")(None) is None
