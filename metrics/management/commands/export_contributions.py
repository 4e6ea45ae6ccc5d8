"""`export_contributions`: lines of the contribution ledger."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from metrics.contributions import COLUMNS, contribution_lines
from metrics.ledger import METHODS
from metrics.management import arguments
from metrics.selectors import state
from portfolio.rights import EVERYTHING
from portfolio.selectors.moments import one_moment


class Command(BaseCommand):
    help = "Write what each project was credited with, (unattributed) included."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", action="append", type=arguments.period, metavar="P")
        parser.add_argument("--method", choices=METHODS)
        arguments.add_output(parser, ("csv", "jsonl"))

    @one_moment()
    def handle(self, **options: Any) -> None:
        methods = (options["method"],) if options["method"] else METHODS
        periods = options["period"] or state().periods
        rows = (
            line.plain()
            for period in periods
            for method in methods
            for line in contribution_lines(period, visible_to=EVERYTHING, method=method)
        )
        arguments.write_out(self, COLUMNS, rows, options["format"], options["out"])
