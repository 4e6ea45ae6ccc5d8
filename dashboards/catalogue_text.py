"""The catalogue in the reader's language: titles, reasons, components, families, factors, scopes, statuses."""

from __future__ import annotations

from django.utils.translation import gettext as _

from metrics.index import KEY as INDEX
from metrics.registry import metrics

# Component keys that are no words of their own.
COMPONENT_WORDS = {
    "severity_1_2": "Severity 1 and 2",
    "percentile_85": "85th percentile",
    "defects_per_million": "Defects per million",
    "ideas_per_100_people": "Ideas per 100 people",
    "fixed_within_30_days": "Fixed within 30 days",
    "cogs_ratio": "Cost of goods sold ratio",
    "schedule_performance_index": "Schedule performance index",
    "shapley": "Shapley method",
    "value": "By value",
    "total": "All leavers",
    "new": "New business",
    "change": "New in the period",
    "mix": "Moved by weights",
}


def title(metric: str, component: str = "") -> str:
    """The name of a metric, or of one of its components."""
    if metric == INDEX:
        return factor(component) if component else _("Customer Success Index")
    if component:
        return component_title(component)
    return _(metrics()[metric].title)


def component_title(component: str) -> str:
    """A component's key as words."""
    words = COMPONENT_WORDS.get(component) or component.replace("_", " ").capitalize()
    return _(words)


def why(metric: str) -> str:
    """Why a metric matters, in plain words."""
    return _(metrics()[metric].why)


def family(key: str) -> str:
    """The name of a family."""
    return {
        "tactical": _("Tactical"),
        "value_creation": _("Value creation"),
        "longevity": _("Longevity"),
        "financial": _("Financial"),
    }[key]


def factor(key: str) -> str:
    """The name of a factor of the index."""
    return {
        "quality": _("Quality"),
        "performance": _("Performance"),
        "value": _("Value"),
        "compliance": _("Compliance"),
    }[key]


def factor_question(key: str) -> str:
    """What a factor asks."""
    return {
        "quality": _("faults that customers meet"),
        "performance": _("speed, plan and people"),
        "value": _("what customers reach and renew"),
        "compliance": _("what was agreed is kept"),
    }[key]


def scope_kind(key: str) -> str:
    """The word for a kind of scope."""
    return {
        "enterprise": _("Enterprise"),
        "portfolio": _("Portfolio"),
        "program": _("Program"),
        "project": _("Project"),
        "customer": _("Customer"),
        "initiative": _("Initiative"),
        "service": _("Service"),
        "team": _("Team"),
    }[key]


def direction(key: str) -> str:
    """Which way is better."""
    return {
        "higher": _("higher is better"),
        "lower": _("lower is better"),
        "range": _("inside a range is better"),
        "none": _("no direction"),
    }.get(key, "")


def status(key: str, reason: str = "") -> str:
    """A status as a short phrase; blank for a plain value."""
    by_reason = {
        "missing_rate": _("No exchange rate"),
        "zero_denominator": _("Nothing to divide by"),
        "median_not_reached": _("More than half still open"),
        "beyond_follow_up": _("Not followed long enough"),
        "no_sign_change": _("No rate of return"),
        "not_reached": _("Not reached yet"),
        "not_burning": _("No cash is used up"),
        "no_variation": _("No variation"),
        "not_measurable": _("No measurable outcome"),
    }
    if reason in by_reason:
        return by_reason[reason]
    return {
        "ok": "",
        "provisional": _("May still change"),
        "partial_period": _("Period not over"),
        "insufficient_n": _("Too few to say"),
        "insufficient_coverage": _("Too few measures"),
        "undefined": _("Not defined"),
        "no_data": _("No data"),
        "not_due": _("Not begun"),
        "suppressed": _("Hidden: fewer than five people"),
    }[key]


def remedy(key: str, reason: str, feeds: str) -> str:
    """What would give a value where there is none."""
    if reason == "missing_rate":
        return _("Import fx_rates for the months of these rows.")
    return {
        "no_data": _("Import rows of %(feeds)s for this scope and period.") % {"feeds": feeds},
        "insufficient_n": _("More rows of %(feeds)s are needed before a figure says anything.") % {"feeds": feeds},
        "insufficient_coverage": _("Import what the missing measures need; they are listed in the catalogue."),
        "suppressed": _("The figure appears when five people or more stand behind it."),
        "not_due": _("The period has not begun."),
    }.get(key, "")


def limit_text(words: object, limits: object, direction_key: str) -> str:
    """A target as a phrase: `at least 85%`, `at most 14 days`, `70% to 85%`."""
    assert callable(words)
    if isinstance(limits, tuple):
        low, high = limits
        return _("%(low)s to %(high)s") % {"low": words(low), "high": words(high)}
    if direction_key == "lower":
        return _("at most %(value)s") % {"value": words(limits)}
    return _("at least %(value)s") % {"value": words(limits)}
