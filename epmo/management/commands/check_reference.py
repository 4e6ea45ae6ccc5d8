"""`check_reference FOLDER`: import, compute and compare a published company in a database of its own."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _

from metrics import runs
from metrics.management import arguments
from metrics.reference import Comparison, read_rows, row_difference
from metrics.reference_files import compare_folder, compare_update, grouped

REPORTED = ("file", "line", "column", "code", "severity")


class Command(BaseCommand):
    help = "Import FOLDER/facts into a scratch database, compute, and compare with every result file in FOLDER."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--as-of", type=arguments.day, default="2026-07-10", metavar="DATE")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--here", action="store_true", help="use the connected database, which must be empty")

    def handle(self, **options: Any) -> None:
        folder: Path = options["folder"]
        if not (folder / "facts").is_dir():
            raise CommandError(_("%(folder)s has no folder facts.") % {"folder": folder})
        if not options["here"]:
            self._elsewhere(folder.resolve(), options)
            return
        comparisons = check_folder(folder, options["as_of"])
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {c.name: {"matched": c.matched, "total": c.total, "differs": c.differences} for c in comparisons}
                )
            )
        else:
            for comparison in comparisons:
                for difference in grouped(comparison.differences):
                    self.stdout.write(f"  {difference}")
                self.stdout.write(f"{comparison.name}: {comparison.matched}/{comparison.total}")
        if not all(comparison.is_complete for comparison in comparisons):
            raise SystemExit(1)

    def _elsewhere(self, folder: Path, options: dict[str, Any]) -> None:
        """Run the comparison in a process of its own on a scratch database, and drop that."""
        with scratch_database() as url:
            environment = {**os.environ, "DATABASE_URL": url}
            manage = [sys.executable, sys.argv[0]]
            subprocess.run([*manage, "migrate", "--verbosity", "0"], env=environment, check=True)
            arguments_ = ["check_reference", str(folder), "--here", "--as-of", str(options["as_of"])]
            done = subprocess.run([*manage, *arguments_, *(["--json"] if options["json"] else [])], env=environment)
        if done.returncode:
            raise SystemExit(done.returncode)


def check_folder(folder: Path, as_of: Any) -> list[Comparison]:
    """Import, compute and compare in the connected database; then the same after `update/` when there is one."""
    comparisons = check_first(folder, as_of)
    if (folder / "update" / "facts").is_dir():
        comparisons += check_update(folder, as_of)
    return comparisons


def check_first(folder: Path, as_of: Any) -> list[Comparison]:
    """Import the first delivery, compute everything, compare with every result file."""
    report = _import(folder / "facts")
    run = runs.run_request(cause="check_reference", full=True, as_of=as_of)
    runs.run_compute(run.pk)
    comparisons = compare_folder(folder)
    if (folder / "errors.csv").exists():
        comparisons.append(_compare_report(folder / "errors.csv", report))
    return comparisons


def check_update(folder: Path, as_of: Any) -> list[Comparison]:
    """Import the second delivery on top of the first, compute what is stale, compare."""
    _import(folder / "update" / "facts")
    runs.run_compute(runs.run_request(cause="check_reference update", as_of=as_of).pk)
    return compare_update(folder)


def _import(folder: Path) -> dict[str, Any]:
    out = StringIO()
    try:
        call_command("import_facts", folder, skip_bad_rows=True, json=True, stdout=out, stderr=StringIO())
    except SystemExit as error:
        raise CommandError(f"{folder}: {out.getvalue()[:2000]}") from error
    return json.loads(out.getvalue())


def _compare_report(path: Path, report: dict[str, Any]) -> Comparison:
    """The import's report against errors.csv: file, line, column, code and severity."""
    result = Comparison(path.name)
    found = [
        {name: str(error[name] if error[name] is not None else "") for name in REPORTED}
        for error in (*report["errors"], *report["warnings"])
    ]
    for row in read_rows(path):
        wanted = {name: row[name] for name in REPORTED}
        have = next((error for error in found if error == wanted), None)
        if have is not None:
            found.remove(have)
        result.add(" ".join(wanted.values()), row_difference(have, wanted, ()))
    for error in found:
        result.add(" ".join(error.values()), "is not expected")
    return result


@contextmanager
def scratch_database() -> Iterator[str]:
    """URL of a new, empty database on the connected server; dropped at the end. Needs CREATEDB."""
    name = f"epmo_reference_{secrets.token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield _with_database(os.environ.get("DATABASE_URL", ""), name)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _with_database(url: str, name: str) -> str:
    if not url:
        settings = connection.settings_dict
        host = settings["HOST"] or "localhost"
        login = f"{settings['USER']}{':' + settings['PASSWORD'] if settings['PASSWORD'] else ''}"
        if host.startswith("/"):
            return f"postgresql://{login}@/{name}?host={host}"
        return f"postgresql://{login}@{host}:{settings['PORT'] or 5432}/{name}"
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))
