"""Lists: sort links, pages, and a query string that keeps the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.parts import Column, Pager

Row = TypeVar("Row")
MISSING = object()


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column of a list that can be sorted by: its name in the address, its heading, where its value is."""

    name: str
    label: str
    value: Callable[[Any], Any]
    numeric: bool = True


@dataclass(frozen=True, slots=True)
class Plain:
    """A column that cannot be sorted by."""

    label: str
    numeric: bool = False


def changed(query: QueryDict, **values: str | None) -> str:
    """The query string with some parameters set, or removed by None; sorting or filtering begins at page one."""
    copy = query.copy()
    copy.pop("csv", None)
    for name, value in values.items():
        if value is None:
            copy.pop(name, None)
        else:
            copy[name] = value
    return f"?{copy.urlencode()}"


def kept(query: QueryDict, *names: str) -> tuple[tuple[str, str], ...]:
    """Parameters that a form must carry on, so that filtering keeps the period and the order."""
    return tuple((name, str(query[name])) for name in names if query.get(name))


def sort_of(query: QueryDict, keys: Sequence[SortKey], default: str) -> tuple[SortKey, bool]:
    """The key asked for and whether it falls; an unknown one is a bad request."""
    asked = query.get("sort") or default
    falling = asked.startswith("-")
    key = next((k for k in keys if k.name == asked.lstrip("-")), None)
    if key is None:
        raise BadRequest(_("This list cannot be sorted by %(name)s.") % {"name": asked[:40]})
    return key, falling


def ordered(rows: Sequence[Row], key: SortKey, falling: bool, tie: Callable[[Row], Any]) -> list[Row]:
    """Rows in order; those without a value stand last either way, equal ones by `tie`."""
    known = [r for r in rows if key.value(r) is not None]
    unknown = sorted((r for r in rows if key.value(r) is None), key=tie)
    known.sort(key=tie)
    known.sort(key=lambda r: _comparable(key.value(r)), reverse=falling)
    return [*known, *unknown]


def _comparable(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def columns(query: QueryDict, shown: Sequence[SortKey | Plain], key: SortKey, falling: bool) -> tuple[Column, ...]:
    """Headings with their links: a click sorts falling for numbers, rising for words, a second one turns it."""
    found = []
    for column in shown:
        if isinstance(column, Plain):
            found.append(Column(column.label, column.numeric))
            continue
        on = column.name == key.name
        fall_next = not falling if on else column.numeric
        link = changed(query, sort=("-" if fall_next else "") + column.name, page=None)
        state = ("descending" if falling else "ascending") if on else ""
        found.append(Column(column.label, column.numeric, link, state))  # type: ignore[arg-type]
    return tuple(found)


def page_of(query: QueryDict, rows: Sequence[Row], size: int, csv: str = "") -> tuple[Sequence[Row], Pager]:
    """The rows of the asked page and the links around it; a page past the end is the last one."""
    text = query.get("page") or "1"
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise BadRequest(_("%(text)s is not a page number.") % {"text": text[:40]})
    pages = max(1, -(-len(rows) // size))
    page = min(int(text), pages)
    part = rows[(page - 1) * size : page * size]
    first = (page - 1) * size + 1 if rows else 0
    said = _("%(first)s to %(last)s of %(all)s") % {
        "first": f.number(first),
        "last": f.number(first + len(part) - 1 if rows else 0),
        "all": f.number(len(rows)),
    }
    return part, Pager(
        said,
        changed(query, page=str(page - 1)) if page > 1 else "",
        changed(query, page=str(page + 1)) if page < pages else "",
        csv,
    )


def floats(text: str, name: str) -> tuple[float, float] | None:
    """`low..high` of a filter; blank is none, anything else a bad request."""
    if not text:
        return None
    low, _dots, high = text.partition("..")
    try:
        pair = float(low), float(high)
    except ValueError:
        pair = (float("nan"), 0.0)
    if not all(abs(v) < 1e18 for v in pair):
        raise BadRequest(_("%(name)s is not a range low..high.") % {"name": name})
    return pair
