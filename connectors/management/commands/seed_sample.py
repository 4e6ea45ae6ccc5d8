"""Writes the made-up company as fact files."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from connectors.sample.company import company_write
from connectors.sample.sizes import SIZES


class Command(BaseCommand):
    """`seed_sample [--size demo|S|M|L] [--as-of DATE] [--out DIR]`."""

    help = "Writes the made-up company as fact files that end at DATE; the same bytes for the same arguments."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments of the contract."""
        parser.add_argument("--size", choices=list(SIZES), default="demo")
        parser.add_argument("--as-of", type=date.fromisoformat, default=None, help="default: today")
        parser.add_argument("--out", type=Path, default=None, help="default: var/sample-SIZE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files and say where they are; progress goes to standard error."""
        size, as_of = options["size"], options["as_of"] or datetime.now(tz=UTC).date()
        folder = options["out"] or Path("var") / f"sample-{size}"
        started = time.monotonic()
        rows = company_write(size=size, as_of=as_of, folder=folder, progress=self.say)
        text = _("%(rows)s rows of %(feeds)s feeds in %(folder)s (%(seconds).1f s)")
        seconds = time.monotonic() - started
        figures = {"rows": f"{sum(rows.values()):,}", "feeds": len(rows), "folder": folder, "seconds": seconds}
        self.stdout.write(text % figures)

    def say(self, feed: str, rows: int) -> None:
        """Print one line of progress."""
