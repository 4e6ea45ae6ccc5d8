"""The catalogue in memory: every metric's entry (from its family's YAML) and its one formula.

Filled once at start (MetricsConfig.ready imports the family modules) and then only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from metrics.frame import Frame
from metrics.parts import Part

CATALOGUE: Final = Path(__file__).parent / "catalogue"
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
FAMILIES: Final = ("tactical", "value_creation", "longevity", "financial")
FACTORS: Final = ("quality", "performance", "value", "compliance")


class CatalogueError(ValueError):
    """An entry of the catalogue is incomplete, doubled, or has no formula."""


@dataclass(frozen=True, slots=True)
class Component:
    """A further figure of a metric; the headline has a blank name."""

    name: str
    formula: str
    unit: str
    direction: str


@dataclass(frozen=True, slots=True)
class Goalposts:
    """Where the index score of a metric is 0 (worst) and 100 (best), and its weight in its factor."""

    weight: float
    worst: float
    best: float


OUTCOME_SCOPES: Final = ("enterprise", "customer", "initiative")
"""Scopes that hold outcomes: what no project is credited with belongs to them."""

NARROWED: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("project_contribution", "unattributed"): OUTCOME_SCOPES,
    ("project_contribution", "unattributed_change"): OUTCOME_SCOPES,
    ("project_contribution", "attained_points"): OUTCOME_SCOPES,
    ("compliance_pass_rate", "standards_checked_share"): ("enterprise",),
}
"""Components that fewer kinds of scope have than their entry lists: what their text in the catalogue says."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry of the catalogue. `green` and `amber` are a number, a (low, high) pair, or None."""

    key: str
    title: str
    family: str
    factor: str
    unit: str
    direction: str
    green: float | tuple[float, float] | None
    amber: float | tuple[float, float] | None
    scopes: tuple[str, ...]
    minimum_n: int
    people_metric: bool
    owner_role: str
    why: str
    formula: str
    numerator: dict[str, str]
    denominator: dict[str, str]
    period_rule: str
    roll_up: str
    edges: tuple[str, ...]
    components: dict[str, Component]
    index: Goalposts | None
    source: str
    version: int
    n: str

    def component(self, name: str) -> Component:
        """The named component; blank is the headline."""
        if not name:
            return Component("", self.formula, self.unit, self.direction)
        return self.components[name]

    def scopes_of(self, component: str) -> tuple[str, ...]:
        """Kinds of scope that have the component; the headline has all that the entry lists."""
        return NARROWED.get((self.key, component), self.scopes)

    @property
    def component_names(self) -> tuple[str, ...]:
        return ("", *self.components)

    @property
    def target_word(self) -> str:
        return "range" if isinstance(self.green, tuple) else self.direction


FormulaFunction = Callable[[Frame], Iterable[Part]]


@dataclass(frozen=True, slots=True)
class Formula:
    """The one place where a metric is computed; `feeds` are all feeds that it reads."""

    key: str
    feeds: tuple[str, ...]
    parts: FormulaFunction


_FORMULAS: dict[str, Formula] = {}


def formula(key: str, *, feeds: Iterable[str]) -> Callable[[FormulaFunction], FormulaFunction]:
    """Register the decorated function as the formula of a metric. A second one raises CatalogueError."""

    def register(function: FormulaFunction) -> FormulaFunction:
        if key in _FORMULAS:
            raise CatalogueError(f"{key} has two formulas")
        if key not in metrics():
            raise CatalogueError(f"{key} has a formula but no entry in the catalogue")
        _FORMULAS[key] = Formula(key, tuple(feeds), function)
        return function

    return register


def _limit(value: Any) -> float | tuple[float, float] | None:
    if isinstance(value, list):
        low, high = value
        return float(low), float(high)
    return None if value is None else float(value)


def _entry(raw: dict[str, Any], family: str) -> Metric:
    try:
        index = raw["index"]
        return Metric(
            key=raw["name"],
            title=raw["title"],
            family=raw["family"],
            factor=raw["factor"],
            unit=raw["unit"],
            direction=raw["direction"],
            green=_limit(raw["target"]["green"]),
            amber=_limit(raw["target"]["amber"]),
            scopes=tuple(raw["scopes"]),
            minimum_n=int(raw["minimum_n"]),
            people_metric=bool(raw["people_metric"]),
            owner_role=raw["owner_role"],
            why=raw["why"],
            formula=raw["formula"],
            numerator=raw["numerator"],
            denominator=raw["denominator"],
            period_rule=raw["period_rule"],
            roll_up=raw["roll_up"],
            edges=tuple(str(edge) for edge in raw["edges"]),
            components={
                name: Component(name, str(part["formula"]), part["unit"], part["direction"])
                for name, part in raw["components"].items()
            },
            index=Goalposts(index["weight"], index["worst"], index["best"]) if isinstance(index, dict) else None,
            source=raw["source"],
            version=int(raw["version"]),
            n=str(raw["n"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogueError(f"{family}.yaml, entry {raw.get('name', '?')}: {error!r}") from error


@cache
def metrics() -> dict[str, Metric]:
    """All entries by key, in the order of the catalogue."""
    found: dict[str, Metric] = {}
    for family in FAMILIES:
        text = (CATALOGUE / f"{family}.yaml").read_text(encoding="utf-8")
        for raw in yaml.load(text, Loader=LOADER):  # noqa: S506 (one of the two safe loaders)
            entry = _entry(raw, family)
            if entry.key in found or entry.family != family:
                raise CatalogueError(f"{entry.key} stands twice or in the wrong family's file")
            found[entry.key] = entry
    return found


def metric(key: str) -> Metric:
    """One entry; KeyError when the catalogue has none."""
    return metrics()[key]


def formulas() -> dict[str, Formula]:
    """All formulas by key (a copy)."""
    return dict(_FORMULAS)


@dataclass(frozen=True)
class Group:
    """Metrics computed together, because they read the same feeds: one chunk of a run."""

    name: str
    keys: tuple[str, ...] = field(default=())
