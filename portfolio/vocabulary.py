"""Words that facts may use and that another package defines: the metric names of the catalogue.

`metrics` registers them when Django starts, because nothing here may import it.
"""

from collections.abc import Mapping
from types import MappingProxyType

_metrics: Mapping[str, bool] | None = None


def metrics_register(directions: Mapping[str, str]) -> None:
    """Make the metric names known: name -> direction ("higher", "lower" or "range")."""
    global _metrics
    _metrics = MappingProxyType({name: direction == "range" for name, direction in directions.items()})


def metric_names() -> frozenset[str] | None:
    """The metric names of the catalogue; None while no catalogue is registered (then none is refused)."""
    return None if _metrics is None else frozenset(_metrics)


def is_range_metric(name: str) -> bool:
    """Whether the best values of the metric lie inside a range."""
    return bool(_metrics and _metrics.get(name))
