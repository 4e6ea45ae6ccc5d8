"""`list_metrics`: the catalogue; also writes docs/metrics.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from metrics.catalogue_page import catalogue_markdown, metric_plain
from metrics.registry import metrics


class Command(BaseCommand):
    help = "List the metrics of the catalogue and write docs/metrics.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--check", action="store_true", help="only say whether docs/metrics.md is current")

    def handle(self, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / "docs" / "metrics.md"
        text = catalogue_markdown()
        is_current = page.exists() and page.read_text(encoding="utf-8") == text
        if options["check"]:
            if not is_current:
                self.stderr.write("docs/metrics.md is stale: run python manage.py list_metrics")
                raise SystemExit(1)
            return
        if not is_current and page.parent.is_dir():
            page.write_text(text, encoding="utf-8")
        if options["json"]:
            self.stdout.write(orjson.dumps({"metrics": [metric_plain(entry) for entry in metrics().values()]}).decode())
            return
        for key, entry in metrics().items():
            self.stdout.write(f"{key:40} {entry.family:15} {entry.factor:12} {entry.title}")
