"""Which signals of a scope become proposals: the worst few of each source, with the numbers they are worded from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

from metrics.decisions.stakes import points_at_stake
from metrics.periods import Period
from metrics.signals import HIGHEST, SignalFound, signals
from portfolio.models import ChangeSet
from portfolio.rights import EVERYTHING

MOST: Final = {"off_target": 4, "out_of_limits": 3, "restatement": 3}
"""Proposals of one scope and quarter: more would not be read."""

KEPT: Final = ("value", "green", "direction", "low", "high", "centre", "rules", "cause", "status")


def signals_find(place: tuple[str, str], quarter: Period) -> list[SignalFound]:
    """Signals of one scope for a finished quarter, also restatements of the quarter before; off target first.

    Of one measure only the first: off target says more than out of its limits. Cost: about fifteen queries.
    """
    found = signals(quarter, visible_to=EVERYTHING, scopes=[place])
    earlier = signals(quarter.previous, visible_to=EVERYTHING, scopes=[place])
    restated = [
        signal
        for signal in (*found, *earlier)
        # A month of the quarter says nothing that the quarter does not.
        if signal.source == "restatement" and Period.parse(signal.period).kind == "quarter"
    ]
    missed = _few([signal for signal in found if signal.source == "off_target"], "off_target")
    told = {(signal.metric, signal.component) for signal in found if signal.source == "off_target"}
    strange = [
        signal for signal in found if signal.source == "out_of_limits" and (signal.metric, signal.component) not in told
    ]
    return [*missed, *_few(strange, "out_of_limits"), *restated[: MOST["restatement"]]]


def _few(found: Sequence[SignalFound], source: str) -> list[SignalFound]:
    """The weightiest, each measure once."""
    once = {(signal.metric, signal.component): signal for signal in reversed(found)}
    ordered = sorted(once.values(), key=lambda signal: (-points_at_stake(signal), signal.rank))
    return ordered[: MOST[source]]


def signal_kept(signal: SignalFound, changes: dict[str, dict[str, Any]], share: float = 1.0) -> dict[str, Any]:
    """What a decision keeps of its signal, as JSON values; `share` is what the scope is of the enterprise."""
    plain = asdict(signal)
    kept = {name: plain[name] for name in KEPT if plain[name] not in (None, (), "")}
    kept = {name: list(value) if isinstance(value, tuple) else value for name, value in kept.items()}
    kept["period"] = signal.period
    points = points_at_stake(signal)
    kept |= {"points": points, "stake": points * share, "severity": min(signal.severity, HIGHEST)}
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
