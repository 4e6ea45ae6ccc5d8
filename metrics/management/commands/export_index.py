"""`export_index`: the customer success index, or what moved it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from metrics.index_values import CHANGE_COLUMNS, COLUMNS, index_changes, index_records
from metrics.management import arguments
from metrics.selectors import state
from portfolio.rights import EVERYTHING
from portfolio.selectors.moments import one_moment


class Command(BaseCommand):
    help = "Write the customer success index with factors and coverage, or with --changes what moved it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--changes", action="store_true")
        parser.add_argument("--period", action="append", type=arguments.period, metavar="P")
        arguments.add_output(parser, ("csv", "jsonl"))

    @one_moment()
    def handle(self, **options: Any) -> None:
        periods = options["period"] or state().periods
        if options["changes"]:
            changes = (line.plain() for line in index_changes(periods, visible_to=EVERYTHING))
            arguments.write_out(self, CHANGE_COLUMNS, changes, options["format"], options["out"])
        else:
            records = (record.plain() for record in index_records(periods, visible_to=EVERYTHING))
            arguments.write_out(self, COLUMNS, records, options["format"], options["out"])
