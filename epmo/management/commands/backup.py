"""`backup FILE`: the whole database in one verified file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from epmo.backups import BackupRefused, backup


class Command(BaseCommand):
    help = "Write the whole database to FILE, with a manifest of rows and checksums of the same moment."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, file: Path, **options: Any) -> None:
        if not file.resolve().parent.is_dir():
            raise CommandError(_("The folder of %(file)s does not exist.") % {"file": file})
        try:
            tables = backup(file.resolve())
        except BackupRefused as error:
            raise CommandError(str(error)) from error
        rows = sum(table.rows for table in tables.values())
        self.stdout.write(
            _("%(file)s: %(tables)s tables, %(rows)s rows, verified")
            % {"file": file, "tables": len(tables), "rows": rows}
        )
