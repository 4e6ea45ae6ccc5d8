"""Which signals of a scope become proposals: the worst few of each source, with the numbers they are worded from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

from metrics.periods import Period
from metrics.signals import SignalFound, signals
from portfolio.models import ChangeSet
from portfolio.rights import EVERYTHING

MOST: Final = {"off_target": 4, "out_of_limits": 3, "restatement": 3}
"""Proposals of one scope and quarter: more would not be read."""

KEPT: Final = ("value", "green", "direction", "low", "high", "centre", "rules", "cause", "status")


def signals_find(place: tuple[str, str], quarter: Period) -> list[SignalFound]:
    """Signals of one scope for a finished quarter, also restatements of the quarter before; off target first.

    Cost: about fifteen queries.
    """
    found = signals(quarter, visible_to=EVERYTHING, scopes=[place])
    earlier = signals(quarter.previous, visible_to=EVERYTHING, scopes=[place])
    restated = [
        signal
        for signal in (*found, *earlier)
        # A month of the quarter says nothing that the quarter does not.
        if signal.source == "restatement" and Period.parse(signal.period).kind == "quarter"
    ]
    return [
        *_few(found, "off_target"),
        *_few(found, "out_of_limits"),
        *restated[: MOST["restatement"]],
    ]


def _few(found: Sequence[SignalFound], source: str) -> list[SignalFound]:
    return [signal for signal in found if signal.source == source][: MOST[source]]


def signal_kept(signal: SignalFound, changes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a decision keeps of its signal, as JSON values."""
    plain = asdict(signal)
    kept = {name: plain[name] for name in KEPT if plain[name] not in (None, (), "")}
    kept = {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()}
    kept["period"] = signal.period
    kept["old" if signal.source == "restatement" else "previous"] = signal.before
    if signal.cause in changes:
        kept["change"] = changes[signal.cause]
    return kept


def changes_behind(causes: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Change sets that causes name, as a signal keeps them. Cost: one query when there are any."""
    numbers = {int(cause.removeprefix("change ")): cause for cause in causes if re.fullmatch(r"change \d+", cause)}
    found = ChangeSet.objects.in_bulk(numbers) if numbers else {}
    return {
        numbers[number]: {"number": number, "kind": change.kind, "on": change.at.date().isoformat()}
        for number, change in found.items()
    }
