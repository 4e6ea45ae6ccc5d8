"""What is at stake in a finding: points of the Customer Success Index, so that the weightiest is read first."""

from __future__ import annotations

from math import isfinite

from metrics.formulas.index import FACTOR_WEIGHT, FACTORS, goalpost_scores
from metrics.index import KEY as INDEX
from metrics.registry import Metric, metrics
from metrics.signals import SignalFound
from metrics.targets import Limit


def points_at_stake(signal: SignalFound) -> float:
    """About how many index points lie between a value and where it should be; 0 for what is no part of the index.

    Off target: to the target. Out of its limits: back to its centre. Restated: what the restatement moved. Counted
    as if every measure of the factor had a value and the factors were added, which is near enough to rank by.
    Example: a score of 40 that would be 80 on target, a third of the weight of its factor: 40 / 3 / 4 = 3.3.
    """
    other = _other(signal)
    if signal.value is None or other is None:
        return 0.0
    if signal.metric == INDEX:
        if signal.component and signal.component not in FACTORS:
            return 0.0
        gap = abs(other - signal.value) * (FACTOR_WEIGHT if signal.component else 1.0)
    else:
        entry = metrics()[signal.metric]
        if entry.index is None or signal.component:
            return 0.0
        now, then = goalpost_scores([signal.value, other], entry.index.worst, entry.index.best)
        gap = abs(float(then) - float(now)) * weight_in_factor(entry) * FACTOR_WEIGHT
    return gap if isfinite(gap) else 0.0


def weight_in_factor(entry: Metric) -> float:
    """Share of a metric in the listed weight of its factor, 0 when it is no part of the index."""
    if entry.index is None:
        return 0.0
    whole = sum(m.index.weight for m in metrics().values() if m.index is not None and m.factor == entry.factor)
    return entry.index.weight / whole


def _other(signal: SignalFound) -> float | None:
    """Where the value should be, or was."""
    if signal.source == "restatement":
        return signal.before
    if signal.source == "out_of_limits":
        return signal.centre
    return nearest(signal.green, signal.value)


def nearest(green: Limit | None, value: float | None) -> float | None:
    """The end of a target that a value would reach first."""
    if green is None or value is None:
        return None
    if isinstance(green, tuple):
        low, high = green
        return low if value < low else high
    return float(green)
