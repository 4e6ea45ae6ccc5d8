"""`manage.py import_source`: files of another tool become facts through a connector."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from connectors.registry import Connector, connector_get, connector_list
from connectors.reporting import Bar, errors_file, exit_code, report_json, report_text
from connectors.services import import_paths


class Command(BaseCommand):
    """Imports through a connector; the import rules are the same as for fact files."""

    help = "Imports files of another tool through a connector; --list names the connectors."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments as the interface states them."""
        parser.add_argument("connector", nargs="?", metavar="CONNECTOR")
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
        parser.add_argument("--list", action="store_true", help="name the connectors and their options")
        parser.add_argument("--dry-run", action="store_true", help="check everything, store nothing")
        parser.add_argument("--skip-bad-rows", action="store_true", help="leave out rows with errors, store the rest")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write all errors and warnings as CSV")
        parser.add_argument("--option", action="append", default=[], metavar="KEY=VALUE", help="may be repeated")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, report, and exit 1 when the delivery was refused."""
        if options["list"]:
            for one in connector_list():
                self.stdout.write(f"{one.name}: {one.title} {' '.join(f'[{key}=]' for key in one.options)}".rstrip())
            return
        connector = connector_named(options["connector"])
        if not options["paths"]:
            raise CommandError(_("Name the files, folders or archives to import."), returncode=2)
        for path in options["paths"]:
            if not path.exists():
                raise CommandError(_("There is nothing at %(path)s.") % {"path": path}, returncode=2)
        with Bar(self.stderr) as bar:
            run, report = import_paths(
                paths=options["paths"],
                connector=connector.name,
                options=choices(connector, options["option"]),
                skip_bad_rows=options["skip_bad_rows"],
                dry_run=options["dry_run"],
                progress=bar.show,
            )
        if options["errors"]:
            errors_file(options["errors"], report)
        self.stdout.write(report_json(run, report) if options["json"] else report_text(run, report))
        if code := exit_code(report):
            raise SystemExit(code)


def connector_named(name: str | None) -> Connector:
    """Return the connector of a name. Wrong usage when there is none."""
    found = connector_get(name) if name else None
    if found is None:
        names = ", ".join(one.name for one in connector_list())
        raise CommandError(_("Name a connector: %(names)s.") % {"names": names}, returncode=2)
    return found


def choices(connector: Connector, given: list[str]) -> dict[str, str]:
    """Return the options by key. Wrong usage for one without `=` or that the connector does not know."""
    found: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or key not in connector.options:
            known = ", ".join(connector.options) or _("none")
            message = _("Option %(text)s: write key=value; %(name)s knows: %(known)s.")
            raise CommandError(message % {"text": text, "name": connector.name, "known": known}, returncode=2)
        found[key] = value
    return found
