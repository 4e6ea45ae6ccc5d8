"""Facts written as text tables, imported into the database and computed: values as pages read them."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from metrics import runs
from metrics.models import Run
from portfolio.feeds import FEEDS
from tests.metrics.builders import table_rows

AS_OF = date(2026, 7, 10)

NAMED: dict[str, dict[str, str]] = {
    "portfolios": {"kind": "portfolio"},
    "projects": {"status": "active", "currency": "EUR"},
    "customers": {"importance": "1"},
}


def deliver(folder: Path, **feeds: str | list[dict[str, str]]) -> None:
    """Import tables of text; a code column gives the name too where one is required."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.csv"):
        path.unlink()
    for feed, given in feeds.items():
        rows = table_rows(given) if isinstance(given, str) else given
        rows = [_named(feed, row) for row in rows]
        with (folder / f"{feed}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
            writer.writeheader()
            writer.writerows(rows)
    out, err = StringIO(), StringIO()
    try:
        call_command("import_facts", folder, json=True, stdout=out, stderr=err)
    except SystemExit as error:
        raise AssertionError(out.getvalue()[:3000] + err.getvalue()[:1000]) from error


def _named(feed: str, row: dict[str, str]) -> dict[str, str]:
    """The row with what is required and can be made up: names, units, the first of several choices."""
    made = {**NAMED.get(feed, {}), **row}
    for column in FEEDS[feed].columns:
        if column.required and column.name not in made:
            if column.kind == "text":
                made[column.name] = made.get("code", "x")
            elif column.kind == "choice":
                made[column.name] = column.choices[0]
    return made


def compute(*, as_of: date = AS_OF, cause: str = "test", full: bool = False, **request: Any) -> Run:
    """Run what is stale (or the asked metrics) as of a day."""
    wished = runs.run_request(cause=cause, as_of=as_of, full=full, request=request)
    return runs.run_compute(wished.pk)
