"""The definitions of the catalogue (formulas, rules, edges in words) in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.translation import pgettext

from metrics.registry import Metric

CONTEXT: Final = "catalogue"
"""Sets short words of the catalogue (`none`, `same`, `sum`) apart from those of pages."""


def definition(text: str) -> str:
    """A text of the catalogue in the reader's language; names of columns, statuses and symbols stay as they are."""
    return pgettext(CONTEXT, text) if text else ""


def definitions_of(entry: Metric) -> Iterator[str]:
    """Every text of an entry that pages show and that is no title, reason, owner or component name."""
    sides = (entry.numerator.get("filter", ""), entry.denominator.get("filter", ""))
    formulas = (component.formula for component in entry.components.values())
    texts = (entry.formula, *sides, entry.period_rule, entry.roll_up, entry.n, entry.source, *entry.edges, *formulas)
    yield from (text for text in texts if text)
