"""`restore FILE`: replace the database by a backup, verified."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from epmo.backups import BackupRefused, restore


class Command(BaseCommand):
    help = "Replace the whole connected database by the backup FILE and verify every table."
    requires_system_checks: Any = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, file: Path, **options: Any) -> None:
        try:
            tables = restore(file)
        except BackupRefused as error:
            raise CommandError(str(error)) from error
        rows = sum(table.rows for table in tables.values())
        self.stdout.write(
            _("Restored from %(file)s: %(tables)s tables, %(rows)s rows, verified")
            % {"file": file, "tables": len(tables), "rows": rows}
        )
