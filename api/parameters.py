"""Query parameters: declared once for reading, refusing and the schema; what is not declared is refused by name."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from api.problems import FieldError, Problem

MAX_TEXT, MAX_REPEATED, MAX_CURSOR = 200, 100, 6000
Reader = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter. `read` turns its text into a value and raises ValueError with what was expected."""

    name: str
    description: str
    read: Reader
    schema: Mapping[str, Any]
    many: bool = False
    required: bool = False


def read_text(text: str) -> str:
    """A code or a word."""
    if len(text) > MAX_TEXT:
        raise ValueError(_("at most %(n)d characters") % {"n": MAX_TEXT})
    return text


def read_cursor_text(text: str) -> str:
    """A cursor; it may hold the ends of several pages."""
    if len(text) > MAX_CURSOR:
        raise ValueError(_("at most %(n)d characters") % {"n": MAX_CURSOR})
    return text


def read_flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(_("true or false"))
    return text == "true"


def read_integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII):
        raise ValueError(_("a whole number"))
    return int(text)


def read_number(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,10})?", text, re.ASCII):
        raise ValueError(_("a number such as 12.5"))
    return Decimal(text)


def read_day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        raise ValueError(_("a date as YYYY-MM-DD"))
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(_("a day that exists, as YYYY-MM-DD")) from error


def read_month(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text, re.ASCII) or text.startswith("0000"):
        raise ValueError(_("a month as YYYY-MM"))
    return date(int(text[:4]), int(text[5:]), 1)


def read_instant(text: str) -> datetime:
    expected = _("an instant with its offset, such as 2026-07-01T00:00:00Z")
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        raise ValueError(expected) from error
    if found.tzinfo is None:
        raise ValueError(expected)
    try:
        found.utctimetuple()
    except OverflowError as error:
        raise ValueError(expected) from error
    return found


def one_of(options: Iterable[str]) -> Reader:
    """A reader for one of some words."""
    allowed = tuple(options)

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(_("one of %(options)s") % {"options": ", ".join(allowed)})
        return text

    return read


def choice(
    name: str, options: Iterable[str], description: str, *, many: bool = False, required: bool = False
) -> Parameter:
    """A parameter that takes one of some words."""
    allowed = tuple(options)
    return Parameter(name, description, one_of(allowed), {"type": "string", "enum": list(allowed)}, many, required)


def text(name: str, description: str, *, many: bool = False, required: bool = False) -> Parameter:
    """A parameter that takes a code."""
    return Parameter(name, description, read_text, {"type": "string", "maxLength": MAX_TEXT}, many, required)


def read_page_size(value: str) -> int:
    size = read_integer(value)
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise ValueError(_("1 to %(n)d") % {"n": MAX_PAGE_SIZE})
    return size


MAX_PAGE_SIZE, PAGE_SIZE = 1000, 100
PAGE_PARAMETERS = (
    Parameter(
        "page_size",
        "Rows on a page.",
        read_page_size,
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
    ),
    Parameter(
        "cursor",
        "Where the page begins; taken from `next` or `previous`.",
        read_cursor_text,
        {"type": "string", "minLength": 1},
    ),
)


def format_parameter(formats: Iterable[str]) -> Parameter:
    """The parameter that chooses how an answer is written."""
    return choice("format", formats, "How the answer is written; without `page_size`, all rows unless it is JSON.")


def read_query(query: QueryDict, parameters: Iterable[Parameter]) -> dict[str, Any]:
    """The values of a query by parameter name, only those given (`many` as lists). Raises Problem 400 naming each."""
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, texts in query.lists():
        parameter = known.get(name)
        if parameter is None:
            message = _("Unknown parameter; known are %(names)s.") % {"names": ", ".join(sorted(known))}
            errors.append(FieldError(name, "unknown_parameter", message))
        elif len(texts) > (MAX_REPEATED if parameter.many else 1):
            errors.append(FieldError(name, "repeated", _("Given too often.")))
        else:
            read = [read_one(parameter, given, errors) for given in texts]
            values[name] = read if parameter.many else read[0]
    errors += [
        FieldError(parameter.name, "missing_value", _("This parameter is needed."))
        for parameter in known.values()
        if parameter.required and parameter.name not in query
    ]
    if errors:
        raise Problem(HTTPStatus.BAD_REQUEST, _("The query cannot be read."), errors)
    return values


def read_one(parameter: Parameter, given: str, errors: list[FieldError]) -> Any:
    """One value, or None and an error."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in given):
        errors.append(FieldError(parameter.name, "bad_character", _("Control characters are not allowed.")))
        return None
    try:
        return parameter.read(given)
    except ValueError as expected:
        message = _("Expected %(expected)s.") % {"expected": str(expected)}
        errors.append(FieldError(parameter.name, "bad_value", message))
        return None
