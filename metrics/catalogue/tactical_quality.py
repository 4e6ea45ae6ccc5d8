"""Formulas of the tactical family about quality: changes to services, and checks against standards.

Entries: change_fail_rate, process_conformance_rate, compliance_pass_rate (tactical.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtri

from metrics.columns import Floats, Mask, Table, choice
from metrics.frame import DAY_US, Frame
from metrics.parts import Custom, Distinct, Items, Outcome, Part, Sum, count, divide, is_zero, quantile, ratio
from metrics.registry import formula

HOUR_US = DAY_US / 24
SIGMA_SHIFT = 1.5
MILLION = 1e6


@formula("change_fail_rate", feeds=("deployments", "services"))
def change_fail_rate(f: Frame) -> Iterator[Part]:
    """Deployments that needed immediate intervention, of those where it is known.

    Source: DORA delivery metrics. Example: 10 deployments, 1 of unknown result, 3 failed: 3 / 9.
    """
    rows = f.table("deployments")
    period = f.period_at(rows.deployed_at)
    yield ratio("", count(rows, rows.failed == 1, period), count(rows, rows.failed >= 0, period))
    yield ratio("rework_rate", count(rows, rows.rework == 1, period), count(rows, rows.rework >= 0, period))

    outage = (rows.restored_at - rows.deployed_at) / HOUR_US
    recovered = Items(rows, outage, f.period_at(rows.restored_at), where=rows.failed == 1)
    yield quantile("recovery_hours_median", recovered, 0.5)

    lead = (rows.deployed_at - rows.first_committed_at) / HOUR_US
    yield quantile("lead_time_hours_median", Items(rows, lead, period, where=lead >= 0), 0.5)

    every = np.ones(len(rows))
    deployed = Sum(rows, every, period)
    ever = Sum(rows, every, f.since_at(rows.deployed_at), to_date=True)
    weeks = Custom(lambda frame, kind: np.tile(frame.grain.days / 7, (len(frame.scopes.of(kind)), 1)))

    def outcome(deployed: Floats, weeks: Floats, ever: Floats) -> Outcome:
        return Outcome(divide(deployed, weeks), deployed, deployed, weeks, has_data=ever > 0)

    inputs = {"deployed": deployed, "weeks": weeks, "ever": ever}
    yield Part("deployments_per_week", inputs, outcome, ("deployed",), counts=True)


def _checks(f: Frame, kind: str) -> tuple[Table, Mask, Mask]:
    """Checks against standards of a kind: the rows, which have a known result, which passed.

    A blank result is read off the value where a limit is set: inside the limits, borders included, is passed.
    """
    rows, standards = f.table("standard_checks"), f.table("standards")
    rows = rows.take(standards.kind[rows.standard] == choice("standards", "kind", kind))
    low, high = standards.lower_limit[rows.standard], standards.upper_limit[rows.standard]
    derived = (rows.passed < 0) & ~np.isnan(rows.value) & ~(np.isnan(low) & np.isnan(high))
    inside = ~(rows.value < low) & ~(rows.value > high)
    return rows, (rows.passed >= 0) | derived, (rows.passed == 1) | (derived & inside)


@formula("process_conformance_rate", feeds=("standard_checks", "standards", "projects", "portfolios"))
def process_conformance_rate(f: Frame) -> Iterator[Part]:
    """Checks passed of checks with a known result, against standards of kind quality.

    Defects per million count rows with both units and defects; the sigma level is the normal quantile of the good
    share, plus 1.5. Source: ISO 9001 clause 9; six sigma. Example: 9 defects in 276 units of 5 opportunities:
    9 / 1380 x 1e6 = 6521.74; quantile of 0.99347826 is 2.483, so sigma 3.983.
    """
    rows, known, passed = _checks(f, "quality")
    period = f.period_of(rows.checked_on)
    yield ratio("", count(rows, passed, period), count(rows, known, period))

    per_unit = f.table("standards").opportunities_per_unit[rows.standard]
    counted = ~np.isnan(rows.units) & ~np.isnan(rows.defects)
    opportunities = rows.units * np.where(np.isnan(per_unit), 1.0, per_unit)
    defects = Sum(rows, np.where(counted, rows.defects, 0.0), period, where=counted)
    chances = Sum(rows, np.where(counted, opportunities, 0.0), period, where=counted)
    n = count(rows, counted, period)
    yield ratio("defects_per_million", defects, chances, n=n, factor=MILLION)

    def sigma(defects: Floats, chances: Floats, n: Floats) -> Outcome:
        share = divide(defects, chances)
        level = ndtri(np.clip(1.0 - share, 0.0, 1.0)) + SIGMA_SHIFT
        flat = (share <= 0.0) | (share >= 1.0)
        return Outcome(level, n, zero_denominator=is_zero(chances), undefined={"no_variation": flat})

    inputs = {"defects": defects, "chances": chances, "n": n}
    yield Part("sigma_level", inputs, sigma, ("defects",), ("chances",))


@formula("compliance_pass_rate", feeds=("standard_checks", "standards", "projects", "portfolios"))
def compliance_pass_rate(f: Frame) -> Iterator[Part]:
    """Checks passed of checks with a known result, against standards of kind compliance.

    The share of standards checked counts every compliance standard, whenever it was written.
    Source: house rule. Example: 20 checks, 1 of unknown result, 18 passed: 18 / 19.
    """
    rows, known, passed = _checks(f, "compliance")
    period = f.period_of(rows.checked_on)
    yield ratio("", count(rows, passed, period), count(rows, known, period))

    standards = f.table("standards")
    wanted = np.flatnonzero(standards.kind == choice("standards", "kind", "compliance"))
    every = np.repeat(wanted, f.count)
    each_period = np.tile(np.arange(f.count), len(wanted))
    all_standards = Sum(standards, np.ones(len(every)), each_period, every)
    yield ratio(
        "standards_checked_share",
        Distinct(rows, rows.standard, period),
        all_standards,
        has_data=all_standards if len(f.table("standard_checks")) else Sum(standards, np.zeros(len(every)), each_period, every),
        scopes=("enterprise",),
    )
