"""Constraints of a feed's table, derived from its declaration: keys, choices, bounds, and rules across columns."""

from collections.abc import Callable

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from portfolio.feed_types import Column, Feed, Rule
from portfolio.feeds import FEEDS

RAISING = ("new", "expansion", "reactivation")
LOWERING = ("contraction", "churn")
ZERO_TO_TEN = ("nps", "enps")


def feed_constraints(name: str) -> list[models.BaseConstraint]:
    """What the database itself refuses for rows of a feed."""
    feed = FEEDS[name]
    made: list[models.BaseConstraint] = [
        models.UniqueConstraint(fields=list(feed.key), nulls_distinct=False, name=f"{name}_key")
    ]
    for column in feed.columns:
        condition = column_condition(column)
        if condition is not None:
            made.append(models.CheckConstraint(condition=condition, name=f"{name}_{column.name}_form"))
    for rule in feed.rules:
        condition = rule_condition(feed, rule)
        if condition is not None:
            made.append(
                models.CheckConstraint(
                    condition=condition, name=f"{name}_{rule.column}_{_NAMES.get(rule.name, rule.name)}"
                )
            )
    if name == "service_customers":
        made.append(no_overlap())
    return made


def column_condition(column: Column) -> Q | None:
    """What one column may hold; None where its type says it all."""
    if column.kind == "choice":
        return _or_blank(column, Q(**{f"{column.name}__in": list(column.choices)}))
    if column.kind == "currency":
        return _or_blank(column, Q(**{f"{column.name}__regex": "^[A-Z]{3}$"}))
    if column.kind == "month":
        return _or_blank(column, Q(**{f"{column.name}__day": 1}))
    bounds = Q()
    if column.minimum is not None:
        bounds &= Q(**{f"{column.name}__{'gt' if column.exclusive_minimum else 'gte'}": column.minimum})
    if column.maximum is not None:
        bounds &= Q(**{f"{column.name}__lte": column.maximum})
    return _or_blank(column, bounds) if bounds else None


def _or_blank(column: Column, condition: Q) -> Q:
    return condition if column.required else condition | Q(**{f"{column.name}__isnull": True})


def rule_condition(feed: Feed, rule: Rule) -> Q | None:
    """A rule across columns as a condition; None for rules that need the catalogue."""
    make = _CONDITIONS.get(rule.name)
    return None if make is None else make(feed, rule)


def _not_before(feed: Feed, rule: Rule) -> Q:
    (start,) = rule.others
    condition = Q(**{f"{rule.column}__gte": F(start)})
    for name in (rule.column, start):
        if not feed.column(name).required:
            condition |= Q(**{f"{name}__isnull": True})
    return condition


def _sign_fits_kind(feed: Feed, rule: Rule) -> Q:
    raising = Q(kind__in=RAISING, delta_arr__gt=0)
    return raising | Q(kind__in=LOWERING, delta_arr__lt=0)


_CONDITIONS: dict[str, Callable[[Feed, Rule], Q]] = {
    "not_before": _not_before,
    "score_in_scale": lambda feed, rule: Q(score__gte=F("scale_min"), score__lte=F("scale_max")),
    "scale_min_of_nps": lambda feed, rule: ~Q(kind__in=ZERO_TO_TEN) | Q(scale_min=0),
    "scale_max_of_nps": lambda feed, rule: ~Q(kind__in=ZERO_TO_TEN) | Q(scale_max=10),
    "scale_max_above_min": lambda feed, rule: Q(scale_max__gt=F("scale_min")),
    "active_within_entitled": lambda feed, rule: Q(active_users__lte=F("entitled_users")),
    "sign_fits_kind": _sign_fits_kind,
}
_NAMES = {"not_before": "not_before_start"}


def no_overlap() -> ExclusionConstraint:
    """A service serves a customer once at a time. Plain ranges, so that no extension is needed."""

    def only(name: str) -> Func:
        return Func(F(name), F(name), Value("[]"), function="int8range")

    return ExclusionConstraint(
        name="service_customers_overlap",
        expressions=[
            (only("service"), RangeOperators.EQUAL),
            (only("customer"), RangeOperators.EQUAL),
            (Func(F("valid_from"), F("valid_to"), function="daterange"), RangeOperators.OVERLAPS),
        ],
        condition=Q(deleted_at__isnull=True),
        deferrable=models.Deferrable.DEFERRED,
    )
