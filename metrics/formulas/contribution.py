"""Contribution ledger: what each project added to what customers set out to achieve, in points that add up.

Outcomes are numbered 0.. and claims name their outcome by that number. The arrays of claims hold every pair of
project and outcome that ever claimed, in the same places at every instant; a pair without a claim in force has a
blank (NaN) claim, so two instants are compared place by place.
Source: proportional sharing; Shapley 1953 (catalogue, section contribution).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from metrics.formulas.segments import Bools, Floats, Ints, sums_by
from metrics.formulas.shapley import EXACT_UP_TO, shapley_shares

Method = Literal["proportional", "shapley"]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Who set out to achieve what: outcomes in initiatives in customers, with weights (NaN = blank = 1)."""

    initiative: Ints
    """Initiative of each outcome."""
    customer: Ints
    """Customer of each initiative."""
    weight: Floats
    initiative_weight: Floats
    importance: Floats


@dataclass(frozen=True, slots=True)
class Ledger:
    """State of the ledger at one instant under one method."""

    outcome: Ints
    """Outcome of each claim."""
    measurable: Bools
    progress: Floats
    """Attained progress a_o, 0 where the outcome is not measurable."""
    weight: Floats
    """Outcome points weight W_o, 0 where not measurable; the sum is 100."""
    claim: Floats
    """Claimed progress, NaN where the pair has no claim in force on a measurable outcome."""
    credited: Floats
    """Credited progress of each claim, 0 where there is none."""
    scale: Floats
    """How far the claims of an outcome were cut (1 not at all, 0 none on its side, NaN no claim or not measurable)."""
    unattributed: Floats
    """Attained progress that no claim reached."""

    @property
    def points(self) -> Floats:
        """Points of each claim, W_o x credited progress."""
        return self.weight[self.outcome] * self.credited

    @property
    def attained_points(self) -> Floats:
        """Points attained per outcome, W_o x a_o: the points of all claims and the unattributed ones."""
        return self.weight * self.progress

    @property
    def unattributed_points(self) -> Floats:
        """Points per outcome that no claim reached."""
        return self.weight * self.unattributed

    @property
    def overclaimed(self) -> Bools:
        """Outcomes whose claims on the side exceed what was attained."""
        return (self.scale > 0) & (self.scale < 1)


def progress(value: ArrayLike, baseline: ArrayLike, target: ArrayLike) -> Floats:
    """Share of the way from baseline to target, clamped to -1..1; NaN without a value or a way to go.

    Works in either direction. Example: 24 to 8 hours, now at 22: -2 / -16 = 0.125.
    """
    return np.clip(_ratio(np.subtract(value, baseline), np.subtract(target, baseline)), -1.0, 1.0)


def claim_progress(effect: ArrayLike, baseline: ArrayLike, target: ArrayLike) -> Floats:
    """What a claim says it moved, as a share of the way, not clamped. Example: +6 of 40 to 60 is 0.3."""
    return _ratio(np.asarray(effect, dtype=np.float64), np.subtract(target, baseline))


def measurable_outcomes(
    hierarchy: Hierarchy, value: ArrayLike, baseline: ArrayLike, target: ArrayLike, started: ArrayLike
) -> Bools:
    """Outcomes with a measured value, a target off the baseline, started, and no weight of 0 above them.

    `value` is the latest measurement before the instant, NaN where there is none; `started` says that start_on is
    blank or before the instant.
    """
    weight = _blank_is_one(hierarchy.weight)
    above = _blank_is_one(hierarchy.initiative_weight)[hierarchy.initiative]
    importance = _blank_is_one(hierarchy.importance)[hierarchy.customer[hierarchy.initiative]]
    weighted = (weight != 0) & (above != 0) & (importance != 0)
    moving = np.asarray(target) != np.asarray(baseline)
    measured = ~np.isnan(np.asarray(value, dtype=np.float64))
    return np.asarray(measured & moving & weighted & np.asarray(started, dtype=bool), dtype=bool)


def outcome_weights(hierarchy: Hierarchy, measurable: Bools) -> Floats:
    """Outcome points weights W_o: 100 shared by customers, then initiatives, then outcomes; 0 where not measurable.

    Each share is taken over those that have a measurable outcome. Example: importances 3 and 1, one initiative
    each, outcome weights 3 and 1 for the first: 56.25, 18.75 and 25.
    """
    initiative, customer = hierarchy.initiative, hierarchy.customer
    in_initiative = np.where(measurable, _blank_is_one(hierarchy.weight), 0.0)
    of_initiative = sums_by(initiative, in_initiative, customer.size)
    active = np.bincount(initiative[measurable], minlength=customer.size) > 0
    in_customer = np.where(active, _blank_is_one(hierarchy.initiative_weight), 0.0)
    of_customer = sums_by(customer, in_customer, hierarchy.importance.size)
    served = np.bincount(customer[active], minlength=hierarchy.importance.size) > 0
    importance = np.where(served, _blank_is_one(hierarchy.importance), 0.0)
    customer_share = _share(importance, np.full(importance.shape, importance.sum()))
    initiative_share = _share(in_customer, of_customer[customer]) * customer_share[customer]
    return 100.0 * _share(in_initiative, of_initiative[initiative]) * initiative_share[initiative]


def ledger(
    *,
    hierarchy: Hierarchy,
    value: ArrayLike,
    baseline: ArrayLike,
    target: ArrayLike,
    started: ArrayLike,
    outcome: ArrayLike,
    effect: ArrayLike,
    method: Method = "proportional",
) -> Ledger:
    """Ledger at one instant.

    `value`, `baseline`, `target`, `started` are per outcome as of the instant, `outcome` and `effect` per pair of
    project and outcome, effect NaN where no claim is in force.
    """
    base, goal = np.asarray(baseline, dtype=np.float64), np.asarray(target, dtype=np.float64)
    claimed_on = np.asarray(outcome, dtype=np.int64)
    measurable = measurable_outcomes(hierarchy, value, base, goal, started)
    attained = np.where(measurable, progress(value, base, goal), 0.0)
    claims = claim_progress(effect, base[claimed_on], goal[claimed_on])
    claims[~measurable[claimed_on]] = np.nan
    credited, scale, unattributed = credit(claimed_on, claims, attained, method)
    return Ledger(
        outcome=claimed_on,
        measurable=measurable,
        progress=attained,
        weight=outcome_weights(hierarchy, measurable),
        claim=claims,
        credited=credited,
        scale=scale,
        unattributed=unattributed,
    )


def credit(outcome: Ints, claim: Floats, attained: Floats, method: Method) -> tuple[Floats, Floats, Floats]:
    """Credited progress per claim, then scale and unattributed progress per outcome.

    Only claims on the side of the attained progress take part (above 0 where it rose, below 0 where it fell); all
    others are credited 0. Claims that together stay within it are credited in full; claims beyond it share it, in
    proportion or by Shapley value; both methods leave the same unattributed.
    Example: claims 0.3 and 0.45 on 0.5 attained: scale 2/3, credited 0.2 and 0.3 (Shapley 0.175 and 0.325).
    """
    outcomes = attained.size
    on_side = (claim != 0) & (np.sign(claim) == np.sign(attained)[outcome])
    taking_part = np.where(on_side, claim, 0.0)
    claimed = sums_by(outcome, taking_part, outcomes)
    any_claim = np.bincount(outcome[~np.isnan(claim)], minlength=outcomes) > 0
    scale = np.where(any_claim, 0.0, np.nan)
    sided = claimed != 0
    with np.errstate(over="ignore"):  # a claim next to nothing is credited in full
        scale[sided] = np.minimum(1.0, attained[sided] / claimed[sided])
    reached = sided & (np.abs(claimed) >= np.abs(attained))
    unattributed = np.where(reached, 0.0, attained - claimed)
    credited = taking_part * np.where(sided, scale, 0.0)[outcome]
    if method == "shapley":
        _share_by_shapley(credited, outcome, taking_part, attained, reached & (scale < 1))
    return credited, scale, unattributed


@dataclass(frozen=True, slots=True)
class Movement:
    """What moved between two instants, in points; points after = points before + change + mix, place by place."""

    change: Floats
    """Per claim: W1 x (x1 - x0), what the project did."""
    mix: Floats
    """Per claim: (W1 - W0) x x0, what re-normalised weights did."""
    unattributed_change: Floats
    """Per outcome: W1 x (u1 - u0)."""
    unattributed_mix: Floats
    """Per outcome: (W1 - W0) x u0."""


def movement(before: Ledger, after: Ledger) -> Movement:
    """Movement between two ledgers over the same outcomes and claims; what is absent at an instant counts as 0.

    An outcome that is no longer measurable has change 0 and mix -W0 x x0; a new project or outcome is all change.
    """
    _same_places(before, after)
    at, shift = after.outcome, after.weight - before.weight
    return Movement(
        change=after.weight[at] * (after.credited - before.credited),
        mix=shift[at] * before.credited,
        unattributed_change=after.weight * (after.unattributed - before.unattributed),
        unattributed_mix=shift * before.unattributed,
    )


@dataclass(frozen=True, slots=True)
class Bridge:
    """From the attained points of one instant to those of another: before + the three parts = after."""

    before: float
    change: float
    unattributed_change: float
    mix: float
    after: float


def bridge(before: Ledger, after: Ledger, outcomes: Bools | None = None) -> Bridge:
    """Bridge between two ledgers, over all outcomes or over those of a customer or initiative.

    Example (catalogue): 40.625 + 0 - 5 - 10.15625 = 25.46875.
    """
    moved = movement(before, after)
    within = np.ones(after.weight.size, dtype=bool) if outcomes is None else outcomes
    claims = within[after.outcome]
    return Bridge(
        before=float(before.attained_points[within].sum()),
        change=float(moved.change[claims].sum()),
        unattributed_change=float(moved.unattributed_change[within].sum()),
        mix=float(moved.mix[claims].sum() + moved.unattributed_mix[within].sum()),
        after=float(after.attained_points[within].sum()),
    )


def contribution_range(proportional: ArrayLike, shapley: ArrayLike, evidenced: ArrayLike) -> tuple[Floats, Floats]:
    """Lowest and highest points of three readings of the same claims, place by place.

    `evidenced` is the proportional ledger with the effect of claims of evidence "claimed" set to 0.
    """
    readings = np.stack([np.asarray(reading, dtype=np.float64) for reading in (proportional, shapley, evidenced)])
    return readings.min(axis=0), readings.max(axis=0)


def replaced_on(key: ArrayLike, day: ArrayLike, never: int) -> Ints:
    """Day on which the next row of the same key takes over, `never` for the last one of each key.

    A row is in force at an instant T when day < T <= the answer: for claims the key is (project, outcome), for
    measurements the outcome.
    """
    keys, days = np.asarray(key), np.asarray(day)
    order = np.lexsort((days, keys))
    following = np.full(days.size, never, dtype=np.int64)
    same = keys[order][1:] == keys[order][:-1]
    following[order[:-1][same]] = days[order[1:][same]]
    return following


def _share_by_shapley(credited: Floats, outcome: Ints, claim: Floats, attained: Floats, shared: Bools) -> None:
    """Replace the credit on outcomes that claims exceed, where the claimants are few enough for every order."""
    at = np.flatnonzero((claim != 0) & shared[outcome])
    at = at[np.argsort(outcome[at], kind="stable")]
    where, first, claimants = np.unique(outcome[at], return_index=True, return_counts=True)
    for players in np.unique(claimants[claimants <= EXACT_UP_TO]):
        of_size = claimants == players
        places = at[first[of_size][:, None] + np.arange(players)]
        reached = attained[where[of_size]]
        shares = shapley_shares(np.abs(claim[places]), np.abs(reached))
        credited[places] = np.copysign(shares, reached[:, None])


def _ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Quotient, NaN where the denominator is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(numerator, np.float64), np.asarray(denominator, np.float64))
    quotient: Floats = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)
    return quotient


def _share(part: Floats, whole: Floats) -> Floats:
    """Part of a whole, 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)


def _blank_is_one(weight: Floats) -> Floats:
    return np.where(np.isnan(weight), 1.0, weight)


def _same_places(before: Ledger, after: Ledger) -> None:
    if before.weight.shape != after.weight.shape or not np.array_equal(before.outcome, after.outcome):
        raise ValueError("two ledgers are compared over the same outcomes and claims")
