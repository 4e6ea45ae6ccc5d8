"""One metric: its line, its parts, where it is best and worst, and its whole definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dashboards import catalogue_text as text
from dashboards import findings, measures, units
from dashboards import formatting as f
from dashboards.ahead import ahead_of, look_back
from dashboards.decision_parts import Here, decisions_here
from dashboards.figures.ranked import Item, ranked_figure
from dashboards.figures.trend import Limits, Point, trend_figure
from dashboards.page_state import PageState
from dashboards.pages.metrics import feeds_of
from dashboards.parts import Answer, Fact, Figure, Measure, Status, strong
from dashboards.selectors.marks import Marks, marks_of
from dashboards.selectors.measured import Readings, Want, readings
from dashboards.selectors.names import scope_names
from dashboards.selectors.remembered import remembered
from metrics.definition_words import definition
from metrics.formulas.spc import xmr_chart
from metrics.registry import Metric, metrics

RANKED = 12
SUBJECTS = ("portfolio", "project", "customer", "service")


@dataclass(frozen=True, slots=True)
class Definition:
    """A named line of the definition."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadWith:
    """What a financial figure is read with."""

    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class MetricPage:
    """All that a metric's page shows."""

    title: str
    key: str
    about: tuple[str, ...]
    status: Status
    answer: Answer
    facts: tuple[Fact, ...]
    trend: Figure | None
    parts: tuple[Measure, ...]
    ranked: tuple[Figure, ...]
    definition: tuple[Definition, ...]
    edges: tuple[str, ...]
    read_with: tuple[Measure, ...]
    here: Here


def metric_page(state: PageState, key: str) -> MetricPage:
    """The page of one metric; 404 for none of that name. Cost: seven queries beyond log-in and rights."""
    entry = metrics().get(key)
    if entry is None:
        raise Http404(key)
    kinds = [k for k in SUBJECTS if k in entry.scopes and state.visible.sees_kind(k)]
    keys = tuple((key, name) for name in entry.component_names)
    periods = (*state.last(24), state.against)
    wants = [
        Want("enterprise", ("",), keys, periods),
        Want("enterprise", ("",), ((key, ""),), look_back(state)),
    ]
    company = [(k, "") for k in companions(entry)]
    if company:
        wants.append(Want("enterprise", ("",), tuple(company), periods))
    found = readings(wants, state=state.published, visible_to=state.visible, targets=state.targets)
    now = found.get("enterprise", "", key, "", state.period)
    seen = state.visible.sees_kind("enterprise")
    marks = marks_of(
        "enterprise", "", [(key, "")], periods=state.last(24), state=state.published, visible_to=state.visible
    )
    return MetricPage(
        title=text.title(key),
        key=key,
        about=(text.family(entry.family), text.factor(entry.factor), text.direction(entry.direction)),
        status=measures.status(now) if seen else Status("none", ""),
        answer=Answer(_sentence(entry, found, state) if seen else format_html("{}", text.title(key)), text.why(key)),
        facts=_facts(entry, found, state) if seen else (),
        trend=_trend(entry, found, state, marks) if seen else None,
        parts=tuple(measures.measure(found, state, "enterprise", "", key, name) for name in entry.components)
        if seen
        else (),
        ranked=remembered(
            "ranked",
            (key, state.period, get_language()),
            lambda: _all_ranked(entry, state, kinds),
            state=state.published,
            visible_to=state.visible,
            most=64,
        ),
        definition=_definition(entry),
        edges=tuple(definition(edge) for edge in entry.edges),
        read_with=tuple(measures.measure(found, state, "enterprise", "", k) for k, _c in company) if seen else (),
        here=decisions_here("enterprise", visible=state.visible, metric=key, everywhere=True),
    )


def companions(entry: Metric) -> tuple[str, ...]:
    """Money is never shown alone: one metric of each other family beside a financial one."""
    if entry.family != "financial":
        return ()
    pair = ("gross_revenue_retention",) if entry.key == "net_revenue_retention" else ()
    return (*pair, "defects_fixed_before_release_rate", "outcome_attainment", "voluntary_turnover_rate")


def _sentence(entry: Metric, found: Readings, state: PageState) -> SafeString:
    now = found.get("enterprise", "", entry.key, "", state.period)
    before = found.get("enterprise", "", entry.key, "", state.against)
    period = f.period(state.period.code)
    if now.value is None:
        return format_html(
            _("{name} has no value for {period}: {why}."),
            name=text.title(entry.key),
            period=period,
            why=text.status(now.status, now.reason).lower(),
        )
    words = measures.words_of(now)
    level = format_html(
        _("{name} is {value} in {period}"), name=text.title(entry.key), value=strong(words(now.value)), period=period
    )
    moved = measures.delta(now, before)
    if moved is None:
        return format_html("{}.", level)
    if moved.arrow == "dash":
        return format_html(_("{level}, as {before}."), level=level, before=state.before)
    css = {"good": "up", "ill": "dn", "flat": ""}[moved.meaning]
    return format_html(
        _("{level}, {change} on {before}."),
        level=level,
        change=format_html('<b class="{}">{}</b>', css, moved.text),
        before=state.before,
    )


def _facts(entry: Metric, found: Readings, state: PageState) -> tuple[Fact, ...]:
    now = found.get("enterprise", "", entry.key, "", state.period)
    words = measures.words_of(now)
    facts = [
        Fact(
            _("Now"),
            words(now.value),
            text.status(now.status, now.reason),
            measures.status(now),
            state.why(entry.key, "enterprise"),
        ),
        Fact(
            _("Target"),
            measures.target_text(now) or f.ABSENT,
            _("amber %(value)s") % {"value": _amber(now)} if now.limits else "",
        ),
    ]
    if now.numerator is not None and now.denominator is not None:
        facts.append(
            Fact(
                _("Numerator"), f.number(now.numerator, f.decimals_for(now.numerator)), entry.numerator.get("feed", "")
            )
        )
        facts.append(
            Fact(
                _("Denominator"),
                f.number(now.denominator, f.decimals_for(now.denominator)),
                entry.denominator.get("feed", ""),
            )
        )
    if now.n is not None:
        facts.append(Fact(_("Items"), f.number(now.n), counted if len(counted := definition(entry.n)) < 60 else ""))
    facts.append(Fact(_("Owner"), _(entry.owner_role).capitalize(), _("version %(n)s") % {"n": entry.version}))
    return tuple(facts)


def _amber(now: object) -> str:
    limits = now.limits  # type: ignore[attr-defined]
    return text.limit_text(measures.limit_words(now), limits.amber, limits.direction)  # type: ignore[arg-type]


def _trend(entry: Metric, found: Readings, state: PageState, marks: Marks) -> Figure | None:
    points = [
        Point(p.code, r.value, n=r.n, remark=text.status(r.status, r.reason), partial=r.partial)
        for p in state.last(24 if state.period.kind != "year" else 8)
        for r in [found.get("enterprise", "", entry.key, "", p)]
    ]
    while points and points[0].value is None:
        points = points[1:]
    if sum(p.value is not None for p in points) < 2:
        return None
    now = found.get("enterprise", "", entry.key, "", state.period)
    green = now.limits.green if now.limits is not None else None
    target = green if isinstance(green, float | int) else None
    words = measures.words_of(now)
    firm = [p.value for p in points if p.value is not None and not p.partial]
    limits = None
    if len(firm) >= 6:
        bounds = (0.0, 1.0) if entry.unit == "ratio" and max(firm) <= 1 and min(firm) >= 0 else (None, None)
        chart = xmr_chart(firm, *bounds)
        if chart.limits is not None:
            limits = Limits(chart.limits.centre, chart.limits.low, chart.limits.high, provisional=len(firm) < 12)
    return trend_figure(
        points,
        key="trend",
        title=findings.trend_title(
            [p.value for p in points], target if entry.direction == "higher" else None, words, state.period.kind
        ),
        unit=_("%(unit)s, whole enterprise")
        % {"unit": units.unit_line(entry.key, "", entry.unit, settings.EPMO_BASE_CURRENCY)},
        words=words,
        target=target,
        target_word=_("Target %(value)s") % {"value": measures.limit_words(now)(target)} if target is not None else "",
        limits=limits,
        kind=measures.status(now).kind,
        height=280,
        value_word=text.title(entry.key),
        events=marks.on_periods(state.period.kind, entry.key),
        ahead=ahead_of(found, state, "enterprise", "", entry.key),
        source=_("Source: %(feeds)s") % {"feeds": ", ".join(feeds_of(entry))},
    )


def _all_ranked(entry: Metric, state: PageState, kinds: list[str]) -> tuple[Figure, ...]:
    """Every kind's worst values. Cost: up to two queries and one a kind."""
    wants = [Want(kind, None, ((entry.key, ""),), (state.period,)) for kind in kinds]
    found = readings(wants, state=state.published, visible_to=state.visible, targets=state.targets)
    return tuple(fig for kind in kinds for fig in [_ranked(entry, found, state, kind)] if fig is not None)


def _ranked(entry: Metric, found: Readings, state: PageState, kind: str) -> Figure | None:
    """The scopes of a kind with the worst values first."""
    known = [
        r
        for code in found.codes(kind)
        for r in [found.get(kind, code, entry.key, "", state.period)]
        if r.value is not None
    ]
    if len(known) < 2 or any((r.value or 0) < 0 for r in known) or all(not r.value for r in known):
        return None
    falling = entry.direction == "lower"
    worst = sorted(known, key=lambda r: ((r.value or 0.0) * (-1 if falling else 1), r.code))[:RANKED]
    names = scope_names(kind, [r.code for r in worst])
    tone = {"green": "actual", "amber": "watch", "red": "bad", "": "previous"}
    words = measures.words_of(known[0])
    left = len(known) - len(worst)
    title = {
        "portfolio": _("By portfolio"),
        "project": _("By project"),
        "customer": _("By customer"),
        "service": _("By service"),
    }[kind]
    unit = _("Furthest from the target first")
    if left:
        unit = ngettext("%(unit)s; %(n)s more is not shown", "%(unit)s; %(n)s more are not shown", left) % {
            "unit": unit,
            "n": f.number(left),
        }
    return ranked_figure(
        [Item(names.get(r.code, r.code), r.value or 0.0, words(r.value), tone[r.colour]) for r in worst],
        key=f"by-{kind}",
        title=title,
        unit=unit,
        heads=(text.scope_kind(kind), text.title(entry.key)),
    )


def _definition(entry: Metric) -> tuple[Definition, ...]:
    lines: Sequence[tuple[str, str]] = (
        (_("Formula"), definition(entry.formula)),
        (_("Numerator"), _side(entry.numerator)),
        (_("Denominator"), _side(entry.denominator)),
        (_("Period"), definition(entry.period_rule)),
        (_("Roll-up"), definition(entry.roll_up)),
        (_("Items counted"), definition(entry.n)),
        (_("Smallest number of items"), f.number(entry.minimum_n)),
        (_("Scopes"), f.listing([text.scope_kind(kind).lower() for kind in entry.scopes])),
        (
            _("In the index"),
            _("from %(worst)s (0 points) to %(best)s (100 points), weight %(weight)s")
            % {
                "worst": units.limit(entry.index.worst, entry.key, "", entry.unit, settings.EPMO_BASE_CURRENCY),
                "best": units.limit(entry.index.best, entry.key, "", entry.unit, settings.EPMO_BASE_CURRENCY),
                "weight": f.number(entry.index.weight, units.whole_places(entry.index.weight)),
            }
            if entry.index is not None
            else _("not part of it"),
        ),
        (_("Source"), definition(entry.source)),
        (_("Version"), f.number(entry.version)),
    )
    return tuple(Definition(name, told) for name, told in lines if told)


def _side(side: dict[str, str]) -> str:
    return ": ".join(part for part in (side.get("feed", ""), definition(side.get("filter", ""))) if part)
