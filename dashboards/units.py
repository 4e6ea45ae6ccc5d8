"""How a value of the catalogue reads: by its unit, and for a few ratios by its metric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import formatting as f

# Ratios that the field writes as an index around 1, not as a percentage.
INDEXES = frozenset(
    {
        "cost_performance_index",
        "cost_performance_index:schedule_performance_index",
        "cost_performance_index:to_complete_index",
        "schedule_performance_index_time",
        "recurring_revenue:quick_ratio",
    }
)
SIGNED = frozenset({"net_promoter_score", "employee_net_promoter_score"})
POINTS_SAID = frozenset({"project_contribution"})


Words = Callable[[float | None], str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value in words: its figure, the unit that stands beside it (blank when it is part of the figure)."""

    text: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.text}{f.NBSP}{self.unit}" if self.unit else self.text


def kind_of(metric: str, component: str, unit: str) -> str:
    """`index`, `percent`, `points`, `money`, `days`, or the unit itself."""
    if f"{metric}:{component}" in INDEXES or (not component and metric in INDEXES):
        return "index"
    if unit.startswith("ratio"):
        return "percent"
    if unit == "percent":
        return "percent of 100"
    if unit.startswith("points"):
        return "points"
    if unit.startswith("EUR"):
        return "money"
    return unit


def shown(value: float | None, metric: str, component: str = "", unit: str = "ratio", currency: str = "EUR") -> Shown:
    """The value as a page writes it; absent reads as a dash without a unit."""
    if value is None:
        return Shown(f.ABSENT)
    match kind_of(metric, component, unit):
        case "index":
            return Shown(f.number(value, 2))
        case "percent":
            return Shown(f.percent(value, 0 if abs(value) >= 0.1 or not value else 1))
        case "percent of 100":
            return Shown(f.percent(value / 100))
        case "points":
            return Shown(f.number(value, 1, sign=metric in SIGNED), _("points") if metric in POINTS_SAID else "")
        case "money":
            return Shown(f.money(value, currency))
        case other:
            return Shown(f.number(value, places(value, other)), unit_word(other))


def limit(value: float, metric: str, component: str = "", unit: str = "ratio", currency: str = "EUR") -> str:
    """A target as people agree on it: with no more decimals than it has."""
    match kind_of(metric, component, unit):
        case "percent":
            return f.percent(value, whole_places(value * 100))
        case "percent of 100":
            return f.percent(value / 100, whole_places(value))
        case "index":
            return f.number(value, 2)
        case "points":
            return f.number(value, whole_places(value), sign=metric in SIGNED)
        case "money":
            return f.money(value, currency)
        case other:
            return str(Shown(f.number(value, whole_places(value)), unit_word(other)))


def whole_places(value: float) -> int:
    """Decimals that a number really has, two at most."""
    return next((d for d in (0, 1) if abs(round(value, d) - value) < 1e-9), 2)


def words(metric: str, component: str = "", unit: str = "ratio", currency: str = "EUR") -> Words:
    """The function that writes values of one component."""
    return lambda value: str(shown(value, metric, component, unit, currency))


def change(
    difference: float | None, metric: str, component: str = "", unit: str = "ratio", currency: str = "EUR"
) -> str:
    """A difference of two values with its sign and, for percentages, in percentage points."""
    if difference is None:
        return ""
    match kind_of(metric, component, unit):
        case "index":
            return f.number(difference, 2, sign=True)
        case "percent":
            return f.percentage_points(difference, 0 if abs(difference) >= 0.1 else 1)
        case "percent of 100":
            return f.percentage_points(difference / 100)
        case "points":
            return f.number(difference, 1, sign=True)
        case "money":
            return f.money(difference, currency, sign=True)
        case other:
            return f.number(difference, places(difference, other), sign=True)


def places(value: float, unit: str) -> int:
    """Decimals of a value in a unit: counts none, the rest about three figures."""
    if unit in {"count", "items", "heads"} and float(value).is_integer():
        return 0
    return f.decimals_for(value) if abs(value) >= 1 else 2


def unit_word(unit: str) -> str:
    """The unit beside a figure, in the reader's language; blank where the figure needs none."""
    return {
        "count": "",
        "days": _("days"),
        "hours": _("hours"),
        "months": _("months"),
        "years": _("years"),
        "minutes": _("minutes"),
        "heads": _("people"),
        "items": _("items"),
        "sigma": _("sigma"),
        "score 1..7": _("of 7"),
        "per week": _("a week"),
        "per 100": _("per 100 people"),
        "per million": _("per million"),
        "per subscription": _("per subscription"),
        "minutes per subscription": _("minutes per subscription"),
    }.get(unit, unit)


def unit_line(metric: str, component: str, unit: str, currency: str = "EUR") -> str:
    """What the axis measures, for the unit line of a figure: `Share, %`, `Days`, `EUR a year`."""
    match kind_of(metric, component, unit):
        case "index":
            return _("Index, 1 = as planned")
        case "percent" | "percent of 100":
            return _("Percent")
        case "points":
            return _("Points")
        case "money":
            return _("%(currency)s a year") % {"currency": currency} if unit.endswith("a year") else currency
        case "count":
            return _("Count")
        case other:
            word = unit_word(other)
            return word[:1].upper() + word[1:]
