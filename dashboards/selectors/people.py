"""How long people stay and why they leave: counts only, never fewer than five people, never a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection
from django.http import Http404

from metrics.cells import SMALLEST_GROUP
from metrics.formulas.survival import SurvivalCurve, survival_curve
from portfolio.rights import Visibility

DAYS_IN_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Stay:
    """Survival of employment in months since joining, and the counts behind it; None below five people."""

    people: int
    curve: SurvivalCurve | None
    months: np.ndarray
    left: np.ndarray


@dataclass(frozen=True, slots=True)
class Leaving:
    """People who left in twelve months, by reason; reasons of fewer than five are folded into `few`."""

    total: int
    reasons: tuple[tuple[str, int], ...]
    few: int


def stay(*, cut: date, visible_to: Visibility) -> Stay:
    """How long people stay, those who left before `cut` as events. Cost: one query."""
    _may(visible_to)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hired_on, CASE WHEN left_on < %s THEN left_on END FROM portfolio_people "
            "WHERE deleted_at IS NULL AND hired_on < %s",
            [cut, cut],
        )
        rows = cursor.fetchall()
    lasted = np.array([((left or cut) - hired).days / DAYS_IN_MONTH for hired, left in rows])
    ended = np.array([left is not None for _hired, left in rows], dtype=bool)
    if len(rows) < SMALLEST_GROUP:
        return Stay(len(rows), None, lasted, ended)
    return Stay(len(rows), survival_curve(lasted, ended), lasted, ended)


def leaving(*, start: date, cut: date, visible_to: Visibility) -> Leaving:
    """Leavers between two days by reason, small groups folded. Cost: one query."""
    _may(visible_to)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(nullif(exit_reason, ''), 'other'), count(*) FROM portfolio_people "
            "WHERE deleted_at IS NULL AND left_on >= %s AND left_on < %s GROUP BY 1 ORDER BY 2 DESC, 1",
            [start, cut],
        )
        rows = cursor.fetchall()
    shown = tuple((reason, count) for reason, count in rows if count >= SMALLEST_GROUP)
    return Leaving(sum(c for _r, c in rows), shown, sum(c for _r, c in rows if c < SMALLEST_GROUP))


def _may(visible_to: Visibility) -> None:
    if not visible_to.sees_people_values:
        raise Http404("people")
