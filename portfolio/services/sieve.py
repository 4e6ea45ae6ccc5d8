"""A fast filter over raw lines: which rows are surely good as they stand.

The filter is conservative. What it passes needs no further look and goes to PostgreSQL as it came; every other row is
read by the exact checks of `forms` and `rules`, which alone decide what is an error. One regular expression per header
does the forms; rules across columns are looked up per distinct combination of values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from portfolio.feed_types import Column, Feed, Rule
from portfolio.services.forms import Cell, cell_read
from portfolio.services.rules import rule_check

UNIT: Final = "\x1f"
"""Stands between the cells of a split record; no good value can hold it."""
MEMO_LIMIT: Final = 50_000

_CONTROL = "\x00-\x1f\x7f-\x9f\ud800-\udfff"
_DAY = (
    r"(?!0000)[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_FRACTION = r"(?:\.[0-9]{1,10})?"
_ANY_NUMBER = rf"-?[0-9]{{1,18}}{_FRACTION}"
_NOT_NEGATIVE = rf"[0-9]{{1,18}}{_FRACTION}"
_POSITIVE = rf"(?=[0-9.]*[1-9])[0-9]{{1,18}}{_FRACTION}"
_TO_HUNDRED = rf"(?:[0-9]{{1,2}}{_FRACTION}|100)"
_TO_ONE = rf"(?:0{_FRACTION}|1)"
_ABOVE_ZERO_TO_ONE = r"(?:0\.[0-9]{0,9}[1-9]|1)"
_NEVER = r"(?!)"

Sure = Callable[[Sequence[str]], bool]


class Sieve:
    """The filter for one feed and header."""

    def __init__(self, feed: Feed, header: Sequence[str], rules: Sequence[Rule]) -> None:
        read = {name for rule in rules for name in (rule.column, *rule.others)}
        self.grouped = [name for name in header if name in read]
        self._sure = [_rule_sieve(feed, rule, self.grouped) for rule in rules]
        known = [feed.by_name.get(name) for name in header]
        self.line = re.compile(
            ",".join(self._cell(name, column, '",') for name, column in zip(header, known, strict=True))
        )
        self.record = re.compile(
            UNIT.join(self._cell(name, column, "") for name, column in zip(header, known, strict=True))
        )

    def _cell(self, name: str, column: Column | None, excluded: str) -> str:
        pattern = _pattern(name, column, excluded)
        return f"({pattern})" if name in self.grouped else f"(?:{pattern})"

    def passes(self, found: re.Match[str]) -> bool:
        """Whether a row whose forms are right surely keeps the rules across columns."""
        if not self._sure:
            return True
        values = found.groups()
        return all(sure(values) for sure in self._sure)


def _pattern(name: str, column: Column | None, excluded: str) -> str:
    if name == "deleted":
        return "(?:false)?"
    if column is None:
        return f"[^{excluded}{_CONTROL}]*"
    body = _body(column, excluded)
    return body if column.required else f"(?:{body})?"


def _body(column: Column, excluded: str) -> str:
    match column.kind:
        case "code" | "ref" | "team" | "text":
            return f"(?!\\s)[^{excluded}{_CONTROL}]{{1,{column.max_length}}}(?<! )"
        case "choice":
            return f"(?:{'|'.join(map(re.escape, column.choices))})"
        case "bool":
            return "(?:true|false)"
        case "currency":
            return "[A-Z]{3}"
        case "date":
            return _DAY
        case "month":
            return r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])"
        case "instant":
            return rf"{_DAY}T{_CLOCK}Z"
        case "integer":
            return _integer(column)
        case _:
            return _number(column)


def _number(column: Column) -> str:
    low, high = column.minimum, column.maximum
    if low is None and high is None:
        return _ANY_NUMBER
    if low != 0:
        return _NEVER
    match high, column.exclusive_minimum:
        case None, False:
            return _NOT_NEGATIVE
        case None, True:
            return _POSITIVE
        case Decimal() as bound, False if bound == 100:
            return _TO_HUNDRED
        case Decimal() as bound, False if bound == 1:
            return _TO_ONE
        case Decimal() as bound, True if bound == 1:
            return _ABOVE_ZERO_TO_ONE
        case _:
            return _NEVER


def _integer(column: Column) -> str:
    low, high = column.minimum, column.maximum
    if low == 0 and high is None:
        return "[0-9]{1,18}"
    if low is not None and high is not None and 0 <= low <= high <= 9:
        return f"[{int(low)}-{int(high)}]"
    return "-?[0-9]{1,18}" if low is None and high is None else _NEVER


def _rule_sieve(feed: Feed, rule: Rule, grouped: Sequence[str]) -> Sure:
    places = [grouped.index(name) for name in (rule.column, *rule.others)]
    kind = feed.column(rule.column).kind
    if rule.name == "not_before" and kind in ("date", "instant"):
        end, start = places
        # Both passed a pattern of fixed width, in which the order of texts is the order of times.
        return lambda values: not (values[end] and values[start]) or values[end] >= values[start]
    return _memoised(feed, rule, places)


def _memoised(feed: Feed, rule: Rule, places: Sequence[int]) -> Sure:
    columns = [feed.column(name) for name in (rule.column, *rule.others)]
    seen: dict[tuple[str, ...], bool] = {}

    def sure(values: Sequence[str]) -> bool:
        texts = tuple(values[place] or "" for place in places)
        held = seen.get(texts)
        if held is None:
            if len(seen) >= MEMO_LIMIT:
                seen.clear()
            held = seen[texts] = _keeps(rule, columns, texts)
        return held

    return sure


def _keeps(rule: Rule, columns: Sequence[Column], texts: Sequence[str]) -> bool:
    values = {}
    for column, text in zip(columns, texts, strict=True):
        cell = cell_read(column, text) if text else None
        values[column.name] = cell.value if isinstance(cell, Cell) else None
    return rule_check(rule, values) is None
