"""Decisions in words: the question a signal asks, why, and what waits on the page of a scope."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards import units
from dashboards.parts import Ask, Status
from dashboards.scorecard_text import cause_said, change_said
from metrics.decisions.effects import Effect, known
from metrics.decisions.selectors import WAITING, decisions_about
from metrics.index import KEY as INDEX
from metrics.models import Decision
from metrics.registry import metrics
from metrics.scorecards.reading import described
from portfolio.rights import Visibility

HERE = 6
"""Decisions that a page shows."""
SOON = 14
"""Days before its due date that a decision is marked."""


def measure_name(metric: str, component: str = "") -> str:
    """A measure with its component; a key that the catalogue has dropped stands as it is."""
    if metric != INDEX and metric not in metrics():
        return metric
    if metric == INDEX or not component:
        return text.title(metric, component)
    return _("%(name)s, %(part)s") % {"name": text.title(metric), "part": text.component_title(component).lower()}


def words_of(metric: str, component: str = "") -> units.Words:
    """How values of a measure are written."""
    if metric != INDEX and metric not in metrics():
        return lambda value: f.number(value, 2)
    unit, _direction, _version = described(metric, component)
    return units.words(metric, component, unit, settings.EPMO_BASE_CURRENCY)


def change_words(metric: str, component: str, change: float | None) -> str:
    """A change of a measure with its sign; a dash where it is not known."""
    if change is None:
        return f.ABSENT
    if metric != INDEX and metric not in metrics():
        return f.number(change, 2, sign=True)
    unit, _direction, _version = described(metric, component)
    said = units.change(change, metric, component, unit, settings.EPMO_BASE_CURRENCY)
    word = units.shown(1.0, metric, component, unit, settings.EPMO_BASE_CURRENCY).unit
    return f"{said}{f.NBSP}{word}" if word else said


def question_of(decision: Decision) -> str:
    """The question as it was written, or as the signal asks it."""
    if decision.question:
        return decision.question
    name = measure_name(decision.metric, decision.component)
    period = f.period(str(decision.signal.get("period", "")))
    match decision.source:
        case Decision.Source.OFF_TARGET:
            return _("Bring %(name)s back to target?") % {"name": name.lower()}
        case Decision.Source.OUT_OF_LIMITS:
            return _("Look into %(name)s, outside its usual range in %(period)s?") % {
                "name": name.lower(),
                "period": period,
            }
        case _other:
            return _("Accept the restated %(name)s of %(period)s?") % {"name": name.lower(), "period": period}


def because_of(decision: Decision) -> str:
    """Why it is asked: as it was written, or the numbers of its signal and what is at stake."""
    if decision.because or not decision.signal:
        return decision.because
    return f"{_numbers(decision)} {stake_of(decision)}".strip()


def stake_of(decision: Decision) -> str:
    """The index points that a proposal is ranked by; blank below a tenth and for what is no part of the index."""
    points = decision.signal.get("points")
    if not isinstance(points, float | int) or points < 0.1:
        return ""
    said = {"points": f.number(points, 1)}
    if decision.scope_kind == "enterprise":
        return _("About %(points)s points of the index are at stake.") % said
    return _("About %(points)s points of its index are at stake.") % said


def _numbers(decision: Decision) -> str:
    """The numbers of a signal in a sentence."""
    signal: dict[str, Any] = decision.signal
    words = words_of(decision.metric, decision.component)
    period = f.period(str(signal.get("period", "")))
    match decision.source:
        case Decision.Source.OFF_TARGET:
            green = signal.get("green")
            goal = text.limit_text(
                words, tuple(green) if isinstance(green, list) else green, str(signal.get("direction", ""))
            )
            if signal.get("previous") is None:
                return _("It was %(value)s in %(period)s; the target is %(target)s.") % {
                    "value": words(signal.get("value")),
                    "period": period,
                    "target": goal,
                }
            return _("It was %(value)s in %(period)s, %(previous)s before; the target is %(target)s.") % {
                "value": words(signal.get("value")),
                "period": period,
                "previous": words(signal["previous"]),
                "target": goal,
            }
        case Decision.Source.OUT_OF_LIMITS:
            return _("It was %(value)s in %(period)s; its usual range is %(low)s to %(high)s.") % {
                "value": words(signal.get("value")),
                "period": period,
                "low": words(signal.get("low")),
                "high": words(signal.get("high")),
            }
        case _other:
            return _("It was %(old)s when %(period)s closed and is %(new)s now. %(cause)s.") % {
                "old": words(signal.get("old")),
                "period": period,
                "new": words(signal.get("value")),
                "cause": _cause(signal),
            }


def _cause(signal: dict[str, Any]) -> str:
    """What restated a value, from what its signal took down."""
    change = signal.get("change")
    if isinstance(change, dict):
        return change_said(int(change["number"]), str(change["kind"]), dt.date.fromisoformat(str(change["on"])))
    return cause_said(str(signal.get("cause", "")), {})


def state_status(decision: Decision) -> Status:
    """Its state as icon and word."""
    return {
        Decision.State.PROPOSED: Status("watch", _("Proposed")),
        Decision.State.OPEN: Status("watch", _("Waiting")),
        Decision.State.DECIDED: Status("ok", _("Decided")),
        Decision.State.DECLINED: Status("none", _("Declined")),
        Decision.State.DONE: Status("ok", _("Done")),
    }[Decision.State(decision.state)]


def due_status(decision: Decision, today: dt.date | None = None) -> Status | None:
    """How far away its due date is; None when it has none or is over."""
    if decision.due_on is None or decision.is_over:
        return None
    left = (decision.due_on - (today or timezone.localdate())).days
    if left < 0:
        return Status("bad", _("%(days)s late") % {"days": f.days(-left)})
    if left == 0:
        return Status("watch", _("Due today"))
    return Status("watch" if left <= SOON else "none", _("In %(days)s") % {"days": f.days(left)})


def scope_said(decision: Decision) -> str:
    """The scope of a decision by name, blank for the enterprise; named by the selectors, else by its code."""
    return (getattr(decision, "scope_name", "") or decision.scope) if decision.scope else ""


def ask_of(decision: Decision, *, named: bool = False) -> Ask:
    """A decision as the entry of a list of asks; `named` where the list is of more than one scope."""
    scope = scope_said(decision) if named else ""
    question = question_of(decision)
    return Ask(
        _("%(scope)s: %(question)s") % {"scope": scope, "question": question} if scope else question,
        because_of(decision),
        reverse("decision", args=[decision.pk]),
        _("Decide") if decision.state == Decision.State.OPEN else _("Review"),
        due_status(decision),
        decision.owner,
    )


def asks_about(kind: str, code: str = "", *, visible: Visibility, metric: str = "", most: int = 3) -> tuple[Ask, ...]:
    """What waits for a decision on the page of a scope, or of one measure of it. Cost: one query."""
    return tuple(ask_of(d) for d in decisions_about(kind, code, visible_to=visible, metric=metric, most=most))


@dataclass(frozen=True, slots=True)
class Answered:
    """A decision that was answered: the question, the answer, and what was expected of it."""

    question: str
    url: str
    answer: str
    expected: str
    status: Status


@dataclass(frozen=True, slots=True)
class Here:
    """Decisions that concern a page: those that wait, those answered, and the way to raise one."""

    asks: tuple[Ask, ...]
    answered: tuple[Answered, ...]
    raise_url: str


def decisions_here(
    kind: str, code: str = "", *, visible: Visibility, metric: str = "", everywhere: bool = False
) -> Here:
    """Decisions on a scope, or (`everywhere`) on a measure whatever the scope. Cost: one query."""
    rows = decisions_about(
        "" if everywhere else kind, code, visible_to=visible, metric=metric, waiting=False, most=HERE
    )
    waiting = [d for d in rows if d.state in WAITING]
    asked = {"scope_kind": kind, "scope": code, "measure": metric}
    query = urlencode({name: value for name, value in asked.items() if value})
    return Here(
        tuple(ask_of(d, named=everywhere) for d in waiting),
        tuple(answered_of(d, named=everywhere) for d in known(rows) if d not in waiting),
        f"{reverse('decision-new')}?{query}" if visible.may_write else "",
    )


def answered_of(decision: Decision, *, named: bool = False) -> Answered:
    """An answered decision, worded."""
    scope = scope_said(decision) if named else ""
    question = question_of(decision)
    expected = ""
    if decision.expected_change is not None and decision.metric:
        expected = _("%(name)s %(change)s by %(period)s") % {
            "name": measure_name(decision.metric, decision.component),
            "change": change_words(decision.metric, decision.component, decision.expected_change),
            "period": f.period(decision.effect_period),
        }
    return Answered(
        _("%(scope)s: %(question)s") % {"scope": scope, "question": question} if scope else question,
        reverse("decision", args=[decision.pk]),
        decision.answer,
        expected,
        state_status(decision),
    )


def verdict(effect: Effect | None) -> str:
    """What came of it, in one sentence; blank while nothing can be said."""
    if effect is None or effect.actual_change is None or effect.expected_change is None:
        return ""
    said = {
        "actual": change_words(effect.metric, effect.component, effect.actual_change),
        "expected": change_words(effect.metric, effect.component, effect.expected_change),
        "forecast": change_words(effect.metric, effect.component, effect.forecast_change),
    }
    share = effect.actual_change / effect.expected_change if effect.expected_change else 0.0
    if share >= 1:
        return (
            _("It came to %(actual)s, as much as the %(expected)s expected or more; forecast was %(forecast)s.") % said
        )
    if share > 0:
        return _("It came to %(actual)s of the %(expected)s expected; forecast was %(forecast)s.") % said
    return _("It came to %(actual)s, not the %(expected)s expected; forecast was %(forecast)s.") % said
