"""What the components of a page are given: plain frozen values, worded already, so that templates compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.light import light

Kind = Literal["ok", "watch", "bad", "none"]
KIND_OF_COLOUR: dict[str, Kind] = {"green": "ok", "amber": "watch", "red": "bad"}


@dataclass(frozen=True, slots=True)
class Status:
    """Icon, word and colour of a judgement."""

    kind: Kind
    word: str


def status_of(colour: str, *, customer: bool = False) -> Status:
    """The word for a colour of the catalogue; blank means that there is no target (or no health)."""
    kind = KIND_OF_COLOUR.get(colour, "none")
    if customer:
        words = {"ok": _("Healthy"), "watch": _("Watch"), "bad": _("At risk"), "none": _("Not known")}
    else:
        words = {"ok": _("On target"), "watch": _("Watch"), "bad": _("Off target"), "none": _("No target")}
    return Status(kind, words[kind])


@dataclass(frozen=True, slots=True)
class Delta:
    """A change: its text with sign, its arrow, and whether it is good."""

    text: str
    arrow: Literal["up", "down", "dash"]
    meaning: Literal["good", "ill", "flat"]

    @property
    def spoken(self) -> str:
        """The meaning for those who do not see the colour."""
        return {"good": _("better"), "ill": _("worse"), "flat": _("unchanged")}[self.meaning]


def delta_of(difference: float | None, text: str, direction: str = "higher") -> Delta | None:
    """A change worded by the caller; its arrow and meaning. A text without a digit above zero is no change."""
    if difference is None:
        return None
    if not any(c in "123456789" for c in text):
        return Delta(text, "dash", "flat")
    up = difference > 0
    if direction not in {"higher", "lower"}:
        return Delta(text, "up" if up else "down", "flat")
    return Delta(text, "up" if up else "down", "good" if up == (direction == "higher") else "ill")


@dataclass(frozen=True, slots=True)
class Spark:
    """A word-size line; None leaves a gap."""

    values: tuple[float | None, ...]
    label: str
    kind: Kind = "ok"
    target: float | None = None
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Bullet:
    """A bar from `low` to `high` with the target as an upright mark and the previous value beneath."""

    value: float | None
    label: str
    low: float = 0.0
    high: float = 100.0
    target: float | None = None
    previous: float | None = None
    kind: Kind = "ok"


@dataclass(frozen=True, slots=True)
class Measure:
    """One number that never stands alone: value, unit, target, change, line, status, and where to ask why."""

    name: str
    text: str
    unit: str = ""
    status: Status | None = None
    target: str = ""
    delta: Delta | None = None
    against: str = ""
    spark: Spark | None = None
    bullet: Bullet | None = None
    note: str = ""
    why: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """A family tile: one sentence, counts by status, a few measures; the financial one names what to read it with."""

    key: str
    name: str
    sentence: str
    counts: tuple[tuple[Kind, str], ...]
    measures: tuple[Measure, ...]
    read_with: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that needs a decision: a question to be answered yes or no."""

    question: str
    because: str
    url: str
    button: str
    due: Status | None = None
    owner: str = ""
    raise_url: str = ""


@dataclass(frozen=True, slots=True)
class Fresh:
    """How fresh one source is."""

    name: str
    status: Status
    detail: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the strip of facts on an object page."""

    name: str
    text: str
    detail: str = ""
    status: Status | None = None
    why: str = ""


def strong(text: str) -> SafeString:
    """A number in a sentence."""
    return format_html("<b>{}</b>", text)


def good(text: str) -> SafeString:
    """A number that is good news."""
    return format_html('<b class="up">{}</b>', text)


def bad(text: str) -> SafeString:
    """A number that is bad news."""
    return format_html('<b class="dn">{}</b>', text)


@dataclass(frozen=True, slots=True)
class Answer:
    """The finding that opens a page, as safe HTML made by `format_html` with `strong`, `good` and `bad`."""

    sentence: str
    support: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A link that looks like a button."""

    label: str
    url: str
    icon: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Empty:
    """What is missing, why it matters, the first step."""

    title: str
    why: str
    steps: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a data table; `sort` is the link that sorts by it, `sorted` the order that is on."""

    label: str
    numeric: bool = False
    sort: str = ""
    sorted: Literal["", "ascending", "descending"] = ""


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the reader is in a list, and the links on."""

    said: str
    previous: str = ""
    next: str = ""
    csv: str = ""


@dataclass(frozen=True, slots=True)
class RowError:
    """A rejected row: where, what was found, what is wrong, how to mend it."""

    file: str
    line: str
    column: str
    value: str
    message: str
    remedy: str
    severity: Kind = "bad"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table behind a figure: the text shown, the value that the CSV carries, where its mark leads."""

    text: str
    raw: str | float | int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The data behind a figure."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def table(heads: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, numeric_from: int = 1) -> Table:
    """A table whose columns from `numeric_from` on hold numbers; a bare text is its own CSV value."""
    columns = tuple(Column(head, numeric=i >= numeric_from) for i, head in enumerate(heads))
    cells = tuple(tuple(c if isinstance(c, Cell) else Cell(c, c) for c in row) for row in rows)
    return Table(columns, cells)


@dataclass(frozen=True, slots=True)
class Key:
    """A legend entry: the sign (see the tag `key`) and its word."""

    sign: str
    word: str


class IncompleteFigure(ValueError):
    """A figure without title, unit or table: never shown."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with everything that makes it readable: title, unit, legend, plot, data table, source."""

    key: str
    title: str
    unit: str
    data: list[dict]
    layout: dict
    table: Table
    source: str = ""
    source_url: str = ""
    source_link: str = ""
    legend: tuple[Key, ...] = ()
    height: int = 280
    narrow: dict = field(default_factory=dict)
    links: bool = False
    told: tuple[tuple[str, str], ...] = ()
    """What letters in the plot stand for."""

    def __post_init__(self) -> None:
        for name in ("key", "title", "unit"):
            if not str(getattr(self, name)).strip():
                raise IncompleteFigure(_("A figure needs its %(part)s.") % {"part": name})
        if not self.table.columns or not self.table.rows:
            raise IncompleteFigure(_("A figure needs its %(part)s.") % {"part": "table"})
        if self.height not in HEIGHTS:
            raise IncompleteFigure(f"height {self.height} has no class in components.css")

    @property
    def plot(self) -> dict:
        """What the browser is sent."""
        data, layout = light(self.data, self.layout, self.narrow)
        out: dict = {"data": data, "layout": layout}
        if self.narrow:
            out["narrow"] = self.narrow
        return out

    @property
    def grows(self) -> bool:
        """Whether labels move above the bars on a narrow container, which needs more height."""
        return bool(self.narrow.get("labelsAbove"))


HEIGHTS = frozenset({120, 160, 200, 240, 280, 320, 360, 420, 480, 560})


def number_cell(value: float | None, decimals: int = 1, *, sign: bool = False) -> Cell:
    """A number cell: rounded text, exact CSV value."""
    return Cell(f.number(value, decimals, sign=sign), value)
