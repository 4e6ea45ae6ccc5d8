"""The milestones of a portfolio's projects, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection


@dataclass(frozen=True, slots=True)
class PortfolioMilestone:
    """A milestone with the project it belongs to."""

    project: str
    name: str
    baseline_on: date
    forecast_on: date | None
    actual_on: date | None


def portfolio_milestones(
    portfolios: Sequence[int], *, start: date, cut: date, most: int = 14
) -> list[PortfolioMilestone]:
    """Milestones reached since `start` or still to come, the nearest to `cut` first; portfolios are already checked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.name, m.name, m.baseline_on, m.forecast_on, CASE WHEN m.actual_on < %s THEN m.actual_on END "
            "FROM portfolio_milestones m JOIN portfolio_projects p ON p.id = m.project_id AND p.deleted_at IS NULL "
            "WHERE p.portfolio_id = ANY(%s) AND m.deleted_at IS NULL AND m.cancelled_on IS NULL "
            "AND (m.actual_on IS NULL OR m.actual_on >= %s) AND p.status NOT IN ('cancelled', 'proposed') "
            "ORDER BY abs(coalesce(m.forecast_on, m.baseline_on) - %s), m.id LIMIT %s",
            [cut, list(portfolios), start, cut, most],
        )
        return [PortfolioMilestone(*row) for row in cursor.fetchall()]
