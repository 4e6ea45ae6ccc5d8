"""Contribution to customer success: attained outcomes, and what each project added to them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from metrics.columns import Floats, Mask, choice
from metrics.frame import Frame, Spread
from metrics.ledger import FEEDS, LedgerStates
from metrics.parts import Custom, Distinct, Outcome, Part, Reducible, Sum, divide, ratio
from metrics.registry import OUTCOME_SCOPES, formula


@formula("outcome_attainment", feeds=FEEDS)
def outcome_attainment(f: Frame) -> Iterator[Part]:
    """Share of what customers set out to achieve that has been achieved: sum W_o x a_o / sum W_o.

    Counted: outcomes measurable at T, weighted as in the contribution ledger. Plan figures take
    outcomes with start_on < due_on. Source: OKR and goal attainment practice. Example: a = 0.5 with
    W 75 and a = 0.125 with W 25 give 40.625 / 100.
    """
    states = LedgerStates.of(f, "proportional")
    rows = states.outcomes
    measurable = states.stacked("measurable") > 0
    weight, progress = states.stacked("weight"), states.stacked("progress")
    due = f.grain.cut[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        plan = np.clip((due - rows.start_on) / (rows.due_on - rows.start_on), 0.0, 1.0)
    dated = measurable & (rows.start_on < rows.due_on)[None, :]
    started = np.isnan(rows.start_on)[None, :] | (rows.start_on[None, :] < due)

    def over(values: Floats, kept: Mask) -> Sum:
        spread = states.outcome_rows(np.broadcast_to(values, kept.shape), kept)
        return Sum(rows, spread.length, spread.period, at=spread.at)

    ones = np.ones(measurable.shape)
    yield ratio("", over(weight * progress, measurable), over(weight, measurable), n=over(ones, measurable))
    yield ratio("planned", over(weight * plan, dated), over(weight, dated), n=over(ones, dated))
    yield ratio("attainment_to_plan", over(weight * progress, dated), over(weight * plan, dated), n=over(ones, dated))
    yield ratio("measurable_share", over(ones, measurable), over(ones, started))


@formula("end_customer_success", feeds=FEEDS)
def end_customer_success(f: Frame) -> Iterator[Part]:
    """As outcome_attainment, over outcomes of the customer's own customers; weights as in the ledger.

    Source: goal attainment scaling. Example: W 37.5 at 0.7 and W 12.5 at -0.4 give 21.25 / 50.
    """
    states = LedgerStates.of(f, "proportional")
    rows = states.outcomes
    theirs = rows.audience == choice("outcomes", "audience", "end_customer")
    kept = (states.stacked("measurable") > 0) & theirs[None, :]
    weight = states.outcome_rows(states.stacked("weight"), kept)
    attained = states.outcome_rows(states.stacked("attained_points"), kept)
    yield ratio(
        "",
        Sum(rows, attained.length, attained.period, at=attained.at),
        Sum(rows, weight.length, weight.period, at=weight.at),
        n=Sum(rows, np.ones(len(weight.at)), weight.period, at=weight.at),
    )


@formula("project_contribution", feeds=FEEDS)
def project_contribution(f: Frame) -> Iterator[Part]:
    """Points credited to projects at T, with the change and mix since the period's start.

    A project counts when it has a claim in force on a measurable outcome, also when credited 0.
    Source: proportional sharing; Shapley 1953. Example: the catalogue's worked example (section
    contribution): P1 75 x 0.2 + 25 x 0.0625 = 16.5625 points.
    """
    states = LedgerStates.of(f, "proportional")
    claims, outcomes = states.claims, states.outcomes

    def on_claims(spread: Spread, weight: Floats | None = None) -> Sum:
        return Sum(claims, spread.length if weight is None else weight, spread.period, at=spread.at)

    def on_outcomes(values: Floats) -> Sum:
        spread = states.outcome_rows(values, values != 0)
        return Sum(outcomes, spread.length, spread.period, at=spread.at)

    claimed = ~np.isnan(states.stacked("claim"))
    points = states.claim_rows(states.stacked("points"), claimed)
    evidenced = np.where(states.evidenced[points.at], np.abs(points.length), 0.0) if len(points.at) else points.length
    change, mix = states.moved("change"), states.moved("mix")
    rest_mix = states.moved("unattributed_mix")
    shapley = LedgerStates.of(f, "shapley").stacked("points")
    measurable = states.stacked("measurable")

    credited = on_claims(points)
    projects = Distinct(claims, claims.project[points.at], points.period, at=points.at)
    outcome_count = on_outcomes(measurable.astype(np.float64))
    rest_mix_sum = on_outcomes(rest_mix)
    rest = on_outcomes(states.stacked("unattributed_points"))
    mix_sum = on_claims(states.claim_rows(mix, mix != 0))
    has_data = Custom(lambda frame, kind: (outcome_count if kind in OUTCOME_SCOPES else projects).reduce(frame, kind))

    def plain(component: str, *terms: Reducible) -> Part:
        def outcome(n: Floats, has_data: Floats, **term: Floats) -> Outcome:
            held = has_data > 0
            return Outcome(value=sum(term.values()), n=n, has_data=held, not_measurable=~held)  # type: ignore[arg-type]

        inputs: dict[str, Reducible] = {f"term{place}": term for place, term in enumerate(terms)}
        return Part(
            component,
            {**inputs, "n": projects, "has_data": has_data},
            outcome,
            numerator=tuple(inputs),
            counts=True,
        )

    yield plain("", credited)
    yield plain("change", on_claims(states.claim_rows(change, change != 0)))
    with_rest = Custom(
        lambda frame, kind: (
            mix_sum.reduce(frame, kind) + (rest_mix_sum.reduce(frame, kind) if kind in OUTCOME_SCOPES else 0.0)
        ),
        shown=(mix_sum, rest_mix_sum),
    )
    yield plain("mix", with_rest)
    yield plain("shapley", on_claims(states.claim_rows(shapley, claimed)))
    yield plain("unattributed", rest)
    yield plain("unattributed_change", on_outcomes(states.moved("unattributed_change")))
    yield plain("attained_points", on_outcomes(states.stacked("attained_points")))

    def evidence_outcome(numerator: Floats, denominator: Floats, n: Floats, has_data: Floats) -> Outcome:
        return Outcome(
            value=divide(numerator, denominator),
            n=n,
            numerator=numerator,
            denominator=denominator,
            has_data=n > 0,
            zero_denominator=denominator == 0,
            not_measurable=has_data == 0,
        )

    yield Part(
        "evidenced_share",
        {
            "numerator": on_claims(points, evidenced),
            "denominator": on_claims(points, np.abs(points.length)),
            "n": projects,
            "has_data": has_data,
        },
        evidence_outcome,
        numerator=("numerator",),
        denominator=("denominator",),
    )
