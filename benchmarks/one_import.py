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
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.changes import CHANGES, Change
from benchmarks.common import django

django()

from django.core.management import call_command  # noqa: E402

from metrics import runs  # noqa: E402
from metrics.models import Run  # noqa: E402
from metrics.planning import last_change, last_whole_run  # noqa: E402

CANDIDATES: Final = 10
"""Rows that are tried until one is found of which a value depends."""


def main() -> None:
    """Change one number up and down, one import at a time."""
    folder, feed, rounds = sys.argv[1:4]
    compute = _by_worker if "--celery" in sys.argv else _here
    change = CHANGES[feed]
    for row in _candidates(Path(folder, f"{feed}.csv"), change):
        made = _measured(feed, row, change, compute, int(rounds))
        if made:
            seconds, cells = zip(*made, strict=True)
            print(json.dumps({"seconds": seconds, "cells": sum(cells) / len(cells)}))
            return
    raise SystemExit("the imports changed no value")


def _candidates(path: Path, change: Change) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        free = (row for row in csv.DictReader(file) if change.is_free(row[change.column]))
        return list(islice(free, 0, 20 * CANDIDATES, 20))


def _measured(
    feed: str, row: dict[str, str], change: Change, compute: Callable[[], Run], rounds: int
) -> list[tuple[float, int]]:
    """Seconds and changed cells of each import; none when no value depends on the row."""
    made: list[tuple[float, int]] = []
    place = 0
    # One more than asked, which warms up, and an even number: the facts end as they were.
    while len(made) <= rounds or len(made) % 2:
        row[change.column] = (change.back if place % 2 else change.forth)(row[change.column])
        place += 1
        if not _import(feed, row):
            continue  # an earlier run of the benchmark left the row so
        started = time.perf_counter()
        run = compute()
        made.append((time.perf_counter() - started, run.values_written))
        if len(made) == 2 and not any(cells for _, cells in made):
            return []
    return made[1:]


def _import(feed: str, row: dict[str, str]) -> bool:
    """Import a file of one row; whether it changed anything."""
    with tempfile.TemporaryDirectory() as folder:
        with Path(folder, f"{feed}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row))
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
