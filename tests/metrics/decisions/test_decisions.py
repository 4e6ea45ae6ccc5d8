"""Signals, forecasts at the moment of raising, and the actual effect afterwards; every change kept."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404

from metrics.cells import OK
from metrics.decisions.effects import LAST_VALUE, SMOOTHING, effects_of, outlook
from metrics.decisions.selectors import decision_get, decisions_about, decisions_visible
from metrics.decisions.services import (
    DecisionConflict,
    DecisionRefused,
    Wanted,
    decision_answer,
    decision_change,
    decision_raise,
    decisions_propose,
    signals_propose,
)
from metrics.decisions.signals import signals_find
from metrics.models import Component, Decision, DecisionChange, Restatement, Scope
from metrics.periods import Period
from metrics.registry import metrics
from portfolio.models import Portfolio
from portfolio.services.rights import grant_add
from tests.metrics.scorecards.stored import ensure, make_portfolio, make_run, make_values, put

pytestmark = pytest.mark.django_db
PLACE = ("enterprise", "")
Q2 = Period.parse("2026-Q2")


def wanted(**fields):
    given = {
        "question": "Move two testers?",
        "metric": "gross_margin",
        "effect_period": "2026-Q4",
        "expected_change": 0.05,
        "owner": "Ines",
        "due_on": date(2026, 8, 1),
    }
    return Wanted(**{**given, **fields})


def series(metric, values, *, kind="quarter", last="2026-Q2", run=None):
    ensure()
    made = run or make_run()
    end = Period.parse(last)
    put({(metric, "", end.shift(i - len(values) + 1).code): v for i, v in enumerate(values)}, made)
    return made


def test_a_forecast_by_smoothing_is_taken_where_it_beat_the_last_value(cast):
    series("gross_margin", [0.20 + 0.02 * i for i in range(12)])

    decision = decision_raise(wanted=wanted(), **cast.lead.who)

    assert decision.forecast_method == SMOOTHING
    assert decision.base_value == pytest.approx(0.42)
    assert decision.forecast_value == pytest.approx(0.455, abs=0.01)


def test_else_the_last_value_is_carried_on(cast):
    series("gross_margin", [0.4, 0.45, 0.41])

    found = outlook(PLACE, "gross_margin", "", Period.parse("2026-Q4"))

    assert (found.method, found.base, found.forecast) == (LAST_VALUE, 0.41, 0.41)
    far = outlook(PLACE, "gross_margin", "", Period.parse("2028-Q4"))
    assert far.method == LAST_VALUE


def test_afterwards_the_actual_effect_stands_beside_both(cast):
    series("gross_margin", [0.40, 0.42])
    decision = decision_raise(wanted=wanted(effect_period="2026-Q3"), **cast.lead.who)
    before = effects_of([decision])[decision.pk]
    assert (before.actual, before.expected_change) == (None, pytest.approx(0.05))

    put({("gross_margin", "", "2026-Q3"): 0.46}, make_run(date(2026, 10, 10)))
    after = effects_of([decision])[decision.pk]

    assert after.actual_change == pytest.approx(0.04)
    assert after.expected_change == pytest.approx(0.05)
    assert after.forecast_change == pytest.approx(0.0)


def test_the_forecast_of_the_moment_is_not_taken_anew_by_other_changes(cast):
    run = series("gross_margin", [0.40, 0.42])
    decision = decision_raise(wanted=wanted(), **cast.lead.who)
    put({("gross_margin", "", "2026-Q2"): 0.9}, run)

    same = decision_change(decision_id=decision.pk, revision=1, wanted=wanted(owner="Mira"), **cast.lead.who)
    other = decision_change(
        decision_id=decision.pk, revision=2, wanted=wanted(owner="Mira", effect_period="2026-Q3"), **cast.lead.who
    )

    assert same.base_value == 0.42
    assert other.base_value == 0.9


def test_changes_are_kept_and_cannot_be_rewritten(cast):
    series("gross_margin", [0.40, 0.42])
    decision = decision_raise(wanted=wanted(), **cast.lead.who)
    decision_change(decision_id=decision.pk, revision=1, wanted=wanted(owner="Mira"), **cast.lead.who)
    decision_answer(decision_id=decision.pk, revision=2, state="decided", answer="Yes.", **cast.lead.who)

    assert [change.fields for change in decision.changes.all()] == [
        {"state": ["", "open"]},
        {"owner": ["Ines", "Mira"]},
        {"state": ["open", "decided"], "answer": ["", "Yes."]},
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        DecisionChange.objects.update(by="somebody")


def test_the_second_of_two_editors_is_told(cast):
    series("gross_margin", [0.40, 0.42])
    decision = decision_raise(wanted=wanted(), **cast.lead.who)
    decision_change(decision_id=decision.pk, revision=1, wanted=wanted(owner="Mira"), **cast.lead.who)

    with pytest.raises(DecisionConflict) as error:
        decision_change(decision_id=decision.pk, revision=1, wanted=wanted(owner="Johan"), **cast.lead.who)
    assert error.value.theirs["owner"] == "Mira"
    assert error.value.mine == {"owner": "Johan"}
    with pytest.raises(DecisionConflict):
        decision_answer(decision_id=decision.pk, revision=1, state="decided", answer="Yes.", **cast.lead.who)


@pytest.mark.parametrize(
    ("steps", "allowed"),
    [
        (["decided", "done"], True),
        (["declined"], True),
        (["done"], False),
        (["declined", "decided"], False),
        (["decided", "done", "declined"], False),
    ],
)
def test_states_follow_each_other_in_order(cast, steps, allowed):
    series("gross_margin", [0.40, 0.42])
    decision = decision_raise(wanted=wanted(), **cast.lead.who)

    def walk():
        for revision, state in enumerate(steps, start=1):
            decision_answer(decision_id=decision.pk, revision=revision, state=state, answer="Said.", **cast.lead.who)

    if allowed:
        walk()
    else:
        with pytest.raises(DecisionRefused):
            walk()


def test_only_who_may_write_raises_changes_and_answers(cast):
    series("gross_margin", [0.40, 0.42])
    decision = decision_raise(wanted=wanted(), **cast.lead.who)
    for person in (cast.chief, cast.viewer):
        with pytest.raises(PermissionDenied):
            decision_raise(wanted=wanted(), **person.who)
        with pytest.raises(PermissionDenied):
            decision_change(decision_id=decision.pk, revision=1, wanted=wanted(owner="x"), **person.who)
        with pytest.raises(PermissionDenied):
            decision_answer(decision_id=decision.pk, revision=1, state="decided", answer="x", **person.who)


def test_readers_see_decisions_of_their_scopes(cast):
    run = make_values()
    make_portfolio()
    put({("status_reporting_rate", "", "2026-Q2"): 0.5}, run, kind="portfolio", code="PF-1")
    whole = decision_raise(wanted=wanted(), **cast.lead.who)
    own = decision_raise(wanted=Wanted("Report weekly?", scope_kind="portfolio", scope="PF-1"), **cast.lead.who)
    grant_add(user=cast.viewer.user, portfolio=Portfolio.objects.get(code="PF-1"))
    visible = cast.viewer.visible

    assert list(decisions_visible(visible_to=visible)) == [own]
    assert decisions_about("portfolio", "PF-1", visible_to=visible) == [own]
    with pytest.raises(Http404):
        decision_get(whole.pk, visible_to=visible)
    assert decisions_about("enterprise", visible_to=cast.chief.visible, metric="gross_margin") == [whole]


def test_off_target_measures_are_proposed_new_ones_first(cast):
    make_values()

    found = [signal for signal in signals_find(PLACE, Q2) if signal.source == "off_target"]

    # Red now, and not red a quarter ago, before those that were red already.
    assert [signal.metric for signal in found][:1] == ["development_plan_coverage"]
    assert all(signal.green is not None for signal in found)


def test_a_month_outside_its_limits_on_the_bad_side_is_proposed(cast):
    run = series("defect_time_to_fix", [10.0, 11.0] * 6 + [30.0], last="2026-06")

    found = signals_find(PLACE, Q2)
    assert [(s.source, s.metric, s.period, s.rules) for s in found] == [
        ("out_of_limits", "defect_time_to_fix", "2026-06", ("outside",))
    ]
    put({("defect_time_to_fix", "", "2026-06"): 1.0}, run)
    assert signals_find(PLACE, Q2) == []  # quicker than usual asks for nothing


def test_a_restatement_is_proposed(cast):
    run = make_values()
    later = make_run(cause="change 5")
    Restatement.objects.create(
        run=later, chunk=0, component=Component.objects.get(metric="gross_margin", component=""), version=1,
        scope=Scope.objects.get(kind="enterprise"), period="2026-Q1", old_value=0.5, old_state=OK, old_run=run.pk,
        new_value=0.4946, new_state=OK, cause="change 5",
    )  # fmt: skip

    found = [signal for signal in signals_find(PLACE, Q2) if signal.source == "restatement"]

    assert [(s.metric, s.period, s.before, s.value) for s in found] == [("gross_margin", "2026-Q1", 0.5, 0.4946)]


def test_a_signal_is_proposed_once_also_after_it_was_declined(cast):
    make_values()
    made = signals_propose()
    assert made
    first = made[0]
    decision_answer(decision_id=first.pk, revision=1, state="declined", answer="Not now.", **cast.lead.who)

    assert decisions_propose([PLACE], Q2) == []
    assert Decision.objects.count() == len(made)


def test_a_measure_about_which_a_proposal_waits_is_not_proposed_by_the_next_quarter(cast):
    run = make_values()
    signals_propose()
    first = Decision.objects.get(metric="development_plan_coverage")
    put({("development_plan_coverage", "", "2026-Q3"): 0.2}, run)
    later = Period.parse("2026-Q3")
    assert "development_plan_coverage" in {signal.metric for signal in signals_find(PLACE, later)}

    decisions_propose([PLACE], later)
    assert Decision.objects.filter(metric="development_plan_coverage").count() == 1
    decision_answer(decision_id=first.pk, revision=1, state="declined", answer="Not now.", **cast.lead.who)
    decisions_propose([PLACE], later)
    assert Decision.objects.filter(metric="development_plan_coverage").count() == 2


def test_of_one_measure_only_its_first_finding_is_proposed(cast):
    make_values()
    found = [(s.metric, s.component) for s in signals_find(PLACE, Q2) if s.source != "restatement"]

    assert len(found) == len(set(found))


def test_stakes_are_index_points_between_value_and_target(cast):
    """Plans: worst 0, best 1 (scores 40 and 85): 45 points, of its weight in its factor, of a quarter."""
    make_values()
    signals_propose()
    decision = Decision.objects.get(metric="development_plan_coverage")
    entry = metrics()["development_plan_coverage"]
    peers = [m.index.weight for m in metrics().values() if m.index and m.factor == entry.factor]
    score = 100 * (0.85 - decision.signal["value"]) / (entry.index.best - entry.index.worst)

    assert decision.signal["points"] == pytest.approx(score * entry.index.weight / sum(peers) / 4)
    assert decision.signal["stake"] == decision.signal["points"]


def test_a_proposal_expects_what_brings_it_to_its_target(cast):
    make_values()
    signals_propose()
    decision = Decision.objects.get(metric="development_plan_coverage")

    assert decision.state == "proposed"
    assert decision.base_value + decision.expected_change == pytest.approx(0.85)
