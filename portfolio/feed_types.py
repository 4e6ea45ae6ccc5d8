"""How a feed is declared: its columns, their form and bounds, and the rules across columns.

Everything else (tables, checks, forms, API) is derived from these declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal, TypeAlias

from django.utils.functional import Promise

Kind: TypeAlias = Literal[
    "code", "text", "date", "month", "instant", "number", "integer", "bool", "currency", "choice", "ref", "team"
]
Text: TypeAlias = str | Promise

MAX_CODE: Final = 200
MAX_TEXT: Final = 10_000
MAX_INTEGER_DIGITS: Final = 18
MAX_DECIMALS: Final = 10


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a feed as the contract names it."""

    name: str
    kind: Kind
    required: bool = False
    ref: str = ""
    """The feed whose code a reference holds."""
    choices: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    exclusive_minimum: bool = False
    """True where the value must lie above the minimum, not on it."""
    vocabulary: str = ""
    """"metrics" where the text must be a metric name of the catalogue."""
    help: Text = ""

    @property
    def attname(self) -> str:
        """The column in the database: references and teams are held as ids."""
        return f"{self.name}_id" if self.kind in ("ref", "team") else self.name

    @property
    def is_number(self) -> bool:
        """Whether it holds a number, whole or not."""
        return self.kind in ("number", "integer")

    @property
    def max_length(self) -> int:
        """Longest text in characters."""
        return MAX_CODE if self.kind in ("code", "ref", "team") else MAX_TEXT


RuleName: TypeAlias = Literal[
    "not_before",
    "whole_for_nps",
    "score_in_scale",
    "scale_min_of_nps",
    "scale_max_of_nps",
    "scale_max_above_min",
    "active_within_entitled",
    "sign_fits_kind",
    "direction_of_range_metric",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule across columns; `column` is the one that is reported, `others` are read beside it."""

    name: RuleName
    column: str
    others: tuple[str, ...]


def not_before(end: str, start: str) -> Rule:
    """`end` must not be before `start` (error end_before_start)."""
    return Rule("not_before", end, (start,))


@dataclass(frozen=True)
class Feed:
    """One kind of fact: its key, columns, and rules in the order of the checks."""

    name: str
    model_label: str
    key: tuple[str, ...]
    purpose: Text
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    def __hash__(self) -> int:
        return hash(self.name)

    def column(self, name: str) -> Column:
        """The column of that name. KeyError when the feed has none."""
        return self.by_name[name]

    @property
    def table(self) -> str:
        """Name of the table in the database."""
        return f"portfolio_{self.name}"

    @cached_property
    def references(self) -> tuple[Column, ...]:
        """Columns that refer to rows of another feed, in the order of the contract."""
        return tuple(column for column in self.columns if column.kind == "ref")

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Columns that a file must carry: required ones and the key."""
        return tuple(column.name for column in self.columns if column.required or column.name in self.key)

    @cached_property
    def key_columns(self) -> tuple[Column, ...]:
        """The columns of the key, in key order."""
        return tuple(self.by_name[name] for name in self.key)

    @cached_property
    def end_rules(self) -> tuple[Rule, ...]:
        """Ends that must not lie before their starts; checked first."""
        return tuple(rule for rule in self.rules if rule.name == "not_before")

    @cached_property
    def cross_rules(self) -> tuple[Rule, ...]:
        """All other rules across columns; checked after the ends."""
        return tuple(rule for rule in self.rules if rule.name != "not_before")
