"""The registry, the tables and the filter say the same thing about every column."""

from __future__ import annotations

import random

import pytest
from django.apps import apps
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from portfolio.feed_types import Column
from portfolio.feeds import FEEDS, PARENTS_FIRST
from portfolio.services.forms import Cell, cell_read
from portfolio.services.problems import ProblemLog
from portfolio.services.screening import Screen
from portfolio.services.tables import rows_table

FIELDS = {
    "code": models.CharField,
    "text": models.TextField,
    "date": models.DateField,
    "month": models.DateField,
    "instant": models.DateTimeField,
    "number": models.DecimalField,
    "integer": models.IntegerField,
    "bool": models.BooleanField,
    "currency": models.CharField,
    "choice": models.CharField,
    "ref": models.ForeignKey,
    "team": models.ForeignKey,
}
BOOKKEEPING = {"id", "created_in", "changed_in", "line", "deleted_at"}


def test_there_are_35_feeds_and_references_point_back() -> None:
    assert len(FEEDS) == len(PARENTS_FIRST) == 35
    for place, name in enumerate(PARENTS_FIRST):
        assert {column.ref for column in FEEDS[name].references} <= {*PARENTS_FIRST[: place + 1]}


@pytest.mark.parametrize("name", FEEDS)
def test_every_column_has_its_field(name: str) -> None:
    feed = FEEDS[name]
    model = apps.get_model(feed.model_label)

    assert model._meta.db_table == feed.table
    assert {field.name for field in model._meta.fields} - BOOKKEEPING == set(feed.by_name)
    for column in feed.columns:
        field = model._meta.get_field(column.name)
        assert isinstance(field, FIELDS[column.kind]) or column.kind == "integer"
        assert field.null is not column.required
        assert field.column == column.attname
        if column.kind == "ref":
            assert field.related_model is apps.get_model(FEEDS[column.ref].model_label)


@pytest.mark.parametrize("name", FEEDS)
def test_rules_and_keys_name_columns(name: str) -> None:
    feed = FEEDS[name]

    assert set(feed.key) <= set(feed.by_name)
    for rule in feed.rules:
        assert {rule.column, *rule.others} <= set(feed.by_name)


GOOD = {
    "date": ["2026-01-31", "2024-02-29", "0001-01-01", "9999-12-31"],
    "month": ["2026-01", "2026-12"],
    "instant": ["2026-01-31T00:00:00Z", "2026-01-31T10:00Z", "2026-01-31 10:00:00+02:00", "2026-01-31T10:00:00.5Z"],
    "number": ["0", "1", "-1", "0.5", "+2", "100", "99.9999999999", "100.0", "1.0", "-0", "7"],
    "integer": ["0", "1", "4", "3.0", "5", "-1"],
    "bool": ["true", "false"],
    "currency": ["EUR", "SEK"],
    "code": ["A", "A 1", "å-1"],
    "text": ["A", "two words", "x\ty"],
    "ref": ["A"],
    "team": ["T"],
}
BAD = [
    "",
    " ",
    "x",
    "NaN",
    "2026-02-30",
    "2026-13",
    "1e3",
    "TRUE",
    "eur",
    "\x07",
    "9" * 19,
    "2026-01-31T10:00:00",
    '"',
    "a,b",
]


def cells(column: Column) -> st.SearchStrategy[str]:
    good = list(column.choices) or GOOD.get(column.kind, [])
    return st.sampled_from([*good, *good, *good, *BAD])


@given(data=st.data(), name=st.sampled_from(sorted(FEEDS)))
def test_the_filter_passes_only_what_the_exact_checks_take(data: st.DataObject, name: str) -> None:
    """Whatever the fast filter lets through, the exact checks accept too, and store the same values."""
    feed = FEEDS[name]
    header = [column.name for column in feed.columns]
    row = [data.draw(cells(column)) for column in feed.columns]
    screen = Screen(feed, rows_table(name, header, [row]), ProblemLog())
    line = screen.sieve.line.fullmatch(",".join(row))
    record = screen.sieve.record.fullmatch("\x1f".join(cell.strip(" ") for cell in row))

    exact = screen.row_problems(2, row)

    for found in (line, record):
        if found is not None and screen.sieve.passes(found):
            assert isinstance(exact, tuple)
            for column, cell, stored in zip(feed.columns, row, exact, strict=True):
                read = cell_read(column, cell.strip(" ")) if cell.strip() else None
                assert (read.value if isinstance(read, Cell) else None) == (
                    cell_value(column, stored) if stored is not None else None
                )


def cell_value(column: Column, stored: str) -> object:
    read = cell_read(column, stored)
    assert isinstance(read, Cell)
    return read.value


def test_the_filter_passes_ordinary_rows() -> None:
    """It must not only be safe: rows as tools write them go the fast way."""
    rng = random.Random(1)
    usual = {
        **GOOD,
        "instant": GOOD["instant"][:1],
        "date": ["2026-01-31"],
        "number": ["1"],
        "integer": ["1"],
        "text": ["a b"],
    }
    for feed in FEEDS.values():
        header = [column.name for column in feed.columns]
        row = [rng.choice(list(column.choices) or usual[column.kind]) for column in feed.columns]
        values = dict(zip(header, row, strict=True))
        values.update({"scale_min": "0", "scale_max": "10", "lower_limit": "1", "upper_limit": "2", "delta_arr": "5"})
        values["kind"] = "new" if feed.name == "revenue_events" else values.get("kind", "")
        sieve = Screen(feed, rows_table(feed.name, header, []), ProblemLog()).sieve
        found = sieve.line.fullmatch(",".join(values[name] for name in header))
        assert found is not None, feed.name
        assert sieve.passes(found), feed.name
