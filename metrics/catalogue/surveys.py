"""Formulas over survey answers: net promoter scores, satisfaction, effort.

Entries: net_promoter_score, customer_satisfaction, customer_effort_score (value_creation.yaml) and
employee_net_promoter_score (longevity.yaml).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from metrics.columns import NO_TEXT, Facts, Floats, Mask, Table, choice
from metrics.formulas.sequences import joined_key, next_in_group, tied
from metrics.frame import Frame, Periods, Positions
from metrics.parts import Outcome, Part, Sum, ratio
from metrics.registry import formula

FEED = "survey_responses"
PROMOTER = 9
DETRACTOR = 6
TOP_BOX = 0.75
_SLACK = 1e-9


@dataclass(frozen=True)
class Answers:
    """Answers of one kind and audience; `later` is the next answer of the same respondent, -1 for none."""

    rows: Table
    later: Positions

    def counted(self, f: Frame) -> tuple[Mask, Periods]:
        """Which answers count, and their periods: of one respondent only the last inside a period."""
        period = f.period_of(self.rows.answered_on)
        superseded = (self.later >= 0) & (period[self.later] == period)
        return (period >= 0) & ~superseded, period


def answers(f: Frame, kind: str, audience: str) -> Answers:
    """Answers of one kind and audience, put in sequence once for all periods."""
    made: Answers = f.facts.derived(FEED, f"{kind} {audience}", lambda: _sequenced(f.facts, kind, audience))
    return made


def _sequenced(facts: Facts, kind: str, audience: str) -> Answers:
    """A respondent is one in the same customer, project, service and team; a blank one stands alone.

    Of two answers on one day the code last in text order is the later one: codes are read for such rows only.
    """
    table = facts.table(FEED)
    rows = table.take(
        (table.kind == choice(FEED, "kind", kind)) & (table.audience == choice(FEED, "audience", audience))
    )
    later = np.full(len(rows), -1, dtype=np.int64)
    known = np.flatnonzero(rows.respondent != NO_TEXT)
    if not len(known):
        return Answers(rows, later)
    names = ("respondent", "customer", "project", "service", "team")
    key, day = joined_key([rows.columns[name][known] for name in names]), rows.answered_on[known]
    rank = np.zeros(len(known), dtype=np.int64)
    ties = np.flatnonzero(tied(key, day))
    if len(ties):
        codes = facts.texts(FEED, rows.ids[known[ties]])
        rank[ties[sorted(range(len(ties)), key=codes.__getitem__)]] = np.arange(len(ties))
    follower = next_in_group(key, day, rank)
    later[known] = np.where(follower >= 0, known[follower], -1)
    return Answers(rows, later)


def _promoters(f: Frame, kind: str, audience: str, without: str = "") -> tuple[Sum, Sum, Sum, Sum]:
    """Promoters less detractors times 100, promoters, detractors, and all answers counted.

    `without` names a column by which the answers belong to no scope.
    """
    given = answers(f, kind, audience)
    counted, period = given.counted(f)
    columns = {name: column for name, column in given.rows.columns.items() if name != without}
    rows = Table(FEED, given.rows.ids, columns)
    promoter = counted & (rows.score >= PROMOTER)
    detractor = counted & (rows.score <= DETRACTOR)
    net = Sum(rows, 100.0 * promoter - 100.0 * detractor, period)
    return net, Sum(rows, promoter, period), Sum(rows, detractor, period), Sum(rows, counted, period)


def _rescaled(rows: Table) -> Floats:
    """Scores on 0 to 1 of their own scale."""
    scaled: Floats = (rows.score - rows.scale_min) / (rows.scale_max - rows.scale_min)
    return scaled


@formula("net_promoter_score", feeds=(FEED,))
def net_promoter_score(f: Frame) -> Iterator[Part]:
    """Share of promoters (9, 10) less share of detractors (0 to 6), in points.

    Counted: the last answer of each respondent in the period; a blank respondent counts with every row.
    The margin of error is that of a 95 % interval of the difference of two shares of one sample.
    Source: Reichheld 2003. Example: 10, 9, 8, 7, 3 -> (2 - 1) / 5 -> 20 points, margin
    196 x sqrt((0.6 - 0.04) / 5) = 65.59.
    """
    score, promoters, detractors, counted = _promoters(f, "nps", "customer")
    yield ratio("", score, counted)
    yield ratio("promoter_share", promoters, counted)
    yield ratio("detractor_share", detractors, counted)

    def margin(promoters: Floats, detractors: Floats, n: Floats) -> Outcome:
        p, d = (np.divide(part, n, out=np.zeros_like(n), where=n > 0) for part in (promoters, detractors))
        spread = np.maximum(p + d - (p - d) ** 2, 0.0)
        return Outcome(value=196.0 * np.sqrt(np.divide(spread, n, out=np.zeros_like(n), where=n > 0)), n=n)

    inputs = {"promoters": promoters, "detractors": detractors, "n": counted}
    yield Part("margin_of_error", inputs, margin, ("promoters", "detractors"), ("n",), rows_are="inputs")
    score, _, _, counted = _promoters(f, "nps", "end_customer")
    yield ratio("end_customer", score, counted)


@formula("customer_satisfaction", feeds=(FEED,))
def customer_satisfaction(f: Frame) -> Iterator[Part]:
    """Percent of answers in the upper quarter of their scale (4 and 5 on 1 to 5), and the mean rescaled score.

    Counted as in net_promoter_score; an exact three quarters counts in spite of rounding.
    Source: top-two-box CSAT. Example: 5, 4, 4, 3, 1 on 1 to 5 -> 60 %; mean 100 x (1 + 0.75 + 0.75 + 0.5 + 0) / 5 = 60.
    """
    given = answers(f, "csat", "customer")
    mask, period = given.counted(f)
    scaled = _rescaled(given.rows)
    counted = Sum(given.rows, mask, period)
    yield ratio("", Sum(given.rows, 100.0 * (mask & (scaled >= TOP_BOX - _SLACK)), period), counted)
    yield ratio("mean_score", Sum(given.rows, np.where(mask, 100.0 * scaled, 0.0), period, where=mask), counted)


@formula("customer_effort_score", feeds=(FEED,))
def customer_effort_score(f: Frame) -> Iterator[Part]:
    """Mean answer to "it was easy", put on 1 (very hard) to 7 (very easy).

    Counted as in net_promoter_score. Source: CES 2.0. Example: 3 on 1 to 5 -> 1 + 6 x 0.5 = 4.
    """
    given = answers(f, "ces", "customer")
    mask, period = given.counted(f)
    yield ratio(
        "",
        Sum(given.rows, np.where(mask, 1.0 + 6.0 * _rescaled(given.rows), 0.0), period),
        Sum(given.rows, mask, period),
    )


@formula("employee_net_promoter_score", feeds=(FEED,))
def employee_net_promoter_score(f: Frame) -> Iterator[Part]:
    """Net promoter score of employees; nothing is shown of fewer than 5 answers.

    Counted as in net_promoter_score; the team is the one named by the answer, never that of a service.
    Source: Reichheld, applied to employees. Example: 9, 9, 8, 6, 10 -> 40 points.
    """
    score, promoters, detractors, counted = _promoters(f, "enps", "employee", without="service")
    yield ratio("", score, counted)
    yield ratio("promoter_share", promoters, counted)
    yield ratio("detractor_share", detractors, counted)
