"""Decisions: what waits, what came of earlier ones, and one of them with its effect and its changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards.decision_parts import (
    because_of,
    change_words,
    due_status,
    measure_name,
    question_of,
    scope_said,
    state_status,
    verdict,
    words_of,
)
from dashboards.parts import Action, Answer, Empty, Pager, Status, bad, strong
from dashboards.scorecard_links import Choice
from metrics.decisions.effects import Effect, effects_of, known
from metrics.decisions.selectors import Waiting, decisions_answered, decisions_visible, decisions_waiting
from metrics.decisions.services import NEXT
from metrics.models import Decision
from portfolio.rights import Visibility

ROWS = 25
FIRST = 7
"""Waiting decisions that the list shows before it is asked for all."""
ANSWERED = 10


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision of the list, worded."""

    question: str
    url: str
    because: str
    about: str
    status: Status
    owner: str
    due: Status | None
    measure: str
    expected: str
    forecast: str
    actual: str


@dataclass(frozen=True, slots=True)
class DecisionsPage:
    """All that the list of decisions shows."""

    answer: Answer
    state: str
    states: tuple[Choice, ...]
    lines: tuple[DecisionLine, ...]
    all_word: str
    answered: tuple[DecisionLine, ...]
    pager: Pager | None
    nothing: Empty | None
    may_write: bool


@dataclass(frozen=True, slots=True)
class EffectLine:
    """Expected, forecast or actual effect: the value, its change, a remark."""

    name: str
    value: str
    change: str
    note: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One field that somebody changed."""

    at: str
    who: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """All that the page of one decision shows."""

    question: str
    because: str
    status: Status
    due: Status | None
    edit_url: str
    facts: tuple[tuple[str, str], ...]
    measure: str
    base: str
    effects: tuple[EffectLine, ...]
    verdict: str
    answer: str
    answered: str
    choices: tuple[Choice, ...]
    answer_url: str
    revision: int
    sent: str
    conflict: str
    errors: tuple[str, ...]
    changes: tuple[ChangeLine, ...]


def field_name(name: str) -> str:
    """A field of a decision in words."""
    return {
        "question": _("Question"),
        "because": _("Because"),
        "scope_kind": _("Kind of scope"),
        "scope": _("Scope"),
        "owner": _("Owner"),
        "due_on": _("Due"),
        "metric": _("Measure"),
        "component": _("Part of the measure"),
        "effect_period": _("Effect in"),
        "expected_change": _("Expected change"),
        "state": _("State"),
        "answer": _("Answer"),
    }.get(name, name)


def decisions_page(*, visible: Visibility, state: str = "", everything: bool = False, number: int = 1) -> DecisionsPage:
    """The list. Of those that wait the first few, unless everything or one state is asked for; then page by page.

    Cost: three queries, seven more when a decision names a measure.
    """
    waiting = decisions_waiting(visible_to=visible, most=FIRST)
    pager, answered, all_word = None, [], ""
    if state or everything:
        rows = decisions_visible(visible_to=visible)
        shown = rows.filter(state=state) if state else rows
        count = shown.count()
        pages = max(1, -(-count // ROWS))
        page = min(number, pages)
        part = known(list(shown[(page - 1) * ROWS : page * ROWS]))
        pager = _pager(state, page, pages, count) if pages > 1 else None
    else:
        part = known(waiting.first)
        answered = known(decisions_answered(visible_to=visible, most=ANSWERED))
        if waiting.count > len(waiting.first):
            all_word = _("Show all %(n)s") % {"n": f.number(waiting.count)}
    effects = effects_of([*part, *answered])
    return DecisionsPage(
        answer=Answer(_sentence(waiting), _support(waiting)),
        state=state,
        states=tuple(Choice(s.value, str(s.label), s.value == state) for s in Decision.State),
        lines=tuple(_line(d, effects.get(d.pk)) for d in part),
        all_word=all_word,
        answered=tuple(_line(d, effects.get(d.pk)) for d in answered),
        pager=pager,
        nothing=None if part or answered else _nothing(state, visible),
        may_write=visible.may_write,
    )


def _pager(state: str, page: int, pages: int, count: int) -> Pager:
    def to(number: int) -> str:
        return f"?state={state}&page={number}" if state else f"?all=1&page={number}"

    first = (page - 1) * ROWS + 1
    said = _("%(first)s to %(last)s of %(all)s") % {
        "first": f.number(first),
        "last": f.number(min(count, page * ROWS)),
        "all": f.number(count),
    }
    return Pager(said, to(page - 1) if page > 1 else "", to(page + 1) if page < pages else "")


def _nothing(state: str, visible: Visibility) -> Empty:
    if state:
        return Empty(_("No decision in this state"), "", (), (Action(_("Show all"), reverse("decisions")),))
    actions = (Action(_("Raise a decision"), reverse("decision-new"), primary=True),) if visible.may_write else ()
    return Empty(
        _("No decision yet"),
        _(
            "A decision is a question that can be answered yes or no, with an owner, a day and an expected effect. "
            "Signals propose some after each quarter."
        ),
        (),
        actions,
    )


def _sentence(waiting: Waiting) -> SafeString:
    if not waiting.count:
        return escape(_("No decision waits."))
    first = format_html(
        ngettext("{n} decision waits.", "{n} decisions wait.", waiting.count), n=strong(f.number(waiting.count))
    )
    if not waiting.late:
        return first
    overdue = format_html(ngettext("{n} is overdue.", "{n} are overdue.", waiting.late), n=bad(f.number(waiting.late)))
    return format_html("{} {}", first, overdue)


def _support(waiting: Waiting) -> str:
    """How the list is ordered, when there is an order to explain."""
    if waiting.count < 2:
        return ""
    return _("Those taken up come first, by their day; then proposals, by the points of the index at stake.")


def about(decision: Decision) -> str:
    """What a decision is about: the kind of scope and its name."""
    kind = text.scope_kind(decision.scope_kind)
    return f"{kind}: {scope_said(decision)}" if decision.scope else kind


def _line(decision: Decision, effect: Effect | None) -> DecisionLine:
    def change(amount: float | None) -> str:
        return change_words(decision.metric, decision.component, amount) if effect is not None else ""

    return DecisionLine(
        question=question_of(decision),
        url=reverse("decision", args=[decision.pk]),
        because=because_of(decision),
        about=about(decision),
        status=state_status(decision),
        owner=decision.owner,
        due=due_status(decision),
        measure=_measure(decision) if effect is not None else "",
        expected=change(effect.expected_change if effect else None),
        forecast=change(effect.forecast_change if effect else None),
        actual=change(effect.actual_change if effect else None),
    )


def _measure(decision: Decision) -> str:
    name = measure_name(decision.metric, decision.component)
    if not decision.effect_period:
        return name
    return _("%(name)s in %(period)s") % {"name": name, "period": f.period(decision.effect_period)}


def decision_page(
    decision: Decision,
    *,
    visible: Visibility,
    conflict: str = "",
    errors: Sequence[str] = (),
    sent: str = "",
) -> DecisionPage:
    """The page of one decision already checked. Cost: two queries, seven more when it names a measure."""
    effect = effects_of(known([decision])).get(decision.pk)
    words = words_of(decision.metric, decision.component)
    facts = [
        (_("About"), about(decision)),
        (_("Owner"), decision.owner or f.ABSENT),
        (_("Due"), f.date(decision.due_on)),
        (_("Raised"), f.date(timezone.localdate(decision.raised_at))),
        (_("By"), decision.raised_by or str(Decision.Source(decision.source).label)),
    ]
    choices = NEXT[decision.state] if visible.may_write else ()
    return DecisionPage(
        question=question_of(decision),
        because=because_of(decision),
        status=state_status(decision),
        due=due_status(decision),
        edit_url=reverse("decision-edit", args=[decision.pk]) if visible.may_write and not decision.is_over else "",
        facts=tuple(facts),
        measure=_measure(decision) if decision.metric else "",
        base=_("%(value)s in %(period)s") % {"value": words(effect.base), "period": f.period(effect.base_period)}
        if effect is not None and effect.base is not None
        else "",
        effects=_effects(decision, effect),
        verdict=verdict(effect),
        answer=decision.answer,
        answered=_("%(name)s, %(at)s") % {"name": decision.decided_by, "at": f.instant(decision.decided_at)}
        if decision.decided_at is not None
        else "",
        choices=tuple(Choice(str(s), _choice(str(s))) for s in choices),
        answer_url=reverse("decision", args=[decision.pk]),
        revision=decision.revision,
        sent=sent,
        conflict=conflict,
        errors=tuple(errors),
        changes=tuple(_changes(decision)),
    )


def _choice(state: str) -> str:
    """What a button of the answer says."""
    return {
        Decision.State.OPEN: _("Take it up"),
        Decision.State.DECIDED: _("Yes, decide so"),
        Decision.State.DECLINED: _("No, decline"),
        Decision.State.DONE: _("It is done"),
    }[Decision.State(state)]


def _effects(decision: Decision, effect: Effect | None) -> tuple[EffectLine, ...]:
    if effect is None:
        return ()
    words = words_of(decision.metric, decision.component)

    def line(name: str, value: float | None, change: float | None, note: str = "") -> EffectLine:
        return EffectLine(name, words(value), change_words(decision.metric, decision.component, change), note)

    method = {
        "carried_on": _("the last value carried on"),
        "last_value": _("the last value carried on"),
    }.get(effect.method, _("smoothed from earlier periods") if effect.method else "")
    status = text.status(effect.actual_status) if effect.actual_status not in ("", "ok") else ""
    return (
        line(_("Expected"), effect.expected, effect.expected_change, f.period(effect.period)),
        line(_("Forecast without it"), effect.forecast, effect.forecast_change, method),
        line(_("What came"), effect.actual, effect.actual_change, status),
    )


def _changes(decision: Decision) -> list[ChangeLine]:
    lines = []
    for change in decision.changes.order_by("-id")[:50]:
        for name, (before, after) in change.fields.items():
            lines.append(
                ChangeLine(
                    f.instant(change.at),
                    change.by or f.ABSENT,
                    field_name(name),
                    _value(name, before),
                    _value(name, after),
                )
            )
    return lines


def _value(name: str, value: Any) -> str:
    if value in (None, ""):
        return f.ABSENT
    if name == "state" and value in Decision.State.values:
        return str(Decision.State(value).label)
    return str(value)
