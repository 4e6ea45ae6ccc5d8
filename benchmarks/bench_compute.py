"""Computation at the sizes of the made-up company, with its floors in the same run.

    DATABASE_URL=... REDIS_URL=... python -m benchmarks.bench_compute [--sizes S M L] [--rounds 1] [--workers]

Every size gets a database of its own beside the given one, dropped at the end. Printed: full computation against its
floor (the needed columns read once, grids, the same cells stored with the same indexes), peak memory, nothing changed,
one imported row until its values are new, seconds per fact from size to size, and with --workers one and two workers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.common import (
    AS_OF,
    ROOT,
    ask,
    child,
    company,
    facts_stored,
    forget_values,
    free_processors,
    load,
    manage,
    say,
    spread,
)

ONE_ROW = (("project_months", "actual_cost"), ("defects", "severity"), ("person_months", "hours"))
VALUES = (
    "SELECT count(*)::text || ' ' || sum(hash_record_extended(t, 0)::numeric)::text FROM (SELECT component_id, version,"
    " scope_id, year, value, numerator, denominator, n, state FROM metrics_series) t"
)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["S", "M"], choices=["S", "M", "L"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--imports", type=int, default=3, help="imports of one row, each feed")
    parser.add_argument("--workers", action="store_true", help="also one and two workers")
    parser.add_argument("--here", type=Path, metavar="FOLDER", help="measure DATABASE_URL itself, which holds FOLDER")
    options = parser.parse_args()
    if options.here is not None:
        os.environ["EPMO_AS_OF"] = AS_OF
        measure(os.environ["DATABASE_URL"], options.here, options)
        return
    per_fact = {}
    for size in options.sizes:
        with company(size) as (url, folder):
            per_fact[size] = measure(url, folder, options)
    print()
    for size, (seconds, ratio) in per_fact.items():
        say(f"{size}: full computation per million facts", f"{seconds:.2f} s", f"{ratio:.2f} times its floor")


def measure(url: str, folder: Path, options: argparse.Namespace) -> tuple[float, float]:
    """All figures of one size; answers (seconds per million facts, ratio to the floor)."""
    full, floors, ratios, peaks = [], [], [], []
    for _ in range(options.rounds):
        forget_values(url)
        report, peak = compute("--full")
        floor = child("floor_compute")
        full.append(report["seconds"])
        floors.append(floor)
        ratios.append(report["seconds"] / floor["total"])
        peaks.append(peak)
    say("full computation", spread(full), f"{report['values_written']:,} cells; {load()}")
    for step in ("read", "grids", "store", "total"):
        say(f"  floor: {step}", spread([floor[step] for floor in floors]))
    say("full computation against its floor", spread(ratios, "times"), "goal: at most 3")
    say("peak memory of the computing process", spread(peaks, "MB", 0), "goal: under 2,000")
    before = ask(url, VALUES)
    report, _ = compute()
    assert not report["values_written"]
    share = report["seconds"] / full[-1]
    say("nothing changed", spread([report["seconds"]], "s"), f"{share:.3f} of the full one; goal: under 0.1; 0 rows")
    report, _ = compute("--full")
    assert not report["values_written"]
    assert ask(url, VALUES) == before
    say("nothing changed, everything computed again", spread([report["seconds"]], "s"), "0 rows")
    for feed, column in ONE_ROW:
        made = child("one_import", str(folder), feed, column, str(options.imports))
        note = f"{made['cells']:.0f} cells; goal: under 2 s; {load()}"
        say(f"one row of {feed}, commit to new values", spread(made["seconds"]), note)
    if options.workers:
        by_workers(url, folder, options.imports)
    return 1e6 * min(full) / facts_stored(url), min(ratios)


def compute(*arguments: str) -> tuple[Any, float]:
    """Run compute_metrics; (its report, peak memory in MB)."""
    _seconds, peak, output = manage("compute_metrics", "--as-of", AS_OF, "--json", *arguments)
    return json.loads(output), peak


def by_workers(url: str, folder: Path, imports: int) -> None:
    """The same computation by one worker process and by two, and imports through a worker."""
    seconds: dict[int, float] = {}
    values = set()
    for processes in (1, 2):
        free = free_processors()
        with worker(processes):
            forget_values(url)
            seconds[processes] = float(child("by_worker")["seconds"])
            values.add(ask(url, VALUES))
            say(
                f"full computation, worker with {processes} processes",
                f"{seconds[processes]:.2f} s",
                f"{free:.1f} free",
            )
            if processes == 2:
                feed, column = ONE_ROW[0]
                made = child("one_import", str(folder), feed, column, str(imports), "--celery")
                say(f"one row of {feed} through the worker", spread(made["seconds"]), load())
    assert len(values) == 1, "two workers gave other values than one"
    ratio = seconds[1] / seconds[2]
    say("one worker against two", f"{ratio:.2f} times", f"same values; goal: 1.6 with four free; {load()}")


@contextmanager
def worker(processes: int) -> Iterator[None]:
    """A Celery worker with so many processes."""
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "epmo",
        "worker",
        "-c",
        str(processes),
        "-Q",
        "interactive,compute",
    ]
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(command, cwd=ROOT, stdout=nowhere, stderr=nowhere, start_new_session=True)
        try:
            time.sleep(8)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


if __name__ == "__main__":
    main()
