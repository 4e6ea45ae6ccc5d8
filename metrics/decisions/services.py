"""Decisions as people raise, change and answer them, and as signals propose them. Every change is kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from metrics.decisions.effects import is_measured, outlook
from metrics.decisions.signals import changes_behind, signal_kept, signals_find
from metrics.models import Decision, DecisionChange
from metrics.periods import Period, PeriodError
from metrics.scorecards.services import name_of
from metrics.selectors import scopes_of, state
from metrics.signals import SignalFound
from portfolio.models import Portfolio
from portfolio.rights import SCOPE_KINDS, Visibility

LONGEST: Final = {"question": 300, "because": 2000, "owner": 150, "answer": 2000}
EDITED: Final = (
    "question",
    "because",
    "scope_kind",
    "scope",
    "owner",
    "due_on",
    "metric",
    "component",
    "effect_period",
    "expected_change",
)
KINDS: Final = tuple(kind for kind in SCOPE_KINDS if kind != "team")
"""Scopes of decisions; what a team's people values may show is decided where they are read."""
MOST_PORTFOLIOS: Final = 50
AHEAD: Final = 12
"""Periods after the as-of day in which an effect may be expected."""


class DecisionRefused(ValueError):
    """What was sent cannot be a decision; `errors` are messages by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


@dataclass
class DecisionConflict(Exception):
    """Somebody else changed it meanwhile: the stored revision, their values and ours where the two differ."""

    revision: int
    theirs: dict[str, Any]
    mine: dict[str, Any]

    def __post_init__(self) -> None:
        super().__init__(f"revision is {self.revision}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form says of a decision."""

    question: str
    because: str = ""
    scope_kind: str = "enterprise"
    scope: str = ""
    owner: str = ""
    due_on: date | None = None
    metric: str = ""
    component: str = ""
    effect_period: str = ""
    expected_change: float | None = None

    def plain(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in EDITED}


def _may(visible: Visibility, kind: str, code: str) -> None:
    if not visible.may_write or not visible.sees(kind, code):
        raise PermissionDenied


@transaction.atomic
def decision_raise(*, wanted: Wanted, by: AbstractBaseUser, visible: Visibility) -> Decision:
    """Raise a decision by hand; the forecast of its measure is taken down as it is now. Raises DecisionRefused."""
    _may(visible, wanted.scope_kind, wanted.scope)
    check(wanted, visible)
    decision = Decision(**wanted.plain(), state=Decision.State.OPEN, raised_at=timezone.now(), raised_by=name_of(by))
    _take_outlook(decision)
    decision.save()
    _note(decision, name_of(by), {"state": ["", decision.state]})
    return decision


def check(wanted: Wanted, visible: Visibility) -> None:
    """Raises DecisionRefused, naming each field that is wrong."""
    errors: dict[str, str] = {}
    if not wanted.question.strip():
        errors["question"] = _("Write the question.")
    for name, limit in LONGEST.items():
        if name != "answer" and len(getattr(wanted, name)) > limit:
            errors[name] = _("At most %(n)s characters.") % {"n": limit}
    if wanted.scope_kind not in KINDS or not scopes_of(wanted.scope_kind, visible_to=visible, codes=[wanted.scope]):
        errors["scope"] = _("There is no such scope.")
    named = [bool(wanted.metric), bool(wanted.effect_period), wanted.expected_change is not None]
    if any(named) and not all(named):
        errors["metric"] = _("An expected effect needs a measure, a period and an amount.")
    elif wanted.metric and not is_measured(wanted.metric, wanted.component, wanted.scope_kind):
        errors["metric"] = _("This measure has no values for this scope.")
    if wanted.expected_change is not None and not math.isfinite(wanted.expected_change):
        errors["expected_change"] = _("Write a number.")
    if wanted.effect_period:
        try:
            period = Period.parse(wanted.effect_period)
        except PeriodError:
            errors["effect_period"] = _("Write a period such as 2026-Q4.")
        else:
            if period.ordinal - Period.containing(period.kind, state().as_of).ordinal > AHEAD:
                errors["effect_period"] = _("This is too far ahead.")
    if errors:
        raise DecisionRefused(errors)


def _take_outlook(decision: Decision) -> None:
    """Where the measure stands, and where it is heading without the decision."""
    decision.base_period, decision.base_value = "", None
    decision.forecast_value, decision.forecast_method = None, ""
    if decision.metric and decision.effect_period:
        found = outlook(
            (decision.scope_kind, decision.scope),
            decision.metric,
            decision.component,
            Period.parse(decision.effect_period),
        )
        decision.base_period, decision.base_value = found.base_period, found.base
        decision.forecast_value, decision.forecast_method = found.forecast, found.method


def _note(decision: Decision, by: str, fields: Mapping[str, Any]) -> None:
    plain = {
        name: [value.isoformat() if isinstance(value, date) else value for value in pair]
        for name, pair in fields.items()
    }
    DecisionChange.objects.create(decision=decision, revision=decision.revision, at=timezone.now(), by=by, fields=plain)


def _locked(pk: int, visible: Visibility) -> Decision:
    decision = Decision.objects.select_for_update().get(pk=pk)
    _may(visible, decision.scope_kind, decision.scope)
    return decision


@transaction.atomic
def decision_change(
    *, decision_id: int, revision: int, wanted: Wanted, by: AbstractBaseUser, visible: Visibility
) -> Decision:
    """Change a decision that is not over. The forecast is taken anew only when another value is expected to move.

    Raises DecisionConflict when somebody changed it after `revision`, DecisionRefused for what is wrong.
    """
    decision = _locked(decision_id, visible)
    theirs, mine = {name: getattr(decision, name) for name in EDITED}, wanted.plain()
    differing = [name for name in EDITED if theirs[name] != mine[name]]
    if revision != decision.revision:
        raise DecisionConflict(
            decision.revision,
            {"state": decision.state, **{name: theirs[name] for name in differing}},
            {name: mine[name] for name in differing},
        )
    if decision.is_over:
        raise DecisionRefused({"": _("It is over; raise a new one.")})
    if not differing:
        return decision
    _may(visible, wanted.scope_kind, wanted.scope)
    check(wanted, visible)
    for name in differing:
        setattr(decision, name, mine[name])
    if {"metric", "component", "scope_kind", "scope", "effect_period"} & set(differing):
        _take_outlook(decision)
    decision.revision += 1
    decision.save()
    _note(decision, name_of(by), {name: [theirs[name], mine[name]] for name in differing})
    return decision


NEXT: Final[dict[str, tuple[str, ...]]] = {
    Decision.State.PROPOSED: (Decision.State.OPEN, Decision.State.DECIDED, Decision.State.DECLINED),
    Decision.State.OPEN: (Decision.State.DECIDED, Decision.State.DECLINED),
    Decision.State.DECIDED: (Decision.State.DONE, Decision.State.DECLINED),
    Decision.State.DECLINED: (),
    Decision.State.DONE: (),
}
"""What may follow a state."""


@transaction.atomic
def decision_answer(
    *, decision_id: int, revision: int, state: str, answer: str, by: AbstractBaseUser, visible: Visibility
) -> Decision:
    """Take a proposal up, decide, decline, or say that it is done. Raises DecisionConflict, DecisionRefused."""
    decision = _locked(decision_id, visible)
    if revision != decision.revision:
        raise DecisionConflict(decision.revision, {"state": decision.state}, {"state": state})
    if state not in NEXT[decision.state]:
        raise DecisionRefused(
            {"state": _("This does not follow on %(state)s.") % {"state": decision.get_state_display()}}
        )
    said = answer.strip()
    if len(said) > LONGEST["answer"]:
        raise DecisionRefused({"answer": _("At most %(n)s characters.") % {"n": LONGEST["answer"]}})
    if state in (Decision.State.DECIDED, Decision.State.DECLINED) and not said:
        raise DecisionRefused({"answer": _("Say what was decided, in a line.")})
    fields: dict[str, Any] = {"state": [decision.state, state]}
    if said and said != decision.answer:
        fields["answer"] = [decision.answer, said]
        decision.answer = said
    decision.state = state
    if state in (Decision.State.DECIDED, Decision.State.DECLINED):
        decision.decided_at, decision.decided_by = timezone.now(), name_of(by)
    decision.revision += 1
    decision.save()
    _note(decision, name_of(by), fields)
    return decision


def decisions_propose(places: Iterable[tuple[str, str]], quarter: Period, *, by: str = "") -> list[Decision]:
    """Propose what the signals of some scopes ask for; a signal is proposed once, also after it was declined.

    A measure of a scope about which a decision still waits, or was taken and may yet show, is not proposed again by
    a later quarter. Scopes below the enterprise share its weight. Cost: about thirty queries a scope.
    """
    made: list[Decision] = []
    asked = list(places)
    below = max(sum(kind != "enterprise" for kind, _code in asked), 1)
    for place in asked:
        share = 1.0 if place[0] == "enterprise" else 1.0 / below
        taken = _taken_up(place, quarter)
        found = [s for s in signals_find(place, quarter) if _subject(s.source, s.metric, s.component) not in taken]
        known = set(
            Decision.objects.filter(signal_key__in=[signal.key for signal in found]).values_list(
                "signal_key", flat=True
            )
        )
        new = [signal for signal in found if signal.key not in known]
        changes = changes_behind(signal.cause for signal in new)
        made += [_propose(signal, signal_kept(signal, changes, share), quarter, by) for signal in new]
    return made


def _subject(source: str, metric: str, component: str) -> tuple[bool, str, str]:
    """What two findings share when they ask the same: a restatement asks something else than a value that is off."""
    return source == Decision.Source.RESTATEMENT, metric, component


def _taken_up(place: tuple[str, str], quarter: Period) -> set[tuple[bool, str, str]]:
    """Subjects of a scope about which a decision waits, or was taken and its effect is not due by the quarter."""
    rows = (
        Decision.objects.filter(scope_kind=place[0], scope=place[1])
        .exclude(metric="")
        .exclude(source=Decision.Source.RESTATEMENT)
    )
    waiting = (Decision.State.PROPOSED, Decision.State.OPEN)
    return {
        _subject(row.source, row.metric, row.component)
        for row in rows
        if row.state in waiting
        or (
            row.state == Decision.State.DECIDED
            and row.effect_period
            and Period.parse(row.effect_period).start >= quarter.end
        )
    }


def signals_propose(by: str = "") -> list[Decision]:
    """Propose for the enterprise and its top portfolios what the last finished quarter asks for."""
    known = state()
    if known.run is None:
        return []
    tops = Portfolio.objects.filter(parent=None, kind="portfolio", deleted_at=None).values_list("code", flat=True)
    places = [("enterprise", ""), *(("portfolio", code) for code in tops[:MOST_PORTFOLIOS])]
    return decisions_propose(places, Period.containing("quarter", known.as_of).previous, by=by)


@transaction.atomic
def _propose(signal: SignalFound, kept: dict[str, Any], quarter: Period, by: str) -> Decision:
    until = quarter.shift(2)
    decision = Decision(
        question="",  # worded when shown, in the reader's language
        state=Decision.State.PROPOSED,
        source=signal.source,
        signal=kept,
        signal_key=signal.key,
        scope_kind=signal.scope_kind,
        scope=signal.scope,
        metric=signal.metric,
        component=signal.component,
        effect_period=until.code,
        raised_at=timezone.now(),
        raised_by=by,
    )
    _take_outlook(decision)
    decision.expected_change = _to_target(decision, signal)
    held, new = Decision.objects.get_or_create(
        signal_key=signal.key,
        defaults={
            field.attname: getattr(decision, field.attname)
            for field in Decision._meta.concrete_fields
            if field.attname not in ("id", "signal_key")
        },
    )
    if new:
        _note(held, by, {"state": ["", held.state]})
    return held


def _to_target(decision: Decision, signal: SignalFound) -> float | None:
    """The change that would bring the value to its target; None where there is none to reach."""
    if decision.base_value is None or signal.green is None:
        return None
    if isinstance(signal.green, tuple):
        low, high = signal.green
        return low - decision.base_value if decision.base_value < low else high - decision.base_value
    return float(signal.green) - decision.base_value
