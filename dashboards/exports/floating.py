"""A bridge as stacked columns, which is what native charts of office files can draw."""

from __future__ import annotations

from collections.abc import Sequence

from metrics.scorecards.content import Bridge


def floating(bridge: Bridge) -> list[tuple[float, float, float, float]]:
    """For each step of a bridge drawn as stacked columns: what is invisible below, mark, gain and loss."""
    steps = sorted(bridge.factors.items(), key=lambda pair: -pair[1])
    levels = [bridge.before]
    for _factor, points in steps:
        levels.append(levels[-1] + points)
    thick = max(max(levels) - min(levels), 1.0) * 0.025
    found = [(bridge.before - thick / 2, thick, 0.0, 0.0)]
    for (_factor, points), level in zip(steps, levels, strict=False):
        found.append((min(level, level + points), 0.0, max(points, 0.0), max(-points, 0.0)))
    return [*found, (bridge.after - thick / 2, thick, 0.0, 0.0)]


def floor_of(floats: Sequence[tuple[float, float, float, float]]) -> int:
    """Where the axis of a bridge begins: a round number below everything that is drawn."""
    lowest = min(line[0] for line in floats)
    return max(0, int(lowest // 5 * 5) - (5 if lowest % 5 < 1 else 0))
