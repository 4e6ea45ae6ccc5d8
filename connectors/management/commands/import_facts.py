"""`manage.py import_facts`: a folder, an archive, CSV files or workbooks become facts."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from connectors.reporting import Bar, errors_file, exit_code, report_json, report_text
from connectors.services import import_paths


class Command(BaseCommand):
    """Imports fact files; all or nothing, unless told to leave out bad rows."""

    requires_system_checks: Any = []
    help = "Imports a folder, a zip, CSV files named for their feed, or an XLSX whose sheets are feeds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments as the interface states them."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--dry-run", action="store_true", help="check everything, store nothing")
        parser.add_argument("--skip-bad-rows", action="store_true", help="leave out rows with errors, store the rest")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write all errors and warnings as CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, report, and exit 1 when the delivery was refused."""
        for path in options["paths"]:
            if not path.exists():
                raise CommandError(_("There is nothing at %(path)s.") % {"path": path}, returncode=2)
        with Bar(self.stderr) as bar:
            run, report = import_paths(
                paths=options["paths"],
                skip_bad_rows=options["skip_bad_rows"],
                dry_run=options["dry_run"],
                progress=bar.show,
            )
        if options["errors"]:
            errors_file(options["errors"], report)
        self.stdout.write(report_json(run, report) if options["json"] else report_text(run, report))
        if code := exit_code(report):
            raise SystemExit(code)
