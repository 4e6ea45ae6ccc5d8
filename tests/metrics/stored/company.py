"""A published company, imported and computed once a session in a database of its own, beside the tests' database.

Tests that read stored values of a whole company would each need half a minute to make them. They share one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection, connections

from epmo.management.commands.check_reference import check_first
from metrics.reference import Comparison

FOLDER = Path(__file__).parents[2] / "data" / "reference"
AS_OF = date(2026, 7, 10)


@dataclass(frozen=True)
class Company:
    """The company's folder, the name of its database, and how its stored values compare with its result files."""

    folder: Path
    database: str
    comparisons: list[Comparison]


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """The default connection, and those of new threads, lead to another database meanwhile."""
    before = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before


@contextmanager
def company_database(suffix: str = "company", folder: Path = FOLDER) -> Iterator[Company]:
    """A copy of the migrated test database with the reference company (or another) in it, dropped at the end."""
    template = connection.settings_dict["NAME"]
    assert template.startswith("test_"), "tests copy the test database, never another one"
    name = f"{template}_{suffix}"
    _copy(template, name)
    try:
        with connected_to(name):
            comparisons = check_first(folder, AS_OF)
        yield Company(folder, name, comparisons)
    finally:
        with connected_to("postgres"), connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _copy(template: str, name: str) -> None:
    with connected_to("postgres"), connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
