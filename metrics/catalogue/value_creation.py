"""Formulas of value creation: relationships, reputation, benefits, adoption, service levels, value standards.

Surveys are in surveys.py, interruptions in incidents.py, outcomes and contributions in contribution.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from metrics.catalogue.checks import checks
from metrics.columns import Floats, Mask, Table
from metrics.formulas.sequences import joined_key, next_in_group
from metrics.frame import Frame, Positions
from metrics.parts import Distinct, Part, Sum, ratio
from metrics.registry import formula

GRACE_DAYS = 7
"""Days after its due day in which a touchpoint still counts as held."""


@formula("touchpoint_adherence", feeds=("touchpoints",))
def touchpoint_adherence(f: Frame) -> Iterator[Part]:
    """Share of agreed meetings held no later than 7 days after they were due.

    Counted: due in the period and decided at T: held in time, or the 7 days are over. Others are still open.
    Source: relationship management, ISO 44001. Example: due 1 March held 8 March, due 10 March held 20 March,
    due 28 March not held: March is 1 / 2.
    """
    rows = f.table("touchpoints")
    period = f.period_of(rows.due_on)
    last_day = rows.due_on + GRACE_DAYS
    held = (rows.held_on <= last_day) & (rows.held_on < f.cut(period))
    decided = held | (last_day < f.cut(period))
    yield ratio("", Sum(rows, held, period), Sum(rows, decided, period))


@formula("reputation_index", feeds=("reputation_signals",))
def reputation_index(f: Frame) -> Iterator[Part]:
    """Mean over sources of the mean score of each source, weighted by the count behind each signal (blank 1).

    Source: composite of outside signals. Example: press 80 (n 1) and 60 (n 3), review site 75 -> (65 + 75) / 2 = 70.
    """
    rows = f.table("reputation_signals")
    period = f.period_of(rows.observed_on)
    weight = np.where(np.isnan(rows.n), 1.0, rows.n)
    inside = period >= 0
    groups, source = np.unique(rows.source, return_inverse=True)
    cell = (source * f.count + period)[inside]
    sums = np.bincount(cell, weights=weight[inside], minlength=len(groups) * f.count)
    share = np.zeros(len(rows))
    share[inside] = rows.score[inside] * weight[inside] / sums[cell]
    yield ratio("", Sum(rows, share, period, where=inside), Distinct(rows, source, period))


@formula("benefits_realisation_ratio", feeds=("benefits", "projects", "fx_rates"))
def benefits_realisation_ratio(f: Frame) -> Iterator[Part]:
    """Money benefits realised to date over those planned to date, in base currency.

    Counted: months before T with both figures. Source: PMI benefits realisation management.
    Example: planned 100 and 200, realised 90 and blank -> 90 / 100 = 0.9.
    """
    rows = f.table("benefits")
    period = f.since(rows.month)
    used = ~np.isnan(rows.planned) & ~np.isnan(rows.realised)
    rate = f.rate(f.project_currency(rows), rows.month)
    known = used & ~np.isnan(rate)

    def money(amount: Floats, counted: Mask) -> Sum:
        return Sum(rows, np.where(counted & known, amount * rate, 0.0), period, to_date=True, where=counted)

    realised = money(rows.realised, used)
    n = Sum(rows, used, period, to_date=True)
    missing = Sum(rows, used & ~known, period, to_date=True)
    yield ratio("", realised, money(rows.planned, used), n=n, missing=missing)
    validated = money(rows.realised, used & (rows.validated == 1))
    yield ratio("validated_share", validated, realised, n=n, missing=missing)


def _next_months(rows: Table) -> Positions:
    key = joined_key([rows.customer, rows.service, rows.project])
    return next_in_group(key, rows.month)


@formula("adoption_rate", feeds=("adoption",))
def adoption_rate(f: Frame) -> Iterator[Part]:
    """Active users over entitled users in the last month reported inside the period.

    Counted: one row for each customer, service and project. Source: adoption practice.
    Example: January 17 of 50, February 18 of 50, March not reported: the first quarter is 18 / 50 = 0.36.
    """
    rows = f.table("adoption")
    period = f.period_of(rows.month)
    later: Positions = f.facts.derived("adoption", "later", lambda: _next_months(rows))
    last = (period >= 0) & ~((later >= 0) & (period[later] == period))
    active, entitled = (
        Sum(rows, np.where(last, users, 0.0), period, where=last) for users in (rows.active_users, rows.entitled_users)
    )
    yield ratio("", active, entitled, n=Sum(rows, last, period))


@formula("sla_compliance_rate", feeds=("standard_checks", "standards"))
def sla_compliance_rate(f: Frame) -> Iterator[Part]:
    """Share of service level checks passed, of those with a known result.

    Source: ISO/IEC 20000-1. Example: passed, passed, failed, unknown -> 2 / 3.
    """
    rows, known, passed = checks(f, "sla")
    period = f.period_of(rows.checked_on)
    yield ratio("", Sum(rows, passed, period), Sum(rows, known, period))


@formula("value_standard_attainment", feeds=("standard_checks", "standards"))
def value_standard_attainment(f: Frame) -> Iterator[Part]:
    """Share of checks of value standards passed; the yield is value over expected value, of rows with both.

    Source: value standards of the source text. Example: value 90 of 100 expected, 120 of 100: attainment 1 / 2,
    yield 210 / 200 = 1.05.
    """
    rows, known, passed = checks(f, "value")
    period = f.period_of(rows.checked_on)
    yield ratio("", Sum(rows, passed, period), Sum(rows, known, period))
    both = ~np.isnan(rows.value) & ~np.isnan(rows.expected_value)
    value, expected = (
        Sum(rows, np.where(both, figure, 0.0), period, where=both) for figure in (rows.value, rows.expected_value)
    )
    yield ratio("value_yield", value, expected, n=Sum(rows, both, period))
