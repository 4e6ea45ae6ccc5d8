"""Rules across the columns of one row: typed values in, faults out. The one definition of each rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from portfolio.feed_types import Rule
from portfolio.services.forms import Fault, Value
from portfolio.vocabulary import is_range_metric

Values = Mapping[str, Value | None]
NPS_KINDS = ("nps", "enps")
NPS_MAX = Decimal(10)
RAISING = ("new", "expansion", "reactivation")


def rule_check(rule: Rule, values: Values) -> Fault | None:
    """What a row breaks of one rule; a blank on either side breaks nothing unless the rule is about blanks."""
    return _CHECKS[rule.name](rule, values)


def _not_before(rule: Rule, values: Values) -> Fault | None:
    end, start = values.get(rule.column), values.get(rule.others[0])
    if end is None or start is None or end >= start:  # type: ignore[operator]
        return None
    return Fault("end_before_start", _("%(end)s is before %(start)s.") % {"end": rule.column, "start": rule.others[0]})


def _whole_for_nps(rule: Rule, values: Values) -> Fault | None:
    score = values.get("score")
    if values.get("kind") in NPS_KINDS and isinstance(score, Decimal) and score != score.to_integral_value():
        return Fault("bad_number", _("A score of kind nps or enps is a whole number."))
    return None


def _score_in_scale(rule: Rule, values: Values) -> Fault | None:
    score, low, high = values["score"], values["scale_min"], values["scale_max"]
    if low <= score <= high:  # type: ignore[operator]
        return None
    return Fault("out_of_range", _("The score lies outside its scale."))


def _scale_min_of_nps(rule: Rule, values: Values) -> Fault | None:
    if values["kind"] in NPS_KINDS and values["scale_min"] != 0:
        return Fault("out_of_range", _("The scale of nps and enps begins at 0."))
    return None


def _scale_max_of_nps(rule: Rule, values: Values) -> Fault | None:
    if values["kind"] in NPS_KINDS and values["scale_max"] != NPS_MAX:
        return Fault("out_of_range", _("The scale of nps and enps ends at 10."))
    return None


def _scale_max_above_min(rule: Rule, values: Values) -> Fault | None:
    if values["scale_max"] > values["scale_min"]:  # type: ignore[operator]
        return None
    return Fault("out_of_range", _("The scale must end above its beginning."))


def _active_within_entitled(rule: Rule, values: Values) -> Fault | None:
    if values["active_users"] <= values["entitled_users"]:  # type: ignore[operator]
        return None
    return Fault("out_of_range", _("More users are active than are entitled."))


def _sign_fits_kind(rule: Rule, values: Values) -> Fault | None:
    delta = values["delta_arr"]
    if values["kind"] in RAISING:
        if delta > 0:  # type: ignore[operator]
            return None
        return Fault("out_of_range", _("A new, expanded or returned customer raises the revenue."))
    if delta < 0:  # type: ignore[operator]
        return None
    return Fault("out_of_range", _("A contraction or churn lowers the revenue."))


def _direction_of_range_metric(rule: Rule, values: Values) -> Fault | None:
    if values.get("direction") is None and is_range_metric(str(values["metric"])):
        return Fault("missing_value", _("This metric is best inside a range, so its own threshold needs a direction."))
    return None


_CHECKS: dict[str, Callable[[Rule, Values], Fault | None]] = {
    "not_before": _not_before,
    "whole_for_nps": _whole_for_nps,
    "score_in_scale": _score_in_scale,
    "scale_min_of_nps": _scale_min_of_nps,
    "scale_max_of_nps": _scale_max_of_nps,
    "scale_max_above_min": _scale_max_above_min,
    "active_within_entitled": _active_within_entitled,
    "sign_fits_kind": _sign_fits_kind,
    "direction_of_range_metric": _direction_of_range_metric,
}
