"""The contribution ledger: the catalogue's worked example and the identities that must hold for any claims."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.formulas.contribution import (
    Hierarchy,
    bridge,
    contribution_range,
    credit,
    ledger,
    movement,
    progress,
    replaced_on,
)

NAN = np.nan
O1, O2, O3 = 0, 1, 2
P1_O1, P2_O1, P1_O2, P3_O3 = 0, 1, 2, 3


def hierarchy(weight=(3.0, 1.0, NAN), initiative_weight=(NAN, NAN), importance=(3.0, NAN)):
    """Customer A with initiative I (outcomes O1, O2), customer B with one initiative (outcome O3)."""
    return Hierarchy(
        initiative=np.array([0, 0, 1]),
        customer=np.array([0, 1]),
        weight=np.array(weight),
        initiative_weight=np.array(initiative_weight),
        importance=np.array(importance),
    )


def worked_example(value, method="proportional", effect=(6.0, 9.0, -1.0, 1.0), **fields):
    """The catalogue's example: P1 and P2 on O1, P1 on O2, P3 on O3."""
    return ledger(
        hierarchy=hierarchy(**fields),
        value=value,
        baseline=[40.0, 24.0, 90.0],
        target=[60.0, 8.0, 95.0],
        started=[True, True, True],
        outcome=[O1, O1, O2, O3],
        effect=effect,
        method=method,
    )


AT_Q1 = (50.0, 22.0, NAN)
AT_Q2 = (50.0, 22.0, 89.0)


def test_worked_example_at_the_end_of_the_first_quarter():
    q1 = worked_example(AT_Q1)

    assert q1.measurable.tolist() == [True, True, False]
    np.testing.assert_allclose(q1.weight, [75, 25, 0])
    np.testing.assert_allclose(q1.progress, [0.5, 0.125, 0])
    np.testing.assert_allclose(q1.claim, [0.3, 0.45, 0.0625, NAN])
    np.testing.assert_allclose(q1.scale, [2 / 3, 1, NAN])
    np.testing.assert_allclose(q1.credited, [0.2, 0.3, 0.0625, 0])
    np.testing.assert_allclose(q1.unattributed, [0, 0.0625, 0], atol=1e-15)
    np.testing.assert_allclose(q1.points, [15, 22.5, 1.5625, 0])
    assert q1.unattributed_points.sum() == pytest.approx(1.5625)
    assert q1.attained_points.sum() == pytest.approx(40.625)
    assert q1.overclaimed.tolist() == [True, False, False]


def test_worked_example_by_shapley():
    q1 = worked_example(AT_Q1, method="shapley")

    np.testing.assert_allclose(q1.points, [13.125, 24.375, 1.5625, 0])
    assert q1.points[[P1_O1, P1_O2]].sum() == pytest.approx(14.6875)


def test_worked_example_when_a_second_customer_arrives_and_falls_back():
    q2 = worked_example(AT_Q2)

    np.testing.assert_allclose(q2.weight, [56.25, 18.75, 25])
    np.testing.assert_allclose(q2.progress, [0.5, 0.125, -0.2])
    np.testing.assert_allclose(q2.scale, [2 / 3, 1, 0])
    np.testing.assert_allclose(q2.unattributed, [0, 0.0625, -0.2], atol=1e-15)
    assert q2.points[[P1_O1, P1_O2]].sum() == pytest.approx(12.421875)
    np.testing.assert_allclose(q2.points[[P2_O1, P3_O3]], [16.875, 0])
    assert q2.unattributed_points.sum() == pytest.approx(-3.828125)
    assert q2.attained_points.sum() == pytest.approx(25.46875)


def test_worked_bridge():
    parts = bridge(worked_example(AT_Q1), worked_example(AT_Q2))

    assert (parts.before, parts.change, parts.unattributed_change, parts.mix, parts.after) == pytest.approx(
        (40.625, 0.0, -5.0, -10.15625, 25.46875)
    )


def test_a_bridge_of_one_customer_stays_on_the_enterprise_scale():
    parts = bridge(worked_example(AT_Q1), worked_example(AT_Q2), outcomes=np.array([False, False, True]))

    assert (parts.before, parts.change, parts.unattributed_change, parts.mix, parts.after) == pytest.approx(
        (0, 0, -5, 0, -5)
    )


def test_an_outcome_that_is_no_longer_measurable_is_all_mix():
    moved = movement(worked_example(AT_Q1), worked_example((NAN, 22.0, NAN)))

    np.testing.assert_allclose(moved.change[[P1_O1, P2_O1]], 0)
    np.testing.assert_allclose(moved.mix[[P1_O1, P2_O1]], [-15, -22.5])


def test_a_new_claim_is_all_change():
    before = worked_example(AT_Q1, effect=(6.0, 9.0, NAN, 1.0))
    moved = movement(before, worked_example(AT_Q1))

    assert (moved.change[P1_O2], moved.mix[P1_O2]) == pytest.approx((1.5625, 0))


@pytest.mark.parametrize("blocked", ["weight", "initiative_weight", "importance"])
def test_a_weight_of_zero_makes_an_outcome_not_measurable(blocked):
    fields = {"weight": (0.0, 1.0, NAN), "initiative_weight": (0.0, NAN), "importance": (0.0, NAN)}
    state = worked_example(AT_Q2, **{blocked: fields[blocked]})

    assert not state.measurable[O1]
    assert state.weight.sum() == pytest.approx(100)
    assert np.isnan(state.claim[P1_O1])
    assert np.isnan(state.scale[O1])


def test_progress_is_clamped_and_needs_a_way_to_go():
    np.testing.assert_array_equal(progress([70, 10, 5, NAN], [40, 40, 5, 0], [60, 60, 5, 1]), [1, -1, NAN, NAN])


def test_nothing_measurable_has_no_points():
    state = worked_example((NAN, NAN, NAN))

    assert state.weight.tolist() == [0, 0, 0]
    assert state.points.tolist() == [0, 0, 0, 0]


def test_thirteen_claimants_share_in_proportion_under_both_methods():
    at, claims = np.zeros(13, dtype=np.int64), np.linspace(0.1, 0.4, 13)
    by_hand = credit(at, claims, np.array([0.5]), "proportional")[0]

    np.testing.assert_array_equal(credit(at, claims, np.array([0.5]), "shapley")[0], by_hand)


def test_ledgers_over_other_claims_are_not_compared():
    other = ledger(
        hierarchy=hierarchy(), value=AT_Q1, baseline=[40.0, 24.0, 90.0], target=[60.0, 8.0, 95.0],
        started=[True] * 3, outcome=[O2], effect=[1.0],
    )  # fmt: skip
    with pytest.raises(ValueError, match="same outcomes and claims"):
        movement(worked_example(AT_Q1), other)


def test_range_is_the_lowest_and_highest_of_three_readings():
    low, high = contribution_range([15.0, 2.0], [13.0, 2.0], [0.0, 5.0])

    assert (low.tolist(), high.tolist()) == ([0, 2], [15, 5])


def test_a_later_row_replaces_an_earlier_one_of_its_key():
    assert replaced_on([7, 3, 7, 7], [30, 5, 10, 20], never=99).tolist() == [99, 99, 20, 30]


# any claims


def drawn(value):
    return st.one_of(st.just(NAN), value)


WEIGHT = drawn(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]))
VALUE = drawn(st.integers(-30, 30).map(float))
EFFECT = drawn(st.integers(-30, 30).map(float))


OUTCOMES, INITIATIVES, CUSTOMERS = 5, 3, 2


def several(of, n, dtype=float):
    return st.lists(of, min_size=n, max_size=n).map(lambda drawn_values: np.array(drawn_values, dtype=dtype))


def indexes(upto, n):
    return several(st.integers(0, upto - 1), n, dtype=np.int64)


@st.composite
def ledgers(draw):
    """Ledgers by both methods over the same outcomes and claims at two instants."""
    pairs = draw(st.integers(0, 15))
    places = draw(indexes(OUTCOMES, pairs))
    initiative, customer = draw(indexes(INITIATIVES, OUTCOMES)), draw(indexes(CUSTOMERS, INITIATIVES))
    baseline = draw(several(st.integers(-9, 9), OUTCOMES))
    way = draw(several(st.sampled_from([-9, 0, 4, 20]), OUTCOMES))
    states = []
    for _ in range(2):
        weights = [draw(several(WEIGHT, n)) for n in (OUTCOMES, INITIATIVES, CUSTOMERS)]
        at = {
            "hierarchy": Hierarchy(initiative, customer, *weights),
            "value": draw(several(VALUE, OUTCOMES)),
            "baseline": baseline,
            "target": baseline + way,
            "started": draw(several(st.booleans(), OUTCOMES, dtype=bool)),
            "outcome": places,
            "effect": draw(several(EFFECT, pairs)),
        }
        states.append({method: ledger(**at, method=method) for method in ("proportional", "shapley")})
    return states


@settings(max_examples=50)
@given(states=ledgers())
def test_weights_add_to_a_hundred_and_points_to_what_was_attained(states):
    for state in states[0].values():
        assert state.weight.sum() == pytest.approx(100 if state.measurable.any() else 0)
        per_outcome = np.bincount(state.outcome, state.points, minlength=5) + state.unattributed_points
        np.testing.assert_allclose(per_outcome, state.attained_points, atol=1e-9)


@settings(max_examples=50)
@given(states=ledgers())
def test_both_methods_credit_the_same_total_per_outcome(states):
    totals = [np.bincount(s.outcome, s.credited, minlength=5) for s in states[0].values()]

    np.testing.assert_allclose(*totals, atol=1e-9)
    np.testing.assert_array_equal(*(s.unattributed for s in states[0].values()))


@settings(max_examples=50)
@given(states=ledgers())
def test_claims_on_the_other_side_and_claims_of_nothing_get_exactly_zero(states):
    for state in states[0].values():
        aside = ~(state.claim * state.progress[state.outcome] > 0)
        assert (state.credited[aside] == 0).all()


@settings(max_examples=50)
@given(states=ledgers())
def test_unattributed_is_exactly_zero_where_claims_reach_the_attained(states):
    for state in states[0].values():
        assert (state.unattributed[state.overclaimed] == 0).all()


@settings(max_examples=50)
@given(states=ledgers())
def test_the_bridge_adds_up_for_all_and_for_any_part(states):
    for method in ("proportional", "shapley"):
        for outcomes in (None, np.array([True, False, True, False, False])):
            parts = bridge(states[0][method], states[1][method], outcomes)
            assert parts.before + parts.change + parts.unattributed_change + parts.mix == pytest.approx(
                parts.after, abs=1e-9
            )


@settings(max_examples=50)
@given(states=ledgers())
def test_points_move_by_change_and_mix_claim_by_claim(states):
    for method in ("proportional", "shapley"):
        before, after = states[0][method], states[1][method]
        moved = movement(before, after)
        np.testing.assert_allclose(before.points + moved.change + moved.mix, after.points, atol=1e-9)


@given(claims=st.lists(st.floats(-1, 1), min_size=1, max_size=11), attained=st.floats(-1, 1))
def test_two_projects_with_equal_claims_get_equal_credit(claims, attained):
    both = np.array([*claims, claims[0]])
    for method in ("proportional", "shapley"):
        credited = credit(np.zeros(both.size, dtype=np.int64), both, np.array([attained]), method)[0]
        assert credited[0] == pytest.approx(credited[-1], abs=1e-12)
