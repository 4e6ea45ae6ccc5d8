"""Quarters that publishing closed: a later change of one of their values is a restatement."""

from __future__ import annotations

from metrics.models import Scorecard
from metrics.periods import Period


def closed_quarters() -> frozenset[str]:
    """Codes of the quarters whose enterprise scorecard is published, and of their months. Cost: one query."""
    codes = Scorecard.objects.filter(state=Scorecard.State.PUBLISHED, scope_kind="enterprise").values_list(
        "period", flat=True
    )
    found: set[str] = set()
    for code in codes:
        quarter = Period.parse(code)
        found |= {code, *(month.code for month in quarter.months())}
    return frozenset(found)
