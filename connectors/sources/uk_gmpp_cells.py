"""Reads the cells of the UK major projects files: money, days, ratings, and why a cell holds none."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

_MONEY: Final = re.compile(r"(-?)\s*£?\s*(-?)\s*(\d{1,3}(?:,\d{3})+|\d+)?(\.\d+)?\s*m?", re.IGNORECASE)
_DAYS: Final = (
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}"), "%d/%m/%Y"),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"), "%d.%m.%Y"),
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "%Y-%m-%d"),
)
_SHORT_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{2})")
_PIVOT: Final = 69
"""Two-digit years below this are of this century (31.12.40 is 2040, 17.03.97 is 1997)."""
_RATINGS: Final = {
    "green": "green",
    "amber/green": "amber",
    "amber": "amber",
    "amber/red": "amber",
    "red": "red",
}


def money_read(cell: str) -> Decimal | None:
    """Return an amount in the unit of the cell, or None when the cell is not wholly a number.

    Example: `-£120.11m` -> -120.11; `Exempt under Section 43 ...` -> None.
    """
    found = _MONEY.fullmatch(cell.strip())
    if found is None or not (found[3] or found[4]) or (found[1] and found[2]):
        return None
    number = Decimal((found[3] or "0").replace(",", "") + (found[4] or ""))
    return -number if found[1] or found[2] else number


def day_read(cell: str) -> date | None:
    """Return a day, or None when the cell holds none."""
    text = cell.strip()
    short = _SHORT_DAY.fullmatch(text)
    if short:
        year = int(short[3])
        return _day((2000 if year < _PIVOT else 1900) + year, int(short[2]), int(short[1]))
    for pattern, form in _DAYS:
        if pattern.fullmatch(text):
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no zone)
            except ValueError:
                return None
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def rag_read(cell: str) -> str:
    """Return red, amber or green for a rating of three or five points; blank for anything else."""
    return _RATINGS.get(re.sub(r"\s", "", cell).lower(), "")


def reason_of(cell: str) -> str:
    """Return why a cell holds no value: one of a few reasons for dozens of wordings."""
    text = " ".join(cell.lower().replace("\u00a0", " ").split())
    if not text:
        return _("blank")
    if "exempt" in text or "freedom of information" in text:
        return _("exempt from publication")
    if "legal sensitivity" in text:
        return _("withheld as sensitive")
    if text == "reset":
        return _("reset")
    if "early planning" in text or "planning stage" in text or "not in a position" in text:
        return _("too early to say")
    if "not provided" in text or text in {"#n/a", "n/a", "tbc", "tbd", "not applicable", "no end date", "no dca"}:
        return _("not provided")
    return _("not readable")
