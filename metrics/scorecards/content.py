"""What a scorecard says, as plain values, and its canonical JSON: the text that is frozen and hashed.

Canonical: UTF-8 JSON, keys sorted, no blanks between tokens, numbers in their shortest exact form. Whoever has the
text can check it: `sha256sum` of the exported JSON is the hash on every other export.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from metrics.targets import Limit

FORMAT: Final = 1
INDEX_GROUP: Final = "customer_success"
HIDDEN: Final = "(not visible)"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a value with what it is judged by. `history` are eight quarters, the own one last."""

    group: str
    metric: str
    component: str
    version: int
    scope_kind: str
    scope: str
    unit: str
    direction: str
    value: float | None
    numerator: float | None
    denominator: float | None
    n: int | None
    status: str
    reason: str
    green: Limit | None
    amber: Limit | None
    colour: str
    run: int | None
    previous: float | None
    previous_status: str
    history: tuple[float | None, ...]
    comment: str = ""
    comment_by: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the row is of."""
        return self.metric, self.component, self.scope_kind, self.scope


@dataclass(frozen=True, slots=True)
class Bridge:
    """What moved the index, in its points by factor; start + points = end."""

    before: float
    after: float
    factors: dict[str, float]


@dataclass(frozen=True, slots=True)
class Credit:
    """What a project added to attained outcomes in the quarter."""

    project: str
    name: str
    change: float
    points: float
    outcomes: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """Projects that added or took back most; with `others` and `unattributed` they sum to the net."""

    credits: tuple[Credit, ...]
    others: int
    others_change: float
    unattributed_change: float
    net: float
    hidden: int = 0
    hidden_change: float = 0.0


@dataclass(frozen=True, slots=True)
class Restated:
    """A value of an earlier published scorecard that is another one now."""

    period: str
    metric: str
    component: str
    scope_kind: str
    scope: str
    unit: str
    old: float | None
    old_status: str
    new: float | None
    new_status: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, as what, and when."""

    title: str
    role: str
    name: str
    at: str


@dataclass(frozen=True, slots=True)
class Notes:
    """The three notes."""

    happened: str
    doing: str
    unknown: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that a scorecard shows and rests on."""

    period: str
    previous_period: str
    scope_kind: str
    scope: str
    scope_name: str
    currency: str
    as_of: str
    run: int | None
    computed_at: str
    rows: tuple[Row, ...]
    index_low: float | None
    index_high: float | None
    bridge: Bridge | None
    # Headline values that the index was made of, by metric: in the quarter, and in the one before.
    index_inputs: dict[str, float | None]
    index_inputs_previous: dict[str, float | None]
    contribution: Contribution | None
    restated: tuple[Restated, ...]
    notes: Notes
    signatures: tuple[Signature, ...]
    definitions: dict[str, int]
    rule_360: dict[str, Any]
    projects: int
    customers: int
    published_at: str = ""
    published_by: str = ""
    format: int = FORMAT
    # Rows that rights keep from the reader; never frozen.
    rows_hidden: int = field(default=0, compare=False)

    def row(self, metric: str, component: str = "") -> Row | None:
        """The line of a metric."""
        return next((row for row in self.rows if (row.metric, row.component) == (metric, component)), None)

    def of_group(self, group: str) -> tuple[Row, ...]:
        """The lines of a family, or of the index."""
        return tuple(row for row in self.rows if row.group == group)


def canonical(content: Content) -> str:
    """The text that is frozen. Raises ValueError for a number that is none."""
    plain = asdict(content)
    del plain["rows_hidden"]
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(text: str) -> str:
    """The hash of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def signing_digest(content: Content) -> str:
    """The hash of what a signature stands for: values, thresholds, texts; not which run wrote the same values."""
    bare = replace(
        content,
        rows=tuple(replace(row, run=None) for row in content.rows),
        signatures=(),
        as_of="",
        run=None,
        computed_at="",
        published_at="",
        published_by="",
    )
    return sha256(canonical(bare))


def content_load(text: str) -> Content:
    """The content of a frozen text."""
    raw: dict[str, Any] = json.loads(text)
    raw["rows"] = tuple(_row(row) for row in raw["rows"])
    raw["bridge"] = Bridge(**raw["bridge"]) if raw["bridge"] else None
    if raw["contribution"]:
        credits = tuple(Credit(**credit) for credit in raw["contribution"].pop("credits"))
        raw["contribution"] = Contribution(credits=credits, **raw["contribution"])
    raw["restated"] = tuple(Restated(**line) for line in raw["restated"])
    raw["notes"] = Notes(**raw["notes"])
    raw["signatures"] = tuple(Signature(**line) for line in raw["signatures"])
    return Content(**raw)


def _row(raw: Mapping[str, Any]) -> Row:
    limits = {name: tuple(raw[name]) if isinstance(raw[name], list) else raw[name] for name in ("green", "amber")}
    return Row(**{**raw, **limits, "history": tuple(raw["history"])})
