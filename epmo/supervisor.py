"""Runs the processes of ePMO side by side on one machine and stops them together. No Django here."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from epmo import children

# Celery finishes its tasks on SIGTERM and drops them on SIGQUIT; they are done again after the next start.
STOP: children.Stages = ((signal.SIGTERM, 5), (signal.SIGQUIT, 5))
RESTARTS = 5


def web_command(port: int, *, workers: int = 2, threads: int = 16, host: str = "127.0.0.1") -> list[str]:
    """The web server (docs/adr/0002)."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "epmo.wsgi:application", "--host", host]
    command += ["--port", str(port), "--workers", str(workers), "--blocking-threads", str(threads)]
    return [*command, "--no-access-log", "--log-level", "warning", "--workers-kill-timeout", "5"]


def worker_command(*, processes: int = 2, queues: str = "interactive,compute") -> list[str]:
    """A Celery worker; queues are served in the order in which they are named."""
    command = [sys.executable, "-m", "celery", "-A", "epmo", "worker", "-Q", queues, "-c", str(processes)]
    return [*command, "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]


def beat_command(folder: Path) -> list[str]:
    """Celery beat; what it remembers lies in the folder."""
    command = [sys.executable, "-m", "celery", "-A", "epmo", "beat", "--loglevel", "WARNING"]
    return [*command, "--schedule", str(folder / "beat-schedule"), "--pidfile="]


class Stopped(Exception):
    """Somebody asked us to stop."""


class ChildFailed(RuntimeError):
    """A child ended that should not have."""


@dataclass(slots=True)
class Supervisor:
    """Children in the order of their start; each dies with us, also on `kill -9`."""

    root: Path
    environment: dict[str, str]
    logs: Path
    report: Callable[[str], None]
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _commands: dict[str, list[str]] = field(default_factory=dict)
    _restarts: dict[str, int] = field(default_factory=dict)
    _stop_wanted: bool = False

    def listen(self) -> None:
        """Take Ctrl-C, SIGTERM and SIGHUP as the wish to stop."""
        for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(wanted, self._want_stop)

    def run(self, *arguments: str) -> int:
        """Run a management command to its end and return its exit code; raises Stopped."""
        process = children.start(
            [sys.executable, "manage.py", *arguments], death_signal=signal.SIGKILL, env=self.environment, cwd=self.root
        )
        try:
            while process.poll() is None:
                self.check()
                time.sleep(0.05)
        finally:
            if process.poll() is None:
                children.stop(process, ((signal.SIGTERM, 2),))
        return process.returncode

    def start(self, name: str, command: list[str]) -> None:
        """Start a child that stays; its output goes to a log of its name."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > 10_000_000:
            path.unlink()
        # Without broker and database, which die with us too, Celery may never finish its shutdown: end it at once.
        # Nothing is lost by it: unfinished work is done again.
        death_signal = signal.SIGTERM if name == "web" else signal.SIGKILL
        with path.open("ab") as log:
            self._running[name] = children.start(
                command, death_signal=death_signal, env=self.environment, cwd=self.root, output=log
            )
        self._commands[name] = command

    def check(self) -> None:
        """Raise Stopped when asked to stop; start again what ended by itself, a few times."""
        if self._stop_wanted:
            raise Stopped
        for name, process in list(self._running.items()):
            if process.poll() is None:
                continue
            self._restarts[name] = self._restarts.get(name, 0) + 1
            if self._restarts[name] > RESTARTS or name == "web":
                raise ChildFailed(f"{name} ended with {process.returncode}; see {self.logs / name}.log")
            self.report(f"{name} ended with {process.returncode} and is started again.")
            children.stop(process, ())  # what it left in its session
            self.start(name, self._commands[name])

    def stop(self) -> None:
        """Stop all children together: ask, insist, kill."""
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        for process in reversed(self._running.values()):
            children.stop(process, STOP)
        self._running.clear()

    def _want_stop(self, number: int, frame: object) -> None:
        self._stop_wanted = True
