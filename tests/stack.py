"""A whole running ePMO for tests: web server, Celery worker and beat as processes, on a database of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from epmo import children
from epmo.supervisor import STOP, beat_command, web_command, worker_command

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery staple"


@dataclass(slots=True)
class Stack:
    """Addresses of a running ePMO, and its processes."""

    url: str
    var: Path
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def manage(self, *arguments: str, check: bool = True, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a management command against the stack's database; raises with its output when it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert not check or done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def python(self, code: str) -> str:
        """Run code in the stack's Django shell and return what it prints."""
        return self.manage("shell", "-v0", "-c", code).stdout

    def make_user(self, name: str, role: str, password: str = PASSWORD) -> None:
        """Make a user of this role, or give the user this role."""
        self.python(
            "from django.contrib.auth.models import User\n"
            "from portfolio.rights import Role\n"
            "from portfolio.services.rights import role_set\n"
            f"user, made = User.objects.get_or_create(username={name!r})\n"
            f"user.set_password({password!r})\n"
            "user.save()\n"
            f"role_set(user=user, role=Role({role!r}))"
        )

    def start(self, name: str) -> None:
        """Start `web`, `worker` or `beat`; waits until the web server answers."""
        log = (self.var / f"{name}.log").open("ab")
        self.processes[name] = children.start(
            self.command(name), death_signal=signal.SIGKILL, env=self.environment, cwd=ROOT, output=log
        )
        if name == "web":
            wait_for(self.url + "/healthz", self.processes[name], self.var / "web.log")

    def kill(self, name: str) -> None:
        """`kill -9` the process and all that it started."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Stop every process."""
        for process in self.processes.values():
            children.stop(process, STOP)
        self.processes.clear()

    def command(self, name: str) -> list[str]:
        """The command line of one process."""
        return {
            "web": web_command(int(self.url.rsplit(":", 1)[1]), workers=1, threads=4),
            "worker": worker_command(),
            "beat": beat_command(self.var),
        }[name]


def make_stack(var: Path, *, database_url: str, redis_url: str, more: Mapping[str, str] | None = None) -> Stack:
    """A stack on these servers with an empty, migrated database; nothing is started yet."""
    url = f"http://localhost:{free_port()}"
    environment = {
        **os.environ,
        "EPMO_MODE": "demo",
        "EPMO_VAR": str(var),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "EPMO_QUEUE_PREFIX": f"{var.name}-",
        "EPMO_LOG_LEVEL": "WARNING",
        **(more or {}),
    }
    environment.pop("CACHE_URL", None)
    stack = Stack(url, var, environment)
    stack.manage("migrate", "-v0")
    return stack


def make_database(url: str, name: str) -> str:
    """Make an empty database beside the one that the address names; returns its address."""
    drop_database(url, name)
    _admin(url, "CREATE DATABASE {}", name)
    head, _, query = url.partition("?")
    return head.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")


def drop_database(url: str, name: str) -> None:
    """Drop a database that a test made."""
    _admin(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _admin(url: str, statement: str, name: str) -> None:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
    finally:
        connection.close()


def free_port() -> int:
    """A port of localhost that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    """Wait until an address answers; fails with the end of the log."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} does not answer:\n" + log.read_text(errors="replace")[-3000:])


def wait_until(claim: Any, seconds: float = 30, every: float = 0.1) -> None:
    """Wait until a function answers true; fails with its name."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if claim():
            return
        time.sleep(every)
    raise AssertionError(f"{getattr(claim, '__name__', claim)} did not come true within {seconds} s")
