"""The form of one cell, to the letter of the contract: text in, value or fault out. The one definition of each form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TypeAlias

from django.utils.translation import gettext as _

from portfolio.feed_types import MAX_TEXT, Column

Value: TypeAlias = str | bool | int | Decimal | date | datetime

NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,10})?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,6}))?)?"
    r"(?:(Z)|([+-])([0-9]{2}):?([0-9]{2})?)"
)
CURRENCY = re.compile(r"[A-Z]{3}")
# Tab and line ends may stand inside a text, never inside a code. Lone surrogates come from JSON only.
NOT_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
NOT_IN_CODE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MAX_OFFSET_HOURS = 15


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a cell is refused."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that has its form: the value for rules, and the text that PostgreSQL reads."""

    value: Value
    stored: str


def blank(text: str) -> bool:
    """Whether a cell is blank, which means unknown."""
    return not text or text.isspace()


def cell_read(column: Column, text: str) -> Cell | Fault:
    """The value of a cell that is not blank and has no spaces around it, or what is wrong with its form or range."""
    return _READERS[column.kind](column, text)


def _text(column: Column, text: str) -> Cell | Fault:
    limit = column.max_length
    if len(text) > limit:
        return Fault("too_long", _("The value is longer than %(limit)d characters.") % {"limit": limit})
    if (NOT_IN_TEXT if limit == MAX_TEXT else NOT_IN_CODE).search(text):
        return Fault("bad_character", _("The value holds a control character."))
    return Cell(text, text)


def _choice(column: Column, text: str) -> Cell | Fault:
    if text in column.choices:
        return Cell(text, text)
    return Fault("bad_enum", _("The value is not one of: %(choices)s.") % {"choices": ", ".join(column.choices)})


def _bool(column: Column, text: str) -> Cell | Fault:
    if text in ("true", "false"):
        return Cell(text == "true", text)
    return Fault("bad_enum", _("The value is neither true nor false."))


def _currency(column: Column, text: str) -> Cell | Fault:
    if CURRENCY.fullmatch(text):
        return Cell(text, text)
    return Fault("bad_enum", _("A currency is three capital letters."))


def _date(column: Column, text: str) -> Cell | Fault:
    day = _day(text) if DATE.fullmatch(text) else None
    if day is None:
        return Fault("bad_date", _("The value is not a day of the form YYYY-MM-DD."))
    return Cell(day, text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _month(column: Column, text: str) -> Cell | Fault:
    day = _day(f"{text}-01") if MONTH.fullmatch(text) else None
    if day is None:
        return Fault("bad_date", _("The value is not a month of the form YYYY-MM."))
    return Cell(day, text)


def _instant(column: Column, text: str) -> Cell | Fault:
    moment = _moment(text)
    if moment is None:
        return Fault("bad_date", _("The value is not an instant of the form YYYY-MM-DDTHH:MM:SS with Z or an offset."))
    return Cell(moment, moment.isoformat())


def _moment(text: str) -> datetime | None:
    found = INSTANT.fullmatch(text)
    if found is None:
        return None
    day, hour, minute, second, fraction, zulu, sign, offset_hours, offset_minutes = found.groups()
    start = _day(day)
    if start is None:
        return None
    zone = UTC
    if not zulu:
        hours, minutes = int(offset_hours), int(offset_minutes or 0)
        if hours > MAX_OFFSET_HOURS or minutes > 59:
            return None
        shift = timedelta(hours=hours, minutes=minutes)
        zone = timezone(-shift if sign == "-" else shift)
    try:
        micro = int((fraction or "").ljust(6, "0"))
        local = datetime(
            start.year, start.month, start.day, int(hour), int(minute), int(second or 0), micro, tzinfo=zone
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number(column: Column, text: str) -> Cell | Fault:
    if not NUMBER.fullmatch(text):
        return Fault("bad_number", _("The value is not a plain number."))
    value = Decimal(text)
    return _bounds(column, value) or Cell(value, text)


def _integer(column: Column, text: str) -> Cell | Fault:
    if not NUMBER.fullmatch(text):
        return Fault("bad_number", _("The value is not a plain number."))
    value = Decimal(text)
    if value != value.to_integral_value():
        return Fault("bad_number", _("The value is not a whole number."))
    return _bounds(column, value) or Cell(value, str(int(value)))


def _bounds(column: Column, value: Decimal) -> Fault | None:
    low, high = column.minimum, column.maximum
    if low is not None and (value <= low if column.exclusive_minimum else value < low):
        if column.exclusive_minimum:
            return Fault("out_of_range", _("The value must be greater than %(low)s.") % {"low": low})
        return Fault("out_of_range", _("The value must be at least %(low)s.") % {"low": low})
    if high is not None and value > high:
        return Fault("out_of_range", _("The value must be at most %(high)s.") % {"high": high})
    return None


_READERS = {
    "code": _text,
    "ref": _text,
    "team": _text,
    "text": _text,
    "choice": _choice,
    "bool": _bool,
    "currency": _currency,
    "date": _date,
    "month": _month,
    "instant": _instant,
    "number": _number,
    "integer": _integer,
}
