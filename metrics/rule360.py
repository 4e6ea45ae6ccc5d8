"""Money is never shown alone: whether figures of the financial family stand beside the other families."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from metrics.registry import FAMILIES, metrics

OTHERS: Final = tuple(family for family in FAMILIES if family != "financial")
COMPLETE: Final = "complete"
INCOMPLETE: Final = "incomplete_360"


@dataclass(frozen=True, slots=True)
class Rule360:
    """Answer of the rule for one scope and period; `missing` are families, in the catalogue's order."""

    status: str
    missing: tuple[str, ...]

    def plain(self) -> dict[str, object]:
        return {"status": self.status, "missing": list(self.missing)}


def rule_360(scope_kind: str, usable: Iterable[str], usable_at_enterprise: Iterable[str]) -> Rule360:
    """The rule over all headlines of a scope and period, given the metrics with a usable value.

    Longevity may be read at enterprise when the scope has none.
    """
    here = {metrics()[key].family for key in usable}
    if scope_kind != "enterprise" and "longevity" not in here:
        here |= {"longevity"} & {metrics()[key].family for key in usable_at_enterprise}
    missing = tuple(family for family in OTHERS if family not in here)
    return Rule360(INCOMPLETE if missing else COMPLETE, missing)


def financial_count(usable: Iterable[str]) -> int:
    """How many of the metrics with a usable value are of the financial family."""
    return sum(metrics()[key].family == "financial" for key in usable)


def context_keys(usable: Mapping[str, float | None]) -> dict[str, str]:
    """For each other family the metric that stands beside money: the first of the catalogue with a value."""
    found: dict[str, str] = {}
    for key, entry in metrics().items():
        if entry.family in OTHERS and usable.get(key) is not None:
            found.setdefault(entry.family, key)
    return found
