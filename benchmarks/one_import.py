"""One row of one project in one month imported, again and again, in a warm process: seconds from commit to values.

    python -m benchmarks.one_import FOLDER FEED ROUNDS [--celery]

Prints JSON. With --celery the values are computed by a worker that runs already; else by this process.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.common import django

django()

from django.core.management import call_command  # noqa: E402

from metrics import runs  # noqa: E402
from metrics.models import Run  # noqa: E402
from metrics.planning import last_change, last_whole_run  # noqa: E402


def _one_more(text: str) -> str:
    return str(round(float(text) + 1.0, 2))


def _one_less(text: str) -> str:
    return str(round(float(text) - 1.0, 2))


CHANGES: Final[dict[str, tuple[str, Callable[[str], bool], Callable[[str], str], Callable[[str], str]]]] = {
    "project_months": ("actual_cost", lambda text: bool(text) and float(text) > 10, _one_more, _one_less),
    "person_months": ("hours", lambda text: bool(text) and float(text) > 10, _one_more, _one_less),
    "defects": ("validity", lambda text: text == "valid", lambda _: "duplicate", lambda _: "valid"),
    "survey_responses": ("score", lambda text: bool(text) and 3 <= float(text) <= 4, _one_more, _one_less),
}
"""By feed: the column that is changed, which rows may be taken, and the change forth and back."""


def main() -> None:
    """Change one number up and down, one import at a time."""
    folder, feed, rounds = sys.argv[1:4]
    by_worker = "--celery" in sys.argv
    column, is_free, forth, back = CHANGES[feed]
    with Path(folder, f"{feed}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names = list(reader.fieldnames or ())
        row = next(row for row in reader if is_free(row[column]))
    made, cells, place = [], [], 0
    # One more than asked, which warms up, and an even number: the facts end as they were.
    while len(made) <= int(rounds) or len(made) % 2:
        row[column] = (back if place % 2 else forth)(row[column])
        place += 1
        if not _import(feed, names, row):
            continue  # an earlier run of the benchmark left the row so
        started = time.perf_counter()
        run = _by_worker() if by_worker else _here()
        made.append(time.perf_counter() - started)
        cells.append(run.values_written)
    assert all(cells), "the imports changed no value"
    print(json.dumps({"seconds": made[1:], "cells": sum(cells[1:]) / len(cells[1:])}))  # the first one warms up


def _import(feed: str, names: list[str], row: dict[str, str]) -> bool:
    """Import a file of one row; whether it changed anything."""
    with tempfile.TemporaryDirectory() as folder:
        with Path(folder, f"{feed}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerow(row)
        before, output = last_change(), io.StringIO()
        call_command("import_facts", folder, "--json", stdout=output, stderr=io.StringIO())
    report = json.loads(output.getvalue())
    assert report["status"] == "imported", report
    return last_change() > before


def _here() -> Run:
    wanted = runs.facts_changed()
    assert wanted is not None
    return runs.run_compute(wanted.pk)


def _by_worker() -> Run:
    upto = last_change()
    until = time.monotonic() + 300
    while time.monotonic() < until:
        run = last_whole_run()
        if run is not None and run.changes_upto >= upto:
            return run
        time.sleep(0.01)
    raise SystemExit("no worker computed the change")


if __name__ == "__main__":
    main()
