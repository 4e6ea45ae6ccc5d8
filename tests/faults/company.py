"""A company whose processes and servers may die: its own database, its processes, and what it has stored."""

import contextlib
import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psycopg2

from epmo import children
from epmo.supervisor import beat_command, web_command, worker_command
from tests.faults.breakable import Breakable
from tests.stack import ROOT, free_port

REFERENCE = ROOT / "tests" / "data" / "reference"
AS_OF = "2026-07-10"
# So that a short test need not wait as long as production does; drills keep the real ones.
IMPATIENT = {
    "EPMO_FAULT_STALE_SECONDS": "3",
    "EPMO_FAULT_HEARTBEAT_SECONDS": "0.5",
    "EPMO_FAULT_SWEEP_SECONDS": "1",
}
PATIENT = dict.fromkeys(IMPATIENT, "")
"""Production's own patience."""

PAUSE = 0.05
PATIENCE = 300.0  # machines may be busy; what a fault costs is measured by the drills

Cells = dict[str, dict[str, list[Any]]]


def cells_of(url: str) -> Cells:
    """Everything stored of measurements, but for the numbers of runs: table -> row -> columns.

    Rows are named by codes, because numbers may differ between databases.
    """
    found: Cells = {}
    for table, key, joins in (
        (
            "metrics_series",
            "concat_ws('|', c.metric, c.component, s.version, k.kind, k.code, s.year)",
            "JOIN metrics_component c ON c.id = s.component_id JOIN metrics_scope k ON k.id = s.scope_id",
        ),
        (
            "metrics_contribution",
            "concat_ws('|', s.method, o.code, coalesce(p.code, '(unattributed)'), s.year)",
            "JOIN portfolio_outcomes o ON o.id = s.outcome_id LEFT JOIN portfolio_projects p ON p.id = s.project_id",
        ),
    ):
        left_out = ["run", "component_id", "scope_id", "outcome_id", "project_id"]
        rows = ask(url, f"SELECT {key}, to_jsonb(s) - %s::text[] FROM {table} s {joins}", left_out)
        found[table] = {name: {column: plain(value) for column, value in row.items()} for name, row in rows}
    return found


def plain(value: Any) -> Any:
    """A stored column without the difference between an array of blanks and no array."""
    if value is None:
        return [math.nan] * 17
    if isinstance(value, list):
        return [float(item) if isinstance(item, str) else item for item in value]
    return value


def differences(found: Cells, wanted: Cells) -> list[str]:
    """What differs between two states, in words; empty when every cell is the same but for the rounding of sums."""
    said = []
    for table, rows in wanted.items():
        said += [f"{table} lacks {name}" for name in rows.keys() - found[table].keys()]
        said += [f"{table} has {name}" for name in found[table].keys() - rows.keys()]
        for name in rows.keys() & found[table].keys():
            for column, value in rows[name].items():
                if not alike(found[table][name][column], value):
                    said.append(f"{table} {name} {column}: {found[table][name][column]} instead of {value}")
    return said[:10]


def tail(path: Path) -> str:
    return path.read_text(errors="replace")[-3000:]


def alike(a: Any, b: Any) -> bool:
    if isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(b, float) or isinstance(a, float):
        return (a != a and b != b) or math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
    return bool(a == b)


def ask(url: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows of a query, over a connection of its own."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@dataclass(slots=True)
class Company:
    """Processes on a database of their own; `folder` holds logs, uploads, and what tests tell processes."""

    servers: Breakable
    database: str
    folder: Path
    environment: dict[str, str]
    nursery: Path
    own: dict[str, str] = field(default_factory=dict)
    """Variables of each Celery process."""
    processes: dict[str, int] = field(default_factory=dict)
    _hands: dict[str, IO[str]] = field(default_factory=dict)
    url: str = ""
    _hand_numbers: list[int] = field(default_factory=list)
    _started: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def database_url(self) -> str:
        return self.servers.database_url(self.database)

    @property
    def control(self) -> Path:
        return self.folder / "faults"

    # Processes

    def start(self, name: str, *, queues: str = "interactive,compute", processes: int = 2, **more: str) -> None:
        """Start a process: the name says which kind, `worker-2`, `beat-1`, `web`. `more` are variables.

        Variables of the settings need a process that imports anew, which takes seconds.
        """
        kind = name.split("-")[0]
        more = self.own | more
        if kind == "web":
            port = free_port()
            self.url = f"http://localhost:{port}"
            command = web_command(port, workers=1, threads=8)
        elif kind == "beat":
            folder = self.folder / name
            folder.mkdir(exist_ok=True)
            command = beat_command(folder)
        else:
            command = [*worker_command(processes=processes, queues=queues), "-n", f"{name}@{self.database}"]
        log = self.folder / f"{name}.log"
        if kind != "web" and all(variable.startswith("EPMO_FAULT_") for variable in more):
            arguments = command[command.index("celery") + 1 :]
            stream = self._born({"kind": "celery", "arguments": arguments, "log": str(log), "more": more})
            self.processes[name] = int(stream.readline())
            return
        if kind != "web":
            command[command.index("celery")] = "tests.faults.held"
        with log.open("ab") as output:
            child = children.start(
                command, death_signal=signal.SIGKILL, env={**self.environment, **more}, cwd=ROOT, output=output
            )
        self._started[child.pid] = child
        self.processes[name] = child.pid

    def _born(self, request: dict[str, Any]) -> IO[str]:
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(self.nursery))
        stream = client.makefile("rw")
        client.close()
        stream.write(json.dumps(request) + "\n")
        stream.flush()
        return stream

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """`kill -9` a process and all that it started."""
        pid = self.processes[name]
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            raise AssertionError(f"{name} had died by itself:\n{tail(self.folder / f'{name}.log')}") from None
        del self.processes[name]
        self.until_gone(pid)

    def stand_still(self, name: str) -> None:
        """Stop a process and all that it started, so that it neither works nor dies."""
        os.killpg(self.processes[name], signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        """Let it go on."""
        os.killpg(self.processes[name], signal.SIGCONT)

    def until_gone(self, pid: int, seconds: float = 30) -> float:
        """Wait until a process has ended; answers how long that took."""

        def is_gone() -> bool:
            if pid in self._started:
                return self._started[pid].poll() is not None
            return not Path(f"/proc/{pid}/cmdline").exists()

        return self.until(is_gone, f"process {pid} has ended", seconds)

    def pool(self, name: str) -> list[int]:
        """Numbers of the children of a worker."""
        pid = self.processes[name]
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> None:
        """End everything at once."""
        for pid in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        for pid in self._hand_numbers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for hand in self._hands.values():
            hand.close()

    # What happens inside

    def do(self, code: str, hand: str = "right") -> Any:
        """Run code in a Django process of the company; returns what it leaves in `answer`.

        Another hand is another process; each may be used by one thread.
        """
        if hand not in self._hands:
            self._hands[hand] = self._born({"kind": "hand", "log": str(self.folder / f"hand-{hand}.log")})
            self._hand_numbers.append(int(self._hands[hand].readline()))
        stream = self._hands[hand]
        stream.write(json.dumps(code) + "\n")
        stream.flush()
        said = json.loads(stream.readline() or '{"error": "the hand died"}')
        assert "error" not in said, said["error"]
        return said["answer"]

    def manage(self, *arguments: str) -> str:
        """Run a management command as a process of its own; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def ask(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a query on the company's database."""
        return ask(self.database_url, statement, *parameters)

    def one(self, statement: str, *parameters: Any) -> Any:
        """First cell of a query."""
        return self.ask(statement, *parameters)[0][0]

    def shadows(self) -> list[str]:
        """Shadow tables of runs, which none leaves behind."""
        return [row[0] for row in self.ask("SELECT relname FROM pg_class WHERE relname ~ '^metrics_.*_run[0-9]+$'")]

    def wish(self, *, full: bool = True) -> int:
        """Ask for a run, as a person does, and tell the workers."""
        return int(
            self.do(
                "from metrics import runs, tasks\n"
                f"run = runs.run_request(cause='fault test', full={full})\n"
                "tasks.advance.delay()\n"
                "answer = run.pk"
            )
        )

    def write(self, feed: str, header: list[str], *rows: list[str]) -> None:
        """Write facts through the one write path."""
        self.do(
            "from pathlib import Path; import csv, tempfile\n"
            "from connectors.services import import_paths\n"
            "with tempfile.TemporaryDirectory() as folder:\n"
            f"    path = Path(folder) / {feed + '.csv'!r}\n"
            "    with path.open('w', newline='') as file:\n"
            f"        csv.writer(file).writerows({[header, *rows]!r})\n"
            "    run, report = import_paths(paths=[path])\n"
            "assert report.status == 'imported', [p for p in report.problems]"
        )

    def import_update(self) -> None:
        """The second delivery of the reference set."""
        self.do(
            "from pathlib import Path\n"
            "from connectors.services import import_paths\n"
            f"run, report = import_paths(paths=[Path({str(REFERENCE / 'update' / 'facts')!r})])\n"
            "assert report.status == 'imported'"
        )

    # Telling processes what to do at a point

    def tell(self, what: str, point: str, text: str = "") -> None:
        """`hold`, `raise`, `kill`, `eat` or `spend` at a point of `held.point`."""
        (self.control / what / point).write_text(text)

    def untell(self, what: str, point: str) -> None:
        (self.control / what / point).unlink()

    def reached(self, point: str) -> list[int]:
        """Numbers of the processes that have come to a point."""
        return [int(path.name.rsplit(".", 1)[1]) for path in (self.control / "reached").glob(f"{point}.*")]

    def forget(self, point: str) -> None:
        """Forget who came to a point."""
        for path in (self.control / "reached").glob(f"{point}.*"):
            path.unlink()

    @contextlib.contextmanager
    def holding(self, point: str) -> Iterator[int]:
        """Wait until a process stands at a point; it goes on behind the block. Answers its number."""
        self.until(lambda: self.reached(point), f"a process at {point}")
        try:
            yield self.reached(point)[0]
        finally:
            self.untell("hold", point)

    # Waiting

    def until(self, claim: Callable[[], Any], what: str, seconds: float = PATIENCE) -> float:
        """Wait until it is so; answers how long that took. Fails with the ends of the logs."""
        start = time.monotonic()
        while True:
            try:
                if claim():
                    return time.monotonic() - start
            except psycopg2.OperationalError:
                pass  # a server that was stopped by the test
            if time.monotonic() - start > seconds:
                break
            time.sleep(PAUSE)
        logs = "".join(f"\n--- {path.name}\n{tail(path)}" for path in sorted(self.folder.glob("*.log")))
        raise AssertionError(f"not within {seconds} s: {what}\n{self.story()}{logs}")

    def story(self) -> str:
        """Runs and chunks as they stand."""
        runs = self.ask("SELECT id, state, cause, error, as_of, slot FROM metrics_run ORDER BY id")
        chunks = self.ask(
            "SELECT run_id, number, name, state, attempts, sent_at, error FROM metrics_runchunk ORDER BY 1, 2"
        )
        return "\n".join(map(str, [*runs, *chunks]))

    def run_state(self, run: int) -> str:
        return str(self.one("SELECT state FROM metrics_run WHERE id = %s", run))

    def until_published(self, run: int, seconds: float = PATIENCE) -> float:
        """Wait until a run is published; answers how long that took."""

        def is_over() -> bool:
            state = self.run_state(run)
            assert state != "failed", self.story()
            return state == "published"

        return self.until(is_over, f"run {run} published", seconds)

    def until_current(self, seconds: float = PATIENCE) -> float:
        """Wait until the newest published run has seen every write and nothing runs or waits."""
        return self.until(
            lambda: self.one(
                "SELECT NOT EXISTS (SELECT FROM metrics_run WHERE state IN ('wanted', 'running')) AND "
                "(SELECT max(id) FROM portfolio_changeset) = (SELECT changes_upto FROM metrics_run "
                "WHERE state = 'published' ORDER BY published_at DESC LIMIT 1)"
            ),
            "the values are of the newest facts",
            seconds,
        )

    def is_quiet(self) -> bool:
        """Whether no session is in a transaction."""
        return not self.one(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )

    def cells(self) -> Cells:
        return cells_of(self.database_url)
