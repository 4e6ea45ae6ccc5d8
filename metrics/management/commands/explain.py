"""`explain METRIC[:COMPONENT] KIND:CODE PERIOD`: one value with everything behind it."""

from __future__ import annotations

from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from metrics.explain import Explanation, NoSuchValue, Side, explain
from metrics.management import arguments
from portfolio.rights import EVERYTHING
from portfolio.selectors.moments import one_moment


class Command(BaseCommand):
    help = "Explain one value: formula, rows, feeds, version and run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("metric", metavar="METRIC[:COMPONENT]")
        parser.add_argument("scope", type=arguments.scope, metavar="KIND:CODE")
        parser.add_argument("period", type=arguments.period, metavar="PERIOD")
        parser.add_argument("--json", action="store_true")

    @one_moment()
    def handle(self, **options: Any) -> None:
        key, _, component = options["metric"].partition(":")
        kind, code = options["scope"]
        try:
            found = explain(key, component, kind, code, options["period"], visible_to=EVERYTHING)
        except NoSuchValue as error:
            raise CommandError(f"there is no such value: {error}") from error
        if options["json"]:
            self.stdout.write(orjson.dumps(explanation_plain(found), default=str).decode())
            return
        record = found.record
        self.stdout.write(f"{found.metric.title} ({options['metric']}), {kind}:{code}, {record.period}")
        self.stdout.write(f"  {record.value if record.has_value else record.status} {record.reason} {record.unit}")
        self.stdout.write(f"  {found.words}\n  {found.symbols}")
        for name, side in (("numerator", found.numerator), ("denominator", found.denominator)):
            self.stdout.write(f"{name}: {side.total} from {side.count} rows ({side.description})")
            for line in side.constants:
                self.stdout.write(f"  {line.text}: {line.amount:.10g}")
            for row in side.rows:
                self.stdout.write(f"  {row.feed} {row.key} adds {row.weight:.10g} ({row.file}:{row.line})")
        for feed in found.feeds:
            self.stdout.write(f"feed {feed.feed}: {feed.rows} rows, changed {feed.changed_at}")
        for missing in found.missing:
            self.stdout.write(f"missing: {missing.text}")
        self.stdout.write(f"definition version {record.version}, run {record.run}, as of {found.as_of}")


def explanation_plain(found: Explanation) -> dict[str, Any]:
    """An explanation as JSON values."""
    return {
        "record": found.record.plain(),
        "formula": {"words": found.words, "symbols": found.symbols},
        "numerator": side_plain(found.numerator),
        "denominator": side_plain(found.denominator),
        "feeds": [{"feed": f.feed, "rows": f.rows, "changed_at": f.changed_at} for f in found.feeds],
        "missing": [{"feed": m.feed, "text": m.text} for m in found.missing],
        "definition": {
            "version": found.metric.version,
            "title": found.metric.title,
            "why": found.metric.why,
            "source": found.metric.source,
            "edges": list(found.metric.edges),
        },
        "run": found.record.run,
        "as_of": found.as_of,
    }


def side_plain(side: Side) -> dict[str, Any]:
    """Rows behind one side as JSON values."""
    return {
        "feed": side.feed,
        "filter": side.description,
        "total": side.total,
        "count": side.count,
        "not_visible": side.hidden,
        "rows_are": side.rows_are,
        "rows_are_private": side.rows_are_private,
        "constants": [{"text": line.text, "amount": line.amount} for line in side.constants],
        "rows": [
            {
                "feed": row.feed,
                "key": row.key,
                "adds": row.weight,
                "row": row.cells,
                "file": row.file,
                "line": row.line,
                "import": row.import_id,
            }
            for row in side.rows
        ],
    }
