"""Words that facts may use and that another package defines: the metric names of the catalogue.

`metrics` registers where to find them when Django starts, because nothing here may import it.
"""

from collections.abc import Callable, Mapping

Directions = Callable[[], Mapping[str, str]]

_directions: Directions | None = None


def metrics_register(directions: Directions | None) -> None:
    """Say where the metric names are found: a function giving name -> direction ("higher", "lower" or "range")."""
    global _directions
    _directions = directions


def metric_names() -> frozenset[str] | None:
    """The metric names of the catalogue; None while no catalogue is registered (then none is refused)."""
    return None if _directions is None else frozenset(_directions())


def is_range_metric(name: str) -> bool:
    """Whether the best values of the metric lie inside a range."""
    return _directions is not None and _directions().get(name) == "range"
