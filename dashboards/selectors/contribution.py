"""Contribution per project or customer for one period, with its range, in a few set-wise queries.

`metrics.contributions` gives the ledger line by line; here it is added up in the database, so that the cost does
not grow with the number of outcomes on a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from dashboards.selectors.measured import Published
from dashboards.selectors.remembered import remembered
from metrics.layout import CONTRIBUTIONS
from metrics.ledger import METHODS
from metrics.periods import Period
from portfolio.rights import Visibility

PROPORTIONAL = METHODS.index("proportional")
SHAPLEY = METHODS.index("shapley")


@dataclass(frozen=True, slots=True)
class Credit:
    """What one project is credited with: points at the period's end, and what of it is new in the period."""

    id: int
    code: str
    name: str
    points: float
    change: float
    mix: float
    outcomes: int


@dataclass(frozen=True, slots=True)
class Credits:
    """Credits of the visible projects, what belongs to none, and what the reader may not see, all together."""

    projects: tuple[Credit, ...]
    unattributed: float
    unattributed_change: float
    hidden: int
    hidden_change: float
    hidden_points: float
    mix: float
    customer: int | None = None
    initiative: int | None = None


def credits(
    period: Period,
    *,
    visible_to: Visibility,
    customer: int | None = None,
    initiative: int | None = None,
    portfolios: Sequence[int] | None = None,
    state: Published | None = None,
) -> Credits:
    """Credits of a period, on all outcomes or those of a customer or initiative, of all projects or those of some
    portfolios (by ids). Cost: one query, or none with `state` for readers of everything."""
    if state is not None:
        inside = None if portfolios is None else tuple(portfolios)
        return remembered(
            "credits",
            (period, customer, initiative, inside),
            lambda: credits(
                period, visible_to=visible_to, customer=customer, initiative=initiative, portfolios=portfolios
            ),
            state=state,
            visible_to=visible_to,
            most=8,
        )
    where, params = ["c.method = %s", "c.year = %s", "c.state[%s] <> 0"], [PROPORTIONAL, period.year, period.slot + 1]
    if customer is not None:
        where.append(
            "c.outcome_id IN (SELECT o.id FROM portfolio_outcomes o JOIN portfolio_initiatives i "
            "ON i.id = o.initiative_id WHERE i.customer_id = %s)"
        )
        params.append(customer)
    if initiative is not None:
        where.append("c.outcome_id IN (SELECT o.id FROM portfolio_outcomes o WHERE o.initiative_id = %s)")
        params.append(initiative)
    if portfolios is not None:
        where.append("c.project_id IN (SELECT id FROM portfolio_projects WHERE portfolio_id = ANY(%s))")
        params.append(list(portfolios))  # type: ignore[arg-type]
    place = period.slot + 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT g.project_id, coalesce(p.code, ''), coalesce(p.name, ''), g.points, g.change, g.mix, g.n FROM ("  # noqa: S608
            "SELECT c.project_id, sum(c.points[%s]) AS points, sum(c.change[%s]) AS change, sum(c.mix[%s]) AS mix, "
            f"count(*) AS n FROM metrics_contribution c WHERE {' AND '.join(where)} GROUP BY c.project_id) g "
            "LEFT JOIN portfolio_projects p ON p.id = g.project_id",
            [place, place, place, *params],
        )
        rows = cursor.fetchall()
    shown: list[Credit] = []
    unattributed = unattributed_change = mix = hidden_change = hidden_points = 0.0
    hidden = 0
    whole = visible_to.reads_all or customer is not None or initiative is not None
    for number, code, name, points, change, row_mix, n in rows:
        if not number:
            if whole:
                unattributed, unattributed_change = points, change
                mix += row_mix
        elif visible_to.sees("project", code):
            shown.append(Credit(number, code, name, points, change, row_mix, n))
            mix += row_mix
        elif whole:
            hidden += 1
            hidden_change += change
            hidden_points += points
            mix += row_mix
    return Credits(
        tuple(shown),
        unattributed,
        unattributed_change,
        hidden,
        hidden_change,
        hidden_points,
        mix,
        customer,
        initiative,
    )


@dataclass(frozen=True, slots=True)
class Range:
    """Lowest and highest change over the three methods; whether nothing but claims stands behind it."""

    low: float
    high: float
    claimed_only: bool


def ranges(
    projects: Sequence[int],
    period: Period,
    *,
    cut: Any,
    start: Any,
    customer: int | None = None,
    initiative: int | None = None,
) -> dict[int, Range]:
    """Range of the period's change of some projects: proportional, Shapley, and without mere claims.

    Over all outcomes of these projects, or those of a customer or initiative, as the credits were taken. `start` and
    `cut` are the days before which claims count at the period's start and end. Cost: two queries.
    """
    if not projects:
        return {}
    before = period.previous
    outcomes = (
        "outcome_id IN (SELECT outcome_id FROM metrics_contribution WHERE project_id = ANY(%s) AND year = ANY(%s))"
    )
    years = sorted({before.year, period.year})
    params: list[Any] = [years, list(projects), years]
    if customer is not None:
        outcomes += (
            " AND outcome_id IN (SELECT o.id FROM portfolio_outcomes o JOIN portfolio_initiatives i "
            "ON i.id = o.initiative_id WHERE i.customer_id = %s)"
        )
        params.append(customer)
    if initiative is not None:
        outcomes += " AND outcome_id IN (SELECT id FROM portfolio_outcomes WHERE initiative_id = %s)"
        params.append(initiative)
    keys, arrays = CONTRIBUTIONS.read(f"year = ANY(%s) AND {outcomes}", params)
    evidence = _evidence(np.unique(keys["outcome_id"]).tolist())
    changes: dict[int, list[float]] = {
        number: [_stored_change(keys, arrays, period, number, method) for method in (PROPORTIONAL, SHAPLEY)]
        for number in projects
    }
    after_x = _without_claims(keys, arrays, period, evidence, cut)
    before_x = _without_claims(keys, arrays, before, evidence, start)
    weights = _weights(keys, arrays, period)
    found: dict[int, Range] = {}
    for number in projects:
        pairs = {key for key in (*after_x.credited, *before_x.credited) if key[1] == number}
        third = sum(
            weights.get(outcome, 0.0)
            * (after_x.credited.get((outcome, number), 0.0) - before_x.credited.get((outcome, number), 0.0))
            for outcome, _project in pairs
        )
        low, high = min(*changes[number], third), max(*changes[number], third)
        found[number] = Range(low, high, number in after_x.claimed_only)
    return found


def _stored_change(
    keys: dict[str, NDArray[np.int64]], arrays: dict[str, NDArray[Any]], period: Period, project: int, method: int
) -> float:
    mine = (keys["project_id"] == project) & (keys["method"] == method) & (keys["year"] == period.year)
    mine &= arrays["state"][:, period.slot] != 0
    return float(np.nansum(arrays["change"][mine, period.slot]))


def _weights(keys: dict[str, NDArray[np.int64]], arrays: dict[str, NDArray[Any]], period: Period) -> dict[int, float]:
    held = (keys["year"] == period.year) & (arrays["state"][:, period.slot] != 0)
    return dict(
        zip(
            keys["outcome_id"][held].tolist(),
            arrays["outcome_points_weight"][held, period.slot].tolist(),
            strict=True,
        )
    )


def _evidence(outcomes: list[int]) -> dict[tuple[int, int], list[tuple[Any, str]]]:
    """(outcome, project) -> its claims' days and evidence, oldest first. Cost: one query."""
    found: dict[tuple[int, int], list[tuple[Any, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcome_id, project_id, valid_from, evidence FROM portfolio_contributions "
            "WHERE outcome_id = ANY(%s) AND deleted_at IS NULL ORDER BY valid_from",
            [outcomes],
        )
        for outcome, project, day, word in cursor.fetchall():
            found.setdefault((outcome, project), []).append((day, word))
    return found


@dataclass(frozen=True, slots=True)
class _Without:
    """Credited progress per (outcome, project) when mere claims count nothing, and projects with nothing else."""

    credited: dict[tuple[int, int], float]
    claimed_only: frozenset[int]


def _without_claims(
    keys: dict[str, NDArray[np.int64]],
    arrays: dict[str, NDArray[Any]],
    period: Period,
    evidence: dict[tuple[int, int], list[tuple[Any, str]]],
    cut: Any,
) -> _Without:
    held = np.flatnonzero(
        (keys["year"] == period.year)
        & (keys["method"] == PROPORTIONAL)
        & (keys["project_id"] != 0)
        & (arrays["state"][:, period.slot] != 0)
    )
    claims: dict[int, list[tuple[int, float, float]]] = {}
    firm: set[int] = set()
    loose: set[int] = set()
    for row in held.tolist():
        outcome, project = int(keys["outcome_id"][row]), int(keys["project_id"][row])
        claim = float(arrays["claim_progress"][row, period.slot])
        attained = float(arrays["attained_progress"][row, period.slot])
        words = [word for day, word in evidence.get((outcome, project), ()) if day < cut]
        if np.isnan(claim) or not words:
            continue
        if words[-1] == "claimed":
            loose.add(project)
            claim = 0.0
        else:
            firm.add(project)
        claims.setdefault(outcome, []).append((project, claim, attained))
    credited: dict[tuple[int, int], float] = {}
    for outcome, lines in claims.items():
        attained = lines[0][2]
        side = sum(claim for _project, claim, _a in lines if claim * attained > 0)
        scale = min(1.0, attained / side) if side else 0.0
        for project, claim, _a in lines:
            credited[(outcome, project)] = claim * scale if claim * attained > 0 else 0.0
    return _Without(credited, frozenset(loose - firm))


def initiatives_reached(projects: Iterable[int]) -> dict[int, int]:
    """How many customer initiatives each project claims to move. Cost: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.project_id, count(DISTINCT o.initiative_id) FROM portfolio_contributions c "
            "JOIN portfolio_outcomes o ON o.id = c.outcome_id WHERE c.project_id = ANY(%s) AND c.deleted_at IS NULL "
            "AND o.deleted_at IS NULL GROUP BY c.project_id",
            [list(projects)],
        )
        return dict(cursor.fetchall())
