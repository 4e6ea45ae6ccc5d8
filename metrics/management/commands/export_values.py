"""`export_values`: value records as CSV, JSON lines or Parquet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from metrics.exports import FORMATS
from metrics.management import arguments
from metrics.records import COLUMNS
from metrics.registry import metrics
from metrics.scopes import SCOPE_KINDS
from metrics.selectors import ValueQuery, values
from portfolio.rights import EVERYTHING
from portfolio.selectors.moments import one_moment


class Command(BaseCommand):
    help = "Write value records as the contract lists them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--metric", dest="keys", action="append", choices=list(metrics()), metavar="K")
        parser.add_argument("--scope-kind", action="append", choices=SCOPE_KINDS)
        parser.add_argument("--scope", action="append", metavar="CODE")
        parser.add_argument("--period", action="append", type=arguments.period, metavar="P")
        parser.add_argument("--from", dest="first", type=arguments.period, metavar="P")
        parser.add_argument("--to", dest="last", type=arguments.period, metavar="P")
        parser.add_argument("--components", action="store_true")
        parser.add_argument("--all-statuses", action="store_true")
        arguments.add_output(parser, FORMATS)

    @one_moment()
    def handle(self, **options: Any) -> None:
        if options["period"] and (options["first"] or options["last"]):
            raise CommandError("give either --period or --from and --to", returncode=2)
        query = ValueQuery(
            metrics=_all_or(options["keys"]),
            components=None if options["components"] else ("",),
            scope_kinds=_all_or(options["scope_kind"]),
            scopes=_all_or(options["scope"]),
            periods=_all_or(options["period"]),
            first=options["first"],
            last=options["last"],
            all_statuses=options["all_statuses"],
        )
        rows = (record.plain() for record in values(query, visible_to=EVERYTHING))
        arguments.write_out(self, COLUMNS, rows, options["format"], options["out"])


def _all_or(asked: list[Any] | None) -> tuple[Any, ...] | None:
    return tuple(asked) if asked else None
