"""`compute_metrics`: computes what is wanted, without a broker."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from metrics import runs
from metrics.management import arguments
from metrics.models import Run, Scope
from metrics.planning import ChunkPlan
from metrics.registry import metrics
from metrics.selectors import state


class Command(BaseCommand):
    help = "Compute metrics: what is stale, or everything with --full."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=arguments.period, metavar="P")
        parser.add_argument("--to", dest="last", type=arguments.period, metavar="P")
        parser.add_argument("--metric", dest="keys", action="append", default=[], choices=list(metrics()), metavar="K")
        parser.add_argument("--scope", dest="scopes", action="append", default=[], type=arguments.scope)
        parser.add_argument("--full", action="store_true", help="everything, from the month of the first fact")
        parser.add_argument("--as-of", type=arguments.day, metavar="DATE")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        run = runs.run_request(
            cause="compute_metrics",
            full=options["full"],
            as_of=options["as_of"],
            request=_request(options),
            by="command",
        )
        try:
            run = runs.run_compute(run.pk, progress=self._progress)
        except runs.RunFailed as error:
            raise CommandError(str(error)) from error
        answer = {
            "run_id": run.pk,
            "periods": len(state().periods),
            "metrics": len({key for raw in run.plan["chunks"] for key in ChunkPlan.load(raw).keys}),
            "values_written": run.values_written,
            "values_unchanged": run.values_unchanged,
            "seconds": round(run.seconds or 0.0, 3),
            "peak_rss_mb": round(run.peak_rss_mb or 0.0, 1),
        }
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write(
                _(
                    "Run %(run_id)s as of %(as_of)s: %(values_written)s values written, "
                    "%(values_unchanged)s unchanged, %(seconds)s s"
                )
                % {**answer, "as_of": run.as_of}
            )

    def _progress(self, run: Run) -> None:
        progress = runs.run_progress(run)
        ending = "\r" if sys.stderr.isatty() else "\n"
        self.stderr.write(f"{progress['done']}/{progress['total']}", ending=ending)


def _request(options: dict[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {}
    if options["keys"]:
        request["metrics"] = options["keys"]
    if options["scopes"]:
        wanted: dict[str, list[int]] = {}
        for kind, code in options["scopes"]:
            found = Scope.objects.filter(kind=kind, code=code).values_list("object_id", flat=True).first()
            if found is None:
                found = _object_id(kind, code)
            wanted.setdefault(kind, []).append(found)
        request["scopes"] = wanted
    for name, key in (("from", "first"), ("to", "last")):
        if options[key] is not None:
            request[name] = options[key].code
    return request


def _object_id(kind: str, code: str) -> int:
    """Id of a scope that no run has seen yet; refused when there is no such object."""
    from metrics.storage import scopes_ensure

    scopes_ensure()
    found = Scope.objects.filter(kind=kind, code=code).values_list("object_id", flat=True).first()
    if found is None:
        raise CommandError(f"there is no {kind} {code!r}")
    return found
