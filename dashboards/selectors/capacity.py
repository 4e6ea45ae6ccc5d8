"""Hours that teams worked on projects against the hours they had, month by month; never of fewer than five people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from metrics.cells import SMALLEST_GROUP
from metrics.periods import Period
from metrics.records import ValueRecord
from metrics.selectors import ValueQuery, values
from portfolio.rights import Visibility

UTILISATION = "resource_utilisation"


@dataclass(frozen=True, slots=True)
class Capacity:
    """Values of teams by month, and what is missing when there are none."""

    found: tuple[ValueRecord, ...] = ()
    imported: bool = True
    """Whether any row of capacity is there at all."""
    hidden: int = 0
    """Teams whose values are suppressed in every month."""


def capacity_of(months: Sequence[Period], *, visible_to: Visibility, portfolios: Sequence[int] | None) -> Capacity:
    """Utilisation of all teams, or of those that at least five people of worked on projects of the portfolios.

    Empty for readers without people values. Cost: up to seven queries.
    """
    if not visible_to.sees_people_values:
        return Capacity()
    teams = None if portfolios is None else _working_on(portfolios, months)
    if teams is not None and not teams:
        return Capacity(imported=_imported())
    query = ValueQuery(metrics=(UTILISATION,), scope_kinds=("team",), scopes=teams, periods=tuple(months))
    read = tuple(values(query, visible_to=visible_to))
    shown = {r.scope for r in read if r.value is not None}
    hidden = {r.scope for r in read if r.status == "suppressed"} - shown
    return Capacity(
        tuple(r for r in read if r.scope in shown), imported=bool(shown or hidden) or _imported(), hidden=len(hidden)
    )


def _working_on(portfolios: Sequence[int], months: Sequence[Period]) -> tuple[str, ...]:
    """Teams of which at least five people booked hours there in the months. Cost: one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.name FROM portfolio_person_months h "
            "JOIN portfolio_projects p ON p.id = h.project_id AND p.deleted_at IS NULL "
            "JOIN portfolio_people w ON w.id = h.person_id AND w.deleted_at IS NULL "
            "JOIN portfolio_team t ON t.id = w.team_id "
            "WHERE p.portfolio_id = ANY(%s) AND h.month >= %s AND h.month < %s AND h.hours > 0 "
            "AND h.deleted_at IS NULL "
            "GROUP BY t.name HAVING count(DISTINCT h.person_id) >= %s ORDER BY t.name",
            [list(portfolios), months[0].start, months[-1].end, SMALLEST_GROUP],
        )
        return tuple(name for (name,) in cursor.fetchall())


def _imported() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM portfolio_capacity WHERE deleted_at IS NULL)")
        return bool(cursor.fetchone()[0])
