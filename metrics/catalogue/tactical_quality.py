"""Formulas of the tactical family about quality: changes to services, and checks against standards.

Entries: change_fail_rate, process_conformance_rate, compliance_pass_rate (tactical.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from metrics.catalogue.checks import checks
from metrics.columns import Floats, Table, choice
from metrics.explained import PerPeriod
from metrics.formulas.normal import normal_quantile
from metrics.frame import DAY_US, Frame, Positions
from metrics.parts import (
    Distinct,
    Items,
    Outcome,
    Part,
    Reducible,
    Sum,
    count,
    divide,
    is_zero,
    quantile,
    ratio,
)
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
    weeks = PerPeriod("weeks", f.grain.days / 7)

    def outcome(deployed: Floats, weeks: Floats, ever: Floats) -> Outcome:
        return Outcome(divide(deployed, weeks), deployed, deployed, weeks, has_data=ever > 0)

    inputs: dict[str, Reducible] = {"deployed": deployed, "weeks": weeks, "ever": ever}
    yield Part("deployments_per_week", inputs, outcome, ("deployed",), ("weeks",), counts=True)


@formula("process_conformance_rate", feeds=("standard_checks", "standards", "projects", "portfolios"))
def process_conformance_rate(f: Frame) -> Iterator[Part]:
    """Checks passed of checks with a known result, against standards of kind quality.

    Defects per million count rows with both units and defects; the sigma level is the normal quantile of the good
    share, plus 1.5. Source: ISO 9001 clause 9; six sigma. Example: 9 defects in 276 units of 5 opportunities:
    9 / 1380 x 1e6 = 6521.74; quantile of 0.99347826 is 2.483, so sigma 3.983.
    """
    rows, known, passed = checks(f, "quality")
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
        level = normal_quantile(np.clip(1.0 - share, 0.0, 1.0)) + SIGMA_SHIFT
        flat = (share <= 0.0) | (share >= 1.0)
        return Outcome(level, n, zero_denominator=is_zero(chances), undefined={"no_variation": flat})

    inputs = {"defects": defects, "chances": chances, "n": n}
    yield Part("sigma_level", inputs, sigma, ("defects",), ("chances",), rows_are="inputs")


@formula("compliance_pass_rate", feeds=("standard_checks", "standards", "projects", "portfolios"))
def compliance_pass_rate(f: Frame) -> Iterator[Part]:
    """Checks passed of checks with a known result, against standards of kind compliance.

    The share of standards checked counts every compliance standard, whenever it was written.
    Source: house rule. Example: 20 checks, 1 of unknown result, 18 passed: 18 / 19.
    """
    rows, known, passed = checks(f, "compliance")
    period = f.period_of(rows.checked_on)
    yield ratio("", count(rows, passed, period), count(rows, known, period))

    standards = f.table("standards")
    wanted = np.flatnonzero(standards.kind == choice("standards", "kind", "compliance"))
    all_standards = _each_period(f, standards, wanted)
    yield ratio(
        "standards_checked_share",
        Distinct(rows, rows.standard, period),
        all_standards,
        has_data=all_standards if len(f.table("standard_checks")) else _each_period(f, standards, wanted[:0]),
    )


def _each_period(f: Frame, rows: Table, at: Positions) -> Sum:
    """Number of rows that stand in every period."""
    every = np.repeat(at, f.count)
    return Sum(rows, np.ones(len(every)), np.tile(np.arange(f.count), len(at)), every)
