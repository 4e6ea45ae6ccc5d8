"""Computation at the sizes of the made-up company, with its floors in the same run; prints a table for the docs.

    DATABASE_URL=... REDIS_URL=... python -m benchmarks.bench_compute [--sizes S M L] [--rounds 1] [--workers]

Every size gets a database of its own beside the given one, dropped at the end. Measured: full computation against its
floor (the needed columns read once, grids, the same cells stored the fastest way; see floor_compute), peak memory,
nothing changed, everything again, one imported row until its values are new, readers, seconds per fact from size to
size, and with --workers two processes and two workers.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.bench_read import report as report_reads
from benchmarks.changes import CHANGES
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
    say,
    spread,
)

FEEDS: Final = tuple(CHANGES)
"""Feeds of which one row is imported."""

BY_WORKER: Final = ("project_months", "defects")
"""Feeds of which one row is also imported through a worker."""

VALUES: Final = (
    "SELECT count(*)::text || ' ' || sum(hash_record_extended(t, 0)::numeric)::text FROM (SELECT component_id, version,"
    " scope_id, year, value, numerator, denominator, n, state FROM metrics_series) t"
)
LONG_ABOVE: Final = 2_000_000
"""Facts above which what is shown at smaller sizes already is left out, so that all ends in a quarter of an hour."""


class Figures:
    """What was measured of one size: printed as it comes, and kept for the table."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}
        self.numbers: dict[str, float] = {}

    def put(self, label: str, figure: str, note: str = "", table: str = "") -> None:
        """Print a line; `table` says more in the table than the figure alone."""
        say(label, figure, note)
        self.lines[label] = table or figure


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["S", "M"], choices=["S", "M", "L"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--imports", type=int, default=3, help="imports of one row, each feed")
    parser.add_argument("--workers", action="store_true", help="also two processes and two workers")
    parser.add_argument("--here", type=Path, metavar="FOLDER", help="measure DATABASE_URL itself, which holds FOLDER")
    options = parser.parse_args()
    begun, first_load = time.monotonic(), load()
    if options.here is not None:
        os.environ["EPMO_AS_OF"] = AS_OF
        sizes = {"here": measure(os.environ["DATABASE_URL"], options.here, options)}
    else:
        sizes = {}
        for size in options.sizes:
            with company(size) as (url, folder, imported):
                sizes[size] = measure(url, folder, options)
                facts = f"{sizes[size].numbers['facts']:,.0f} in {imported:.1f} s"
                sizes[size].lines = {"facts imported": facts, **sizes[size].lines}
    print_table(sizes)
    print_line(sizes)
    print(f"\n{time.monotonic() - begun:.0f} s in all; at the beginning {first_load}, at the end {load()}")


def print_table(sizes: dict[str, Figures]) -> None:
    """All figures as a Markdown table, a column a size."""
    labels = list(dict.fromkeys(label for figures in sizes.values() for label in figures.lines))
    print(f"\n| what | {' | '.join(sizes)} |\n|---|{'---|' * len(sizes)}")
    for label in labels:
        print(f"| {label.strip()} | {' | '.join(figures.lines.get(label, '') for figures in sizes.values())} |")


def print_line(sizes: dict[str, Figures]) -> None:
    """How the cost grows: seconds a million facts, and how far the sizes lie from one line."""
    facts = np.array([figures.numbers["facts"] for figures in sizes.values()]) / 1e6
    seconds = np.array([figures.numbers["full"] for figures in sizes.values()])
    each = ", ".join(f"{size} {s / f:.1f} s" for size, s, f in zip(sizes, seconds, facts, strict=True))
    print(f"\nFull computation per million facts: {each}.")
    if len(sizes) > 2:
        slope, fixed = np.polyfit(facts, seconds, 1, w=1 / seconds)
        off = 100 * (seconds / (fixed + slope * facts) - 1)
        away = ", ".join(f"{size} {percent:+.0f} %" for size, percent in zip(sizes, off, strict=True))
        print(f"Line of {fixed:.1f} s and {slope:.1f} s a million facts; from it: {away} (goal: within 25 %).")


def measure(url: str, folder: Path, options: argparse.Namespace) -> Figures:
    """All figures of one size."""
    made = Figures()
    full: list[dict[str, float]] = []
    floors: list[dict[str, float]] = []
    for _ in range(options.rounds):
        forget_values(url)
        full.append(child("one_run", "--full"))
        floors.append(child("floor_compute"))
    seconds = [each["seconds"] for each in full]
    made.numbers |= {"facts": facts_stored(url), "full": min(seconds)}
    made.put("cells stored", f"{full[-1]['written']:,.0f}")
    made.put("full computation", spread(seconds), load())
    for step in ("read", "grids", "packed", "total"):
        name = "stored as packed bytes" if step == "packed" else step
        made.put(f"floor: {name}", spread([floor[step] for floor in floors]))
    ratios = [each / floor["total"] for each, floor in zip(seconds, floors, strict=True)]
    made.put("full computation against its floor", spread(ratios, "times"), "goal: at most 3")
    same_way = [each - floor["packed"] + floor["arrays"] for each, floor in zip(_totals(floors), floors, strict=True)]
    made.put("floor: the same with the cells stored as they lie", spread(same_way))
    made.put(
        "against that floor", spread([each / floor for each, floor in zip(seconds, same_way, strict=True)], "times")
    )
    made.put("peak memory", spread([each["peak_mb"] for each in full], "MB", 0), "goal: under 2,000")
    fresh = ask(url, VALUES)
    nothing = child("one_run")
    assert not nothing["written"]
    share = nothing["seconds"] / seconds[-1]
    text = f"{nothing['seconds']:.2f} s, {share:.4f} of the full one, 0 rows written"
    made.put("nothing changed", f"{nothing['seconds']:.2f} s", f"{share:.4f} of full; goal: under 0.1; 0 rows", text)
    if made.numbers["facts"] <= LONG_ABOVE:
        again = child("one_run", "--full")
        assert not again["written"]
        assert ask(url, VALUES) == fresh
        made.put("everything again over the same facts", f"{again['seconds']:.2f} s", "0 rows")
    for feed in FEEDS:
        one_row(made, folder, feed, options.imports)
    if options.workers:
        by_workers(made, url, folder, options.imports, seconds[-1], fresh)
    reads(made)
    return made


def _totals(floors: list[dict[str, float]]) -> list[float]:
    return [floor["total"] for floor in floors]


def one_row(made: Figures, folder: Path, feed: str, imports: int, *more: str) -> None:
    """One imported row of a feed, from its commit to new values of its project and all above it."""
    found = child("one_import", str(folder), feed, str(imports), *more)
    way = " through a Celery worker" if more else ""
    note = f"{found['cells']:.0f} cells; goal: under 2 s; {load()}"
    made.put(f"one row of {feed}{way}, commit to published", spread(found["seconds"]), note)


def by_workers(made: Figures, url: str, folder: Path, imports: int, one: float, fresh: str) -> None:
    """The same computation by two processes of a worker and by two workers, against one process; and an import.

    `one` and `fresh` are the seconds and the values of the one process, whose facts these are again.
    """
    ways = {"a worker with 2 processes": (2,)}
    if made.numbers["facts"] <= LONG_ABOVE:
        ways["two workers"] = (1, 1)
    for name, processes in ways.items():
        free = free_processors()
        with workers(*processes):
            forget_values(url)
            found = child("one_run", "--full", "--celery")
            assert ask(url, VALUES) == fresh, f"{name} gave other values than one process"
            text = (
                f"{found['seconds']:.2f} s, {one / found['seconds']:.2f} times as fast as one process, same values"
                f" ({free:.1f} of {len(os.sched_getaffinity(0))} processors free)"
            )
            made.put(f"full computation by {name}", text, f"at most {found['run_peak_mb']:.0f} MB a process")
            longest = max(found["chunks"], key=found["chunks"].get)
            share = found["chunks"][longest] / found["seconds"]
            text = f"{longest}, {found['chunks'][longest]:.2f} s, {share:.0%} of the whole"
            made.put(f"longest chunk by {name}", text, f"all chunks together {sum(found['chunks'].values()):.2f} s")
            if processes == (2,):
                for feed in BY_WORKER:
                    one_row(made, folder, feed, imports, "--celery")


def reads(made: Figures) -> None:
    """The values endpoint and the overview, each with its floor."""
    found = child("bench_read", "--child", "--requests", "20")
    report_reads(found)
    for name in ("values", "overview"):
        own, floor = found[name], found[f"{name} floor"]
        text = f"{own['p50']:.1f} ms ({own['p95']:.1f}), {own['p50'] / floor['p50']:.1f} times its floor"
        made.lines[f"{name}: median (p95), one process"] = text


@contextmanager
def workers(*processes: int) -> Iterator[None]:
    """Celery workers, each with so many processes, and one beat."""
    started: list[subprocess.Popen[bytes]] = []
    celery = [sys.executable, "-m", "celery", "-A", "epmo"]
    with open(os.devnull, "wb") as nowhere, tempfile.TemporaryDirectory() as folder:
        commands = [[*celery, "beat", "--schedule", f"{folder}/beat"]]
        for number, count in enumerate(processes):
            commands.append([*celery, "worker", "-Q", "interactive,compute", "-c", str(count), "-n", f"w{number}@%h"])
        try:
            started.extend(
                subprocess.Popen(command, cwd=ROOT, stdout=nowhere, stderr=nowhere, start_new_session=True)
                for command in commands
            )
            _wait_for(len(processes))
            yield
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(timeout=60)


def _wait_for(count: int) -> None:
    """Until so many workers answer."""
    ping = [sys.executable, "-m", "celery", "-A", "epmo", "inspect", "ping", "--timeout", "3", "--json"]
    for _ in range(20):
        answer = subprocess.run(ping, cwd=ROOT, capture_output=True, text=True, check=False).stdout
        if answer.count('"pong"') >= count:
            return
    raise SystemExit("the workers do not answer")


if __name__ == "__main__":
    main()
