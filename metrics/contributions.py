"""Reads of the stored contribution ledger: its lines, and what moved attained outcomes between periods."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.db import connection

from metrics.layout import CONTRIBUTIONS
from metrics.ledger import METHODS
from metrics.periods import Period
from portfolio.rights import Visibility

UNATTRIBUTED: Final = "(unattributed)"
HIDDEN: Final = "(not visible)"
"""Counterparts outside the reader's rights, folded so that sums stay exact."""

FIELDS: Final = (
    "attained_progress",
    "outcome_points_weight",
    "claim_progress",
    "credited_progress",
    "scale",
    "points",
    "change",
    "mix",
)
COLUMNS: Final = ("method", "period", "customer", "initiative", "outcome", "project", *FIELDS)


@dataclass(frozen=True, slots=True)
class ContributionLine:
    """One project's credit on one outcome (or what no project is credited with), at a period's end.

    Progress is a share of the way from baseline to target; points are of 100 for all customers.
    `hidden` counts the lines folded into this one, 0 for a plain line.
    """

    method: str
    period: str
    customer: str
    initiative: str
    outcome: str
    project: str
    attained_progress: float | None
    outcome_points_weight: float | None
    claim_progress: float | None
    credited_progress: float | None
    scale: float | None
    points: float
    change: float
    mix: float
    hidden: int = 0

    def plain(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in COLUMNS}


@dataclass(frozen=True)
class _Outcome:
    code: str
    initiative: str
    customer: str


def _outcomes() -> dict[int, _Outcome]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.code, i.code, c.code FROM portfolio_outcomes o "
            "JOIN portfolio_initiatives i ON i.id = o.initiative_id JOIN portfolio_customers c ON c.id = i.customer_id"
        )
        return {row[0]: _Outcome(*row[1:]) for row in cursor.fetchall()}


def _projects(ids: Iterable[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, code FROM portfolio_projects WHERE id = ANY(%s)", [list(ids)])
        return dict(cursor.fetchall())


def contribution_lines(
    period: Period,
    *,
    visible_to: Visibility,
    method: str = "proportional",
    project: str | None = None,
    customer: str | None = None,
    initiative: str | None = None,
    outcome: str | None = None,
) -> list[ContributionLine]:
    """Lines of one period in the order customer, initiative, outcome, project, the unattributed last.

    A line whose project or outcome is not visible is folded into one line of its visible side.
    Cost: three queries.
    """
    where, params = "year = %s AND method = %s", [period.year, METHODS.index(method)]
    if project is not None:
        where += " AND project_id = (SELECT id FROM portfolio_projects WHERE code = %s)"
        params.append(project)  # type: ignore[arg-type]
    for column, code in (("o.code", outcome), ("i.code", initiative), ("c.code", customer)):
        if code is not None:
            where += (
                " AND outcome_id IN (SELECT o.id FROM portfolio_outcomes o JOIN portfolio_initiatives i ON "
                f"i.id = o.initiative_id JOIN portfolio_customers c ON c.id = i.customer_id WHERE {column} = %s)"
            )
            params.append(code)  # type: ignore[arg-type]
    keys, arrays = CONTRIBUTIONS.read(where, params)
    held = np.flatnonzero(arrays["state"][:, period.slot] != 0)
    outcomes, projects = _outcomes(), _projects(np.unique(keys["project_id"][held]).tolist())
    columns = [arrays[name][held, period.slot].tolist() for name in FIELDS]
    lines = []
    for outcome_id, project_id, *numbers in zip(
        keys["outcome_id"][held].tolist(), keys["project_id"][held].tolist(), *columns, strict=True
    ):
        about = outcomes[outcome_id]
        named = projects[project_id] if project_id else UNATTRIBUTED
        blanks = [None if number != number else number for number in numbers]
        lines.append(
            ContributionLine(method, period.code, about.customer, about.initiative, about.code, named, *blanks)  # type: ignore[arg-type]
        )
    return _visible(sorted(lines, key=line_order), visible_to)


def line_order(line: ContributionLine) -> tuple[str, str, str, bool, str]:
    return line.customer, line.initiative, line.outcome, line.project.startswith("("), line.project


def _visible(lines: list[ContributionLine], visible_to: Visibility) -> list[ContributionLine]:
    if visible_to.reads_all:
        return lines
    shown: list[ContributionLine] = []
    folded: dict[tuple[str, str], list[ContributionLine]] = {}
    for line in lines:
        sees_project = line.project != UNATTRIBUTED and visible_to.sees("project", line.project)
        sees_outcome = visible_to.sees("initiative", line.initiative)
        if sees_outcome and (sees_project or line.project == UNATTRIBUTED):
            shown.append(line)
        elif sees_outcome:
            folded.setdefault(("outcome", line.outcome), []).append(line)
        elif sees_project:
            folded.setdefault(("project", line.project), []).append(line)
    for (side, _), group in folded.items():
        first = group[0]
        about = (first.customer, first.initiative, first.outcome) if side == "outcome" else ("", "", HIDDEN)
        shown.append(
            ContributionLine(
                first.method,
                first.period,
                *about,
                HIDDEN if side == "outcome" else first.project,
                first.attained_progress if side == "outcome" else None,
                first.outcome_points_weight if side == "outcome" else None,
                None,
                None,
                None,
                sum(line.points for line in group),
                sum(line.change for line in group),
                sum(line.mix for line in group),
                len(group),
            )
        )
    return sorted(shown, key=line_order)


def not_measurable(period: Period, as_of: Any) -> list[str]:
    """Codes of live outcomes that are left out of every sum, also those that start later. Cost: two queries.

    None for a period that has not begun.
    """
    if period.start >= as_of:
        return []
    keys, arrays = CONTRIBUTIONS.read("year = %s AND method = 0 AND project_id = 0", [period.year])
    held = set(keys["outcome_id"][arrays["state"][:, period.slot] != 0].tolist())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.code FROM portfolio_outcomes o JOIN portfolio_initiatives i ON i.id = o.initiative_id "
            "JOIN portfolio_customers c ON c.id = i.customer_id WHERE o.deleted_at IS NULL AND i.deleted_at IS NULL "
            'AND c.deleted_at IS NULL ORDER BY o.code COLLATE "C"'
        )
        return [code for key, code in cursor.fetchall() if key not in held]
