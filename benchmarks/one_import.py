"""One row of one project in one month imported, again and again, in a warm process: seconds from commit to values.

    python -m benchmarks.one_import FOLDER FEED COLUMN ROUNDS [--celery]

Prints JSON. With --celery the values are computed by a worker that runs already; else by this process.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import django

django()

from django.core.management import call_command  # noqa: E402

from metrics import runs  # noqa: E402
from metrics.models import Run  # noqa: E402
from metrics.planning import last_change, last_whole_run  # noqa: E402


def main() -> None:
    """Change one number up and down, one import at a time."""
    folder, feed, column, rounds = sys.argv[1:5]
    by_worker = "--celery" in sys.argv
    with Path(folder, f"{feed}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names = list(reader.fieldnames or ())
        rows = [row for _, row in zip(range(50), reader, strict=False) if _is_free(row[column])]
    row = rows[-1]
    made, cells = [], 0
    for place in range(int(rounds) + 1):
        row[column] = _other(row[column], place)
        _import(feed, names, row)
        started = time.perf_counter()
        run = _by_worker() if by_worker else _here()
        if place:  # the first warms the process up
            made.append(time.perf_counter() - started)
            cells += run.values_written
    print(json.dumps({"seconds": made, "cells": cells / max(len(made), 1)}))


def _is_free(text: str) -> bool:
    """Whether the number can go one up or down (a severity lies between 1 and 4)."""
    return bool(text) and (2 <= float(text) <= 3 or float(text) > 10)


def _other(text: str, place: int) -> str:
    number = float(text)
    return str(int(number) + (-1 if place % 2 else 1)) if number.is_integer() else str(round(number + 1, 2))


def _import(feed: str, names: list[str], row: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with Path(folder, f"{feed}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerow(row)
        output = io.StringIO()
        call_command("import_facts", folder, "--json", stdout=output, stderr=io.StringIO())
    report = json.loads(output.getvalue())
    assert report["status"] == "imported", report


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
