"""`compute_relevance`: the verdict on every metric and feed, without a broker."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from metrics.formulas.relevance import DRAWS
from metrics.relevance import SEED, relevance_compute, relevance_list
from portfolio.rights import EVERYTHING

SHOWN = ("kind", "key", "advice", "reason", "n", "lag", "rho", "p", "q", "as_expected", "by_metrics")


class Command(BaseCommand):
    help = "Say of every metric and feed whether it moves with what customers achieve: keep, fix, stop collecting."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument("--draws", type=int, default=DRAWS, help="permutations, at least 999")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        if options["draws"] < DRAWS:
            raise CommandError(_("At least %(n)s draws are needed.") % {"n": DRAWS})
        if relevance_compute(seed=options["seed"], draws=options["draws"]) is None:
            raise CommandError(_("There are no published values yet, or another process is computing relevance."))
        rows = relevance_list(visible_to=EVERYTHING)
        if options["json"]:
            plain = [{name: getattr(row, name) for name in SHOWN} for row in rows]
            self.stdout.write(json.dumps({"seed": options["seed"], "draws": options["draws"], "relevance": plain}))
            return
        for row in rows:
            rho = "" if row.rho is None else f", rho {row.rho:.3f} at lag {row.lag}, q {row.q}"
            self.stdout.write(f"{row.kind} {row.key}: {row.advice} ({row.reason}), n {row.n}{rho}")
