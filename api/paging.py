"""Cursor pagination over anything that has a stable order: `next`, `previous`, `results`."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import orjson
from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.problems import refused

T = TypeVar("T")
Direction = Literal["after", "before"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after or before a position (the key of a row)."""

    direction: Direction
    position: Any


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows with the cursors to their neighbours."""

    rows: Sequence[T]
    next: Cursor | None
    previous: Cursor | None


def cursor_text(cursor: Cursor) -> str:
    """A cursor as it stands in a link."""
    raw = orjson.dumps([cursor.direction[0], cursor.position])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(text: str | None, check: Callable[[Any], bool]) -> Cursor | None:
    """The cursor in a link; 400 for one that was not made here. `check` says whether its position can be one."""
    if text is None:
        return None
    bad = refused("cursor", "bad_value", _("This cursor is not from `next` or `previous`."))
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        letter, position = found
    except (ValueError, TypeError, binascii.Error) as error:
        raise bad from error
    if letter not in ("a", "b") or not check(position):
        raise bad
    return Cursor("after" if letter == "a" else "before", position)


def page_of(
    fetch: Callable[[Direction, Any, int], Sequence[T]],
    *,
    cursor: Cursor | None,
    size: int,
    position: Callable[[T], Any],
) -> Page[T]:
    """One page. `fetch(direction, position, n)` gives at most n rows next to a position, nearest first."""
    direction = cursor.direction if cursor else "after"
    found = list(fetch(direction, cursor.position if cursor else None, size + 1))
    more, rows = len(found) > size, found[:size]
    if direction == "before":
        rows.reverse()
    if not rows:
        return Page(rows, None, None)
    after, before = Cursor("after", position(rows[-1])), Cursor("before", position(rows[0]))
    if direction == "after":
        return Page(rows, after if more else None, before if cursor else None)
    return Page(rows, after, before if more else None)


def page_of_list(rows: Sequence[T], *, cursor: Cursor | None, size: int) -> Page[T]:
    """One page of a short list that is at hand; positions are places."""
    numbered = list(enumerate(rows))

    def fetch(direction: Direction, place: Any, n: int) -> Sequence[tuple[int, T]]:
        if direction == "after":
            return numbered[0 if place is None else place + 1 :][:n]
        return numbered[:place][::-1][:n]

    page = page_of(fetch, cursor=cursor, size=size, position=lambda item: item[0])
    return Page([row for _place, row in page.rows], page.next, page.previous)


def is_place(position: Any) -> bool:
    """Whether a cursor's position is a number that an id or a place can be."""
    return isinstance(position, int) and not isinstance(position, bool) and 0 <= position < 2**63


def link(request: Request, cursor: Cursor | None) -> str | None:
    """The address of this list with another cursor."""
    if cursor is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor_text(cursor)
    return f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"


def link_header(request: Request, page: Page[Any]) -> dict[str, str]:
    """Links to the neighbours for formats that have no room for them (RFC 8288)."""
    links = [(link(request, page.next), "next"), (link(request, page.previous), "prev")]
    text = ", ".join(f'<{address}>; rel="{word}"' for address, word in links if address)
    return {"Link": text} if text else {}
