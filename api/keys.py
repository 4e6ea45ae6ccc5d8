"""Keys of fact rows in addresses: `P-1`, or the parts of a composite key joined by a bar, each percent-encoded."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any
from urllib.parse import quote, unquote

from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.parameters import read_day, read_month
from api.problems import refused
from portfolio.feed_types import Column, Feed

MAX_BARS = 12


def key_candidates(request: Request, feed: Feed, key: str) -> Iterator[list[str]]:
    """The ways to read the key of an address, the most literal first.

    A server hands addresses on decoded, so a bar inside a part looks like one between parts. Where the address as it
    was sent is at hand and holds the bars unencoded, it decides; else every split is a candidate, and last the parts
    decoded once more.
    """
    size = len(feed.key)
    sent = sent_parts(request, size)
    if sent is not None:
        yield sent
    pieces = key.split("|")
    if size <= len(pieces) <= MAX_BARS:
        for cuts in combinations(range(1, len(pieces)), size - 1):
            bounds = [0, *cuts, len(pieces)]
            parts = ["|".join(pieces[start:end]) for start, end in pairwise(bounds)]
            if parts != sent:
                yield parts
        if len(pieces) == size and "%" in key:
            yield [unquote(piece) for piece in pieces]


def sent_parts(request: Request, size: int) -> list[str] | None:
    """The parts of the last step of the address as it was sent, if its bars tell them apart."""
    raw = request.META.get("RAW_URI") or request.META.get("REQUEST_URI") or ""
    step = raw.partition("?")[0].rstrip("/").rpartition("/")[2]
    parts = step.split("|")
    return [unquote(part) for part in parts] if len(parts) == size and size > 1 else None


def read_key(feed: Feed, parts: Sequence[str]) -> list[Any]:
    """The values of a key; None for a blank part. Raises Problem 400 for what cannot be one."""
    return [read_part(column, part) for column, part in zip(feed.key_columns, parts, strict=True)]


def read_part(column: Column, part: str) -> Any:
    """One part of a key."""
    if part == "" and not column.required:
        return None
    if part == "" or part != part.strip() or len(part) > column.max_length or not clean(part):
        raise refused(column.name, "bad_key", _("This cannot be a key."))
    try:
        if column.kind == "date":
            return read_day(part)
        return read_month(part) if column.kind == "month" else part
    except ValueError as expected:
        raise refused(column.name, "bad_date", _("Expected %(expected)s.") % {"expected": expected}) from expected


def clean(text: str) -> bool:
    """Whether the text can be stored: no control characters, no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return not any(ord(letter) < 32 or ord(letter) == 127 for letter in text)


def key_in_address(key: str) -> str:
    """A key as a step of an address. A bar or a slash inside a part is encoded once more, to stay one."""
    return "|".join(
        quote(part, safe="") if "%7C" in part or "%25" in part or "%2F" in part else part for part in key.split("|")
    )
