"""Why this number? Formula, rows, source, run: one value explained, as a panel or a page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import unquote

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards import measures, units
from dashboards.index_parts import index_moved, index_range
from dashboards.page_state import PageState
from dashboards.parts import Status
from dashboards.selectors.measured import INDEX, Reading, Want, headlines_of, index_components, readings
from dashboards.selectors.names import scope_names
from dashboards.selectors.remembered import remembered
from metrics.definition_words import definition
from metrics.explain import ExplainedRow, Explanation, NoSuchValue, Side, explain, symbols_of
from metrics.formulas.index import FACTORS, goalpost_scores
from metrics.registry import metrics
from metrics.scopes import SCOPE_KINDS

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A named value of a list."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row behind a figure, worded: its key, what it adds, where it came from."""

    key: str
    feed: str
    weight: str
    about: str
    source: str


@dataclass(frozen=True, slots=True)
class RowSide:
    """Numerator or denominator with its rows."""

    name: str
    description: str
    total: str
    said: str
    rows: tuple[Row, ...]
    adds: str
    """What the number of a row is: what it adds, or a value or input of a figure that is no sum."""
    note: str
    constants: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class PartLine:
    """A metric inside the index: its score, weight and points."""

    name: str
    url: str
    value: str
    score: str
    points: str


@dataclass(frozen=True, slots=True)
class ExplainPage:
    """All that the explanation of one value shows."""

    title: str
    subject: str
    why: str
    status: Status
    remark: str
    value: str
    target: str
    formula: str
    symbols: str
    sides: tuple[RowSide, ...]
    parts: tuple[PartLine, ...]
    missing: tuple[str, ...]
    origin: tuple[Line, ...]
    read_with: tuple[Line, ...]
    definition_url: str
    csv_url: str
    page_url: str


def explain_page(
    state: PageState, metric: str, component: str, scope: str, *, query: str, shown: int = SHOWN
) -> ExplainPage:
    """The explanation of a value; 404 outside the rights or the catalogue."""
    kind, _colon, code = scope.partition(":")
    if kind not in SCOPE_KINDS or not state.visible.sees(kind, code):
        raise Http404(scope)
    if metric == INDEX:
        return _index_page(state, component, kind, code, query)
    try:
        found = remembered(
            "explained",
            (metric, component, kind, code, state.period, shown, get_language()),
            lambda: explain(metric, component, kind, code, state.period, visible_to=state.visible, limit=shown),
            state=state.published,
            visible_to=state.visible,
            most=32,
        )
    except NoSuchValue as error:
        raise Http404(str(error)) from error
    record = found.record
    words = units.words(metric, component, record.unit, settings.EPMO_BASE_CURRENCY)
    url = f"{reverse('explain', args=[metric])}?{query}"
    return ExplainPage(
        title=text.title(metric, component) if component else text.title(metric),
        subject=_subject(state, kind, code),
        why=text.why(metric),
        status=_status(record.colour, record.value, record.status, record.reason),
        remark=text.status(record.status, record.reason) if record.value is not None else "",
        value=words(record.value),
        target=_target(found, metric, component),
        formula=definition(found.words),
        symbols=symbols_of(found.record, f.significant),
        sides=tuple(
            side
            for side in (
                _side(_("Numerator") if found.denominator.count else _("Rows behind it"), found.numerator),
                _side(_("Denominator"), found.denominator),
            )
            if side is not None
        ),
        parts=(),
        missing=tuple(m.text for m in found.missing),
        origin=_origin(found),
        read_with=_read_with(state, metric, kind, code),
        definition_url=state.url("metric", metric),
        csv_url=f"{url}&format=csv" if not found.numerator.rows_are_private else "",
        page_url=url,
    )


def explain_rows(
    state: PageState, metric: str, component: str, scope: str, *, most: int = 100_000
) -> tuple[list[str], list[list[object]]]:
    """Every visible row behind a value, for a file."""
    kind, _colon, code = scope.partition(":")
    if metric == INDEX or kind not in SCOPE_KINDS or not state.visible.sees(kind, code):
        raise Http404(scope)
    try:
        found = explain(metric, component, kind, code, state.period, visible_to=state.visible, limit=most)
    except NoSuchValue as error:
        raise Http404(str(error)) from error
    heads = ["side", "feed", "key", "adds", "file", "line", "import", "values"]
    rows: list[list[object]] = []
    for name, side in (("numerator", found.numerator), ("denominator", found.denominator)):
        for row in side.rows:
            values = "; ".join(f"{k}={v}" for k, v in row.cells.items() if v not in (None, ""))
            rows.append([name, row.feed, row.key, row.weight, row.file, row.line, row.import_id, values])
    return heads, rows


def _status(colour: str, value: float | None, status: str, reason: str) -> Status:
    if value is None:
        return Status("none", text.status(status, reason))
    from_colour = {"green": ("ok", _("On target")), "amber": ("watch", _("Watch")), "red": ("bad", _("Off target"))}
    kind, word = from_colour.get(colour, ("none", _("No target")))
    return Status(kind, word)  # type: ignore[arg-type]


def _subject(state: PageState, kind: str, code: str) -> str:
    period = f.period(state.period.code)
    if kind == "enterprise":
        return _("Whole enterprise, %(period)s") % {"period": period}
    name = scope_names(kind, [code]).get(code, code)
    return _("%(kind)s %(name)s, %(period)s") % {"kind": text.scope_kind(kind), "name": name, "period": period}


def _target(found: Explanation, metric: str, component: str) -> str:
    record = found.record
    if record.green is None:
        return ""
    entry = metrics()[metric]

    def words(value: float) -> str:
        return units.limit(value, metric, component, record.unit, settings.EPMO_BASE_CURRENCY)

    return text.limit_text(words, record.green, entry.component(component).direction)


def _side(name: str, side: Side) -> RowSide | None:
    if not side.count and side.total is None and not side.rows_are_private and not side.constants:
        return None
    if side.rows_are_private:
        said = _("Rows about persons are shown to administrators and PMO leads only.")
    else:
        said = ngettext("%(n)s row", "%(n)s rows", side.count) % {"n": f.number(side.count)}
        if len(side.rows) < side.count - side.hidden:
            said = _("%(said)s, the first %(shown)s shown") % {"said": said, "shown": f.number(len(side.rows))}
        if side.hidden:
            said = ngettext(
                "%(said)s; %(n)s is not visible to you", "%(said)s; %(n)s are not visible to you", side.hidden
            ) % {"said": said, "n": f.number(side.hidden)}
    total = f.number(side.total, f.decimals_for(side.total)) if side.total is not None else f.ABSENT
    adds, note = {
        "items": (_("Value"), _("No sum: these are the values that the figure is taken of.")),
        "inputs": (_("Input"), _("No sum: these are the inputs of the formula.")),
    }.get(side.rows_are, (_("Adds"), ""))
    constants = tuple(Line(c.text, f.number(c.amount, f.decimals_for(c.amount))) for c in side.constants)
    if constants and not note:
        note = (
            _("The rows and these numbers of the period make the figure; no row stands behind the numbers.")
            if side.count
            else _("No row stands behind it: it is made of these numbers of the period.")
        )
    return RowSide(
        name, definition(side.description), total, said, tuple(_row(row) for row in side.rows), adds, note, constants
    )


def _row(row: ExplainedRow) -> Row:
    told = [_cell(value) for name, value in row.cells.items() if value not in (None, "") and name != "code"][:3]
    source = row.file
    if row.file and row.line:
        source = _("%(file)s, line %(line)s") % {"file": row.file, "line": f.number(row.line)}
    weight = f.number(row.weight, 0 if float(row.weight).is_integer() else 2 if abs(row.weight) >= 0.1 else 4)
    key = " · ".join(unquote(part) for part in row.key.split("|"))
    return Row(key, row.feed, weight, ", ".join(told), source)


def _cell(value: object) -> str:
    """A cell as a person reads it: a number exactly, without the zeros that storing adds."""
    if not isinstance(value, Decimal):
        return str(value)
    exponent = value.normalize().as_tuple().exponent
    return f.number(value, max(0, -exponent) if isinstance(exponent, int) else 0)


def _origin(found: Explanation) -> tuple[Line, ...]:
    lines = [
        Line(
            _("Data"),
            "; ".join(
                _("%(feed)s, changed %(at)s") % {"feed": s.feed, "at": f.instant(s.changed_at)}
                if s.changed_at
                else s.feed
                for s in found.feeds
            ),
        ),
        Line(_("Items"), f.number(found.record.n)),
        Line(_("Computed"), f.instant(found.record.computed_at)),
        Line(_("As of"), f.date(found.as_of)),
        Line(_("Version"), f.number(found.record.version)),
    ]
    if found.run is not None:
        lines.append(Line(_("Run"), str(found.run.pk)))
    return tuple(line for line in lines if line.text not in ("", f.ABSENT))


def _read_with(state: PageState, metric: str, kind: str, code: str) -> tuple[Line, ...]:
    """A financial figure never stands alone: one of each other family for the same scope and period."""
    if metrics()[metric].family != "financial":
        return ()
    found = readings(
        [Want(kind, (code,), headlines_of(kind), (state.period,))],
        state=state.published,
        visible_to=state.visible,
        targets=state.targets,
    )
    lines: dict[str, Line] = {}
    for key, entry in metrics().items():
        if entry.family == "financial" or entry.family in lines or kind not in entry.scopes:
            continue
        r = found.get(kind, code, key, "", state.period)
        if r.value is not None:
            lines[entry.family] = Line(text.title(key), measures.words_of(r)(r.value))
    return tuple(lines.values()) or (
        Line(_("Nothing else"), _("No other family has a value for this scope and period.")),
    )


def _index_page(state: PageState, component: str, kind: str, code: str, query: str) -> ExplainPage:
    """The index or one of its factors: its metrics with score and points moved."""
    wants = [Want(kind, (code,), (*headlines_of(kind), *index_components()), (state.period, state.against))]
    found = readings(wants, state=state.published, visible_to=state.visible, targets=state.targets)
    now = found.get(kind, code, INDEX, component, state.period)
    if now.status == "no_data" and component not in ("", *FACTORS):
        raise Http404(component)
    moved = index_moved(found, kind, code, state.period, state.against)
    parts = []
    for key, entry in metrics().items():
        if entry.index is None or kind not in entry.scopes or component not in ("", entry.factor):
            continue
        r = found.get(kind, code, key, "", state.period)
        score = None if r.value is None else float(goalpost_scores(r.value, entry.index.worst, entry.index.best))
        parts.append(
            PartLine(
                text.title(key),
                state.url("metric", key),
                measures.words_of(r)(r.value) if r.value is not None else text.status(r.status, r.reason),
                f.number(score),
                f.number(moved.metrics.get(key), 2, sign=True) if moved is not None else f.ABSENT,
            )
        )
    coverage = [
        Line(
            _("Coverage of %(factor)s") % {"factor": text.factor(factor)},
            f.percent(found.value(kind, code, INDEX, f"coverage_{factor}", state.period)),
        )
        for factor in FACTORS
        if component in ("", factor)
    ]
    band = index_range(found, kind, code, state.period) if not component else None
    origin = [
        *coverage,
        Line(_("Computed"), f.instant(state.published.computed_at)),
        Line(_("Run"), str(state.published.run)),
    ]
    if band is not None:
        origin.insert(
            0,
            Line(
                _("Other weights"),
                _("%(low)s to %(high)s in nine of ten ways to weigh it")
                % {"low": f.number(band[0]), "high": f.number(band[1])},
            ),
        )
    formula = _(
        "Each measure scores 0 to 100 between its worst and best; a factor is the weighted mean of its measures."
    )
    if not component:
        formula = _(
            "Geometric mean of the four factors, each of weight 25%. A factor is the weighted mean of its measures, "
            "which score 0 to 100 between their worst and best."
        )
    return ExplainPage(
        title=text.title(INDEX, component),
        subject=_subject(state, kind, code),
        why=_("One number for whether customers succeed, from measures of all four families."),
        status=measures.status(now, customer=kind == "customer" and not component),
        remark="",
        value=f.number(now.value, 1),
        target=measures.target_text(now),
        formula=formula,
        symbols=_symbols(found_factors=[found.value(kind, code, INDEX, k, state.period) for k in FACTORS], now=now)
        if not component
        else "",
        sides=(),
        parts=tuple(parts),
        missing=(),
        origin=tuple(origin),
        read_with=(),
        definition_url=state.url("metrics"),
        csv_url="",
        page_url=f"{reverse('explain', args=[INDEX])}?{query}",
    )


def _symbols(*, found_factors: list[float | None], now: Reading) -> str:
    if any(v is None for v in found_factors) or now.value is None:
        return ""
    inside = " × ".join(f.number(v, 1) for v in found_factors)
    return f"({inside})^¼ = {f.number(now.value, 1)}"
