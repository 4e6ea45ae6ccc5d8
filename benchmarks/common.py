"""What the benchmarks share: databases of their own, the made-up company, commands with time and memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-07-10"
STORED = ("metrics_series", "metrics_contribution")


def load() -> str:
    """Load of the machine and its processors, to judge the figures by."""
    return f"load {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} processors"


def free_processors() -> float:
    """Processors that other work leaves free, by the load of the last minute."""
    return max(0.0, len(os.sched_getaffinity(0)) - os.getloadavg()[0])


def take_turns(calls: Mapping[str, Callable[[], Any]], rounds: int, found: Mapping[str, dict[str, Any]]) -> None:
    """Make each call once a round, in turn, so that other load hits all alike; adds p50 and p95 in ms to `found`."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            times[name].append(1000 * (time.perf_counter() - started))
    for name, taken in times.items():
        found[name]["p50"], found[name]["p95"] = statistics.median(taken), sorted(taken)[int(0.95 * (rounds - 1))]


@contextmanager
def own_database(label: str) -> Iterator[str]:
    """A migrated database beside DATABASE_URL's, dropped at the end; answers its address (and sets DATABASE_URL)."""
    url = os.environ["DATABASE_URL"]
    name = f"epmo_bench_{label}_{os.getpid()}".lower()
    own = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    admin = connect(url)
    admin.cursor().execute(f'CREATE DATABASE "{name}"')
    os.environ.update(DATABASE_URL=own, EPMO_AS_OF=AS_OF)
    try:
        manage("migrate", "--skip-checks", "-v0")
        yield own
    finally:
        os.environ["DATABASE_URL"] = url
        admin.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.close()


@contextmanager
def company(size: str) -> Iterator[tuple[str, Path, float]]:
    """The made-up company of a size in a database of its own: (address, folder of its files, seconds of its import)."""
    with tempfile.TemporaryDirectory() as folder, own_database(size) as url:
        manage("seed_sample", "--size", size, "--as-of", AS_OF, "--out", folder)
        seconds, peak, output = manage("import_facts", folder, "--json")
        report = json.loads(output)
        assert report["status"] == "imported", report["errors"][:3]
        print(
            f"\n{size}: {facts_stored(url):,} facts, imported in {seconds:.1f} s, peak {peak:.0f} MB; {load()}",
            flush=True,
        )
        with connect(url) as made, made.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield url, Path(folder), seconds


def connect(url: str) -> Any:
    """A connection that commits by itself."""
    made = psycopg2.connect(url)
    made.autocommit = True
    return made


def ask(url: str, statement: str) -> Any:
    """The first column of the first row of an answer, None without one."""
    made = connect(url)
    with made.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    made.close()
    return row[0] if row else None


def facts_stored(url: str) -> int:
    """Rows of all fact tables."""
    names = ask(
        url,
        "SELECT string_agg(format('SELECT count(*) AS n FROM %I', table_name), ' UNION ALL ') FROM"
        " information_schema.columns WHERE column_name = 'deleted_at' AND table_name LIKE 'portfolio_%'",
    )
    return int(ask(url, f"SELECT sum(n) FROM ({names}) t"))


def forget_values(url: str) -> None:
    """Leave no stored value, as before the first computation."""
    ask(url, f"TRUNCATE {', '.join(STORED)}")


def run(command: Sequence[str], **environment: str) -> tuple[float, float, str]:
    """Run a command in the repository; seconds, peak memory in MB, what it printed."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, **environment}
        )
        assert process.stdout is not None
        output = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)} failed: {errors.read().decode()[-3000:]}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024, output.decode()


def manage(*arguments: str) -> tuple[float, float, str]:
    """Run a command of ours; seconds, peak memory in MB, what it printed."""
    return run([sys.executable, "manage.py", *arguments])


def child(module: str, *arguments: str) -> Any:
    """Run a module of the benchmarks in a process of its own; what it printed, as JSON, with its peak memory."""
    _seconds, peak, output = run([sys.executable, "-m", f"benchmarks.{module}", *arguments])
    return {**json.loads(output), "peak_mb": peak}


def spread(values: Sequence[float], unit: str = "s", digits: int = 2) -> str:
    """Median with range."""
    middle = statistics.median(values)
    if len(values) == 1:
        return f"{middle:.{digits}f} {unit}"
    return f"{middle:.{digits}f} {unit} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def say(label: str, figure: str, note: str = "") -> None:
    """One line of figures."""
    print(f"  {label:<58} {figure:<28} {note}".rstrip(), flush=True)


def django() -> None:
    """Set up Django for a child process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "epmo.settings")
    import django

    django.setup()
