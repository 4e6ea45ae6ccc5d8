"""A storm of faults: who breaks things at moments of chance, who writes meanwhile, and who reads."""

import contextlib
import csv
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg2

from tests.faults.company import Company
from tests.faults.reading import READ

Rows = tuple[list[str], list[str], list[str]]

LOOK = """
from collections import Counter
from django.db import DatabaseError, InterfaceError, connection
from pathlib import Path
import time
seen, refused = Counter(), 0
while not Path({stop!r}).exists():
    try:
        seen[look_at_one_moment()] += 1
    except (DatabaseError, InterfaceError):
        refused += 1
        connection.close()
        time.sleep(0.5)
answer = [seen, refused]
"""


def other_cost(files: Path) -> Rows:
    """The head of the plan and cost file, a row of May 2026, and that row with another cost."""
    with (files / "project_months.csv").open(newline="") as file:
        rows = csv.reader(file)
        head = next(rows)
        month, cost = head.index("month"), head.index("actual_cost")
        row = next(row for row in rows if row[month].startswith("2026-05") and row[cost])
    return head, row, [*row[:cost], str(float(row[cost]) + 1000), *row[cost + 1 :]]


class Writer:
    """Somebody who writes one row, then the other, whenever the values are of what was written last."""

    def __init__(self, company: Company, rows: Rows) -> None:
        self.stop = threading.Event()
        self.written = 0
        self._company = company
        self._head, *self._rows = rows

    def write(self, row: list[str]) -> None:
        """Write until it is stored: the same row twice is one row."""
        while True:
            try:
                self._company.write("project_months", self._head, row)
            except AssertionError as error:
                if not any(word in str(error) for word in ("OperationalError", "InterfaceError", "DatabaseError")):
                    raise
                with contextlib.suppress(AssertionError):
                    self._company.do("from django.db import connection; connection.close()")
                time.sleep(0.5)
            else:
                self.written += 1
                return

    def keep_writing(self) -> None:
        """Write until stopped."""
        while not self.stop.is_set():
            self.write(self._rows[(self.written + 1) % 2])
            while not self.stop.wait(1):
                with contextlib.suppress(AssertionError, psycopg2.OperationalError):
                    self._company.until_current(seconds=0)
                    break


class Reader:
    """Somebody who reads values, contributions and the index again and again."""

    def __init__(self, company: Company) -> None:
        self.known: set[str] = set()
        self.seen: Counter[str] = Counter()
        self.refused = 0
        self._company = company
        self._stop = company.folder / "stop"

    def learn(self) -> None:
        """Note what is read now as an answer of one run."""
        self.known.add(self._company.do(READ + "answer = look_at_one_moment()", hand="left"))

    def read(self) -> None:
        """Read until stopped; a database that is away is no answer."""
        seen, self.refused = self._company.do(LOOK.format(stop=str(self._stop)), hand="left")
        self.seen.update(seen)

    def stop(self) -> None:
        """Let `read` end."""
        self._stop.touch()


class Storm:
    """Breaks something every few seconds and notes how long it was until work went on."""

    def __init__(self, company: Company, chance: random.Random, start: Callable[[], None]) -> None:
        self.done: Counter[str] = Counter()
        self.waits: list[float] = []
        self._company = company
        self._chance = chance
        self._start = start

    def rage(self, seconds: float) -> None:
        """Go on for so long; then everything runs."""
        faults = [self._worker, self._child, self._everything, self._broker, self._messages, self._fast, self._crash]
        left: list[Callable[[], str]] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(self._chance.uniform(1, 6))
            if not left:
                left = self._chance.sample(faults, len(faults))
            begun = self._company.one("SELECT clock_timestamp()")
            at = time.monotonic()
            self.done[left.pop()()] += 1
            # The writer never rests, so there is always something to claim and to publish.
            self._company.until(
                lambda begun=begun: self._company.one(
                    "SELECT count(*) FROM metrics_run WHERE published_at > %s", begun
                ),
                "a run is published after a fault",
                300,
            )
            self.waits.append(time.monotonic() - at)

    def _worker(self) -> str:
        self._company.kill("worker-1")
        self._company.start("worker-1", processes=1)
        return "worker killed"

    def _child(self) -> str:
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(self._company.pool("worker-2")[0], signal.SIGKILL)
        return "pool child killed"

    def _everything(self) -> str:
        for name in list(self._company.processes):
            self._company.kill(name)
        self._start()
        return "all processes killed"

    def _broker(self) -> str:
        self._company.servers.valkey_kill()
        time.sleep(self._chance.uniform(0, 5))
        self._company.servers.valkey_start()
        return "broker killed"

    def _messages(self) -> str:
        self._company.servers.valkey_empty()
        return "messages lost"

    def _fast(self) -> str:
        self._company.servers.postgres_restart("fast")
        return "database restarted"

    def _crash(self) -> str:
        self._company.servers.postgres_restart("immediate")
        return "database crashed"
