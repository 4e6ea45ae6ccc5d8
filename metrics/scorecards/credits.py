"""What projects added to attained outcomes in a quarter, for a scorecard: the largest by name, the rest in one line."""

from __future__ import annotations

from typing import Final

from django.db import connection

from metrics.ledger import METHODS
from metrics.periods import Period
from metrics.scorecards.content import Contribution, Credit

GAINS: Final = 7
LOSSES: Final = 5
SMALLEST: Final = 0.005
"""Points below which a project is among the others."""

PROJECTS_BELOW: Final = (
    "WITH RECURSIVE below AS (SELECT id FROM portfolio_portfolios WHERE code = %s UNION "
    "SELECT p.id FROM portfolio_portfolios p JOIN below ON p.parent_id = below.id) "
    "SELECT id FROM portfolio_projects WHERE portfolio_id IN (SELECT id FROM below)"
)
OUTCOMES_OF: Final = (
    "SELECT o.id FROM portfolio_outcomes o JOIN portfolio_initiatives i ON i.id = o.initiative_id "
    "JOIN portfolio_customers c ON c.id = i.customer_id WHERE c.code = %s"
)
INSIDE: Final = {
    "enterprise": "",
    "portfolio": f" AND c.project_id IN ({PROJECTS_BELOW})",
    "program": f" AND c.project_id IN ({PROJECTS_BELOW})",
    "customer": f" AND c.outcome_id IN ({OUTCOMES_OF})",
    "project": " AND c.project_id = (SELECT id FROM portfolio_projects WHERE code = %s)",
}


def contribution_summary(kind: str, code: str, period: Period) -> Contribution | None:
    """The ledger's changes by project, proportional method; None when it holds nothing. Cost: one query."""
    place = period.slot + 1
    inside = INSIDE[kind]
    params: list[int | str] = [place, place, METHODS.index("proportional"), period.year, place]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT g.project_id, coalesce(p.code, ''), coalesce(p.name, ''), g.change, g.points, g.n FROM ("  # noqa: S608
            "SELECT c.project_id, sum(c.change[%s]) AS change, sum(c.points[%s]) AS points, count(*) AS n "
            f"FROM metrics_contribution c WHERE c.method = %s AND c.year = %s AND c.state[%s] <> 0{inside} "
            "GROUP BY c.project_id) g LEFT JOIN portfolio_projects p ON p.id = g.project_id",
            [*params, code] if inside else params,
        )
        rows = cursor.fetchall()
    if not rows:
        return None
    own = sorted((Credit(*row[1:]) for row in rows if row[0]), key=lambda credit: (-credit.change, credit.project))
    gains = [credit for credit in own if credit.change >= SMALLEST][:GAINS]
    losses = [credit for credit in own if credit.change <= -SMALLEST][-LOSSES:]
    shown = tuple(dict.fromkeys([*gains, *losses]))
    rest = [credit for credit in own if credit not in shown]
    unattributed = sum(row[3] for row in rows if not row[0])
    others = sum(credit.change for credit in rest)
    return Contribution(
        credits=shown,
        others=len(rest),
        others_change=others,
        unattributed_change=unattributed,
        net=sum(credit.change for credit in shown) + others + unattributed,
    )
