"""`demo`: a filled ePMO on this machine, from nothing, in one command."""

import contextlib
import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from epmo import children, env
from epmo.embedded import Servers, digest
from epmo.programs import ServerError
from epmo.supervisor import ChildFailed, Stopped, Supervisor, beat_command, web_command, worker_command

FIRST_PORT, LAST_PORT = 8000, 8099
COMPUTE = 3  # what demo_fill answers when values are still to be computed


class Command(BaseCommand):
    """Servers, sample company, computation, pages; stops all of it on Ctrl-C."""

    help = "Starts everything, loads the sample company, computes and serves it. PORT= and DATA= as in the README."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """PORT and DATA come from the environment as well, as make hands them on."""
        parser.add_argument("--port", type=int, default=env.integer("PORT", 0, maximum=65535))
        parser.add_argument("--data", default=env.text("DATA", ""), help="a folder of fact files instead of the sample")
        parser.add_argument("--end-with-parent", action="store_true", help="stop when the calling process ends")

    def handle(self, *, port: int, data: str, end_with_parent: bool, **options: Any) -> None:
        """Runs until it is stopped; raises CommandError when something cannot be started."""
        if settings.PRODUCTION:
            raise CommandError("demo serves made-up data without TLS; it does not run with EPMO_MODE=production.")
        source = Path(data).expanduser().resolve() if data else None
        if source is not None and not source.exists():
            raise CommandError(f"DATA={data} does not exist.")
        if end_with_parent:
            children.die_with_parent(signal.SIGTERM)
        port = self._port(port)
        settings.VAR.mkdir(parents=True, exist_ok=True)
        supervisor = Supervisor(settings.BASE_DIR, dict(os.environ), settings.VAR, self.stderr.write)
        supervisor.listen()
        try:
            with self._servers(source) as urls:
                supervisor.environment |= urls
                self._run(supervisor, port, source)
        except Stopped:
            self.stdout.write("Stopped.")
        except (ChildFailed, ServerError) as error:
            raise CommandError(str(error)) from error

    def _run(self, supervisor: Supervisor, port: int, source: Path | None) -> None:
        start = time.monotonic()
        state = State.read(settings.VAR, supervisor.environment["DATABASE_URL"], source)
        supervisor.environment |= {
            "EPMO_MODE": "demo",
            "EPMO_AS_OF": state.as_of.isoformat(),
            "EPMO_STATIC_COLLECTED": "true",
            "PYTHONUNBUFFERED": "1",
        }
        try:
            arguments = ["--state", str(state.path), *(["--data", str(source)] if source else [])]
            filled = supervisor.run("demo_fill", *arguments)
            if filled not in (0, COMPUTE):
                raise ChildFailed("The data could not be loaded; the reason stands above.")
            supervisor.start("web", web_command(port))
            supervisor.start("worker", worker_command())
            supervisor.start("beat", beat_command(settings.VAR))
            if filled == COMPUTE and supervisor.run("demo_fill", "--wait"):
                self.stderr.write("Not every value could be computed; the data page says why.")
            if filled == COMPUTE and source is None:
                supervisor.run("demo_people")
            self._wait_for_web(supervisor, port)
            self._greet(port, state, time.monotonic() - start)
            while True:
                supervisor.check()
                time.sleep(0.2)
        finally:
            supervisor.stop()

    @contextlib.contextmanager
    def _servers(self, source: Path | None) -> Iterator[dict[str, str]]:
        """The servers that the environment names, else embedded ones for as long as we run."""
        given = {name: env.secret(name, "") for name in ("DATABASE_URL", "REDIS_URL")}
        if all(given.values()):
            yield given
            return
        # Each folder of facts has a database of its own beside the sample's.
        number = 1 + int(digest(source), 16) % 7 if source else 0
        servers = Servers(settings.VAR, database=f"epmo_{digest(source)}" if source else "epmo", number=number)
        self.stdout.write("Starting PostgreSQL and Valkey ...")
        urls = servers.start(tied=True)
        try:
            yield urls | {name: url for name, url in given.items() if url}
        finally:
            servers.stop_own()

    def _wait_for_web(self, supervisor: Supervisor, port: int) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            supervisor.check()
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
            time.sleep(0.1)
        raise ChildFailed(f"The web server does not answer; see {settings.VAR / 'web.log'}")

    def _greet(self, port: int, state: "State", seconds: float) -> None:
        logins = json.loads(state.path.read_text(encoding="utf-8"))["logins"]
        lines = ["", f"ePMO is ready after {seconds:.0f} s: http://localhost:{port}/", "", "Log in as:"]
        lines += [f"  {name:<10} {password}" for name, password in logins.items()]
        lines += ["", f"As of {state.as_of}. The log-ins are kept in {state.path}.", "Ctrl-C stops everything.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def _port(self, wanted: int) -> int:
        for port in [wanted] if wanted else range(FIRST_PORT, LAST_PORT + 1):
            with contextlib.suppress(OSError), socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
                return port
        raise CommandError(f"Port {wanted or f'{FIRST_PORT} to {LAST_PORT}'} is in use. Choose another: PORT=9000")


class State:
    """What belongs to the loaded data and is kept beside it: its as-of day and the log-ins."""

    def __init__(self, path: Path, as_of: date) -> None:
        self.path, self.as_of = path, as_of

    @classmethod
    def read(cls, var: Path, database_url: str, source: Path | None) -> "State":
        """The kept state; at first EPMO_AS_OF or today."""
        # The address of embedded servers may differ between starts, their data do not.
        key = source or (Path(env.hide_password(database_url)) if env.secret("DATABASE_URL", "") else None)
        path = var / (f"demo-{digest(key)}.json" if key else "demo.json")
        kept = {}
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(path.read_text(encoding="utf-8"))
        as_of = settings.EPMO_AS_OF or datetime.now(UTC).date()
        with contextlib.suppress(KeyError, TypeError, ValueError):
            as_of = date.fromisoformat(kept["as_of"])
        path.touch(mode=0o600)
        path.write_text(json.dumps({"logins": {}, **kept, "as_of": as_of.isoformat()}, indent=2), encoding="utf-8")
        return cls(path, as_of)
