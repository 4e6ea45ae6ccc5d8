"""People and culture: will we still be good in three years?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from dashboards import catalogue_text as text
from dashboards import findings, measures, units
from dashboards import formatting as f
from dashboards.ahead import ahead_of, look_back
from dashboards.capacity import CapacityPart, capacity_part
from dashboards.figures.ranked import Item, ranked_figure
from dashboards.figures.survival import AtRisk, Survival, survival_figure
from dashboards.figures.trend import Point, trend_figure
from dashboards.page_state import PageState
from dashboards.parts import Answer, Column, Figure, Measure, Status, good, status_of
from dashboards.selectors.marks import Marks, marks_of
from dashboards.selectors.measured import Readings, Want, readings
from dashboards.selectors.people import Leaving, Stay, leaving, stay
from dashboards.selectors.remembered import remembered
from metrics.cells import SMALLEST_GROUP
from metrics.registry import metrics
from metrics.selectors import ValueQuery, values

TEAM_METRICS = (
    "voluntary_turnover_rate",
    "development_plan_coverage",
    "employee_net_promoter_score",
    "resource_utilisation",
)
LINES = (
    "voluntary_turnover_rate",
    "employee_net_promoter_score",
    "idea_implementation_rate",
    "cross_team_project_share",
)


@dataclass(frozen=True, slots=True)
class TeamCell:
    """A team's value of one measure, worded."""

    label: str
    text: str
    status: Status


@dataclass(frozen=True, slots=True)
class TeamLine:
    """A team and its values."""

    name: str
    cells: tuple[TeamCell, ...]


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """All that the page on people and culture shows."""

    answer: Answer
    survival: Figure | None
    reasons: Figure | None
    reasons_said: str
    plans: Figure | None
    lines: tuple[Figure, ...]
    measures: tuple[Measure, ...]
    columns: tuple[Column, ...]
    teams: tuple[TeamLine, ...]
    capacity: CapacityPart


def people_page(state: PageState) -> PeoplePage:
    """The page; 404 for roles that do not see people values. Cost: a dozen queries beyond log-in and rights."""
    cut = min(state.period.end, state.published.as_of)
    stayed = stay(cut=cut, visible_to=state.visible)
    left = leaving(start=cut.replace(year=cut.year - 1, day=min(cut.day, 28)), cut=cut, visible_to=state.visible)
    family = [key for key, e in metrics().items() if e.family == "longevity"]
    keys = [(key, name) for key in family for name in metrics()[key].component_names]
    found = readings(
        [
            Want("enterprise", ("",), tuple(keys), (*state.periods, state.against)),
            Want("enterprise", ("",), tuple((key, "") for key in LINES), look_back(state)),
        ],
        state=state.published,
        visible_to=state.visible,
        targets=state.targets,
    )
    marks = marks_of(
        "enterprise",
        "",
        [(key, "") for key in LINES],
        periods=state.periods,
        state=state.published,
        visible_to=state.visible,
    )
    return PeoplePage(
        answer=Answer(
            _sentence(stayed, found, state, family),
            _("Groups of fewer than five people are never shown. Nothing on this page is about one person."),
        ),
        survival=_survival(stayed),
        reasons=_reasons(left),
        reasons_said=_("Too few people left in twelve months to say why.") if left.total < SMALLEST_GROUP else "",
        plans=_plans(found, state),
        lines=tuple(fig for key in LINES for fig in [_line(found, state, key, marks)] if fig is not None),
        measures=tuple(measures.measure(found, state, "enterprise", "", key) for key in family),
        columns=(Column(_("Team")), *(Column(text.title(key), numeric=True) for key in TEAM_METRICS)),
        teams=remembered(
            "teams",
            (state.period, get_language()),
            lambda: _teams(state),
            state=state.published,
            visible_to=state.visible,
            most=8,
        ),
        capacity=capacity_part(state),
    )


def _sentence(stayed: Stay, found: Readings, state: PageState, family: list[str]) -> SafeString:
    parts: list[SafeString] = []
    if stayed.curve is not None:
        horizon = 36 if stayed.months.max() >= 36 else 12
        share = _survival_at(stayed, horizon)
        parts.append(
            format_html(
                _("{share} of people are still here {months} months after joining."),
                share=good(f.percent(share)),
                months=f.number(horizon),
            )
        )
    judged = []
    for key in family:
        r = found.get("enterprise", "", key, "", state.period)
        if r.colour:
            moved = measures.delta(r, found.get("enterprise", "", key, "", state.against))
            judged.append(
                findings.Judged(
                    text.title(key), measures.words_of(r)(r.value), r.colour, bool(moved and moved.meaning == "ill")
                )
            )
    parts.append(escape(findings.family_sentence(judged)))
    return format_html(" ".join(["{}"] * len(parts)), *parts)


def _survival_at(stayed: Stay, months: float) -> float:
    curve = stayed.curve
    assert curve is not None
    return float(curve.survival[np.searchsorted(curve.time, months, side="right") - 1])


def _survival(stayed: Stay) -> Figure | None:
    curve = stayed.curve
    if curve is None:
        return None
    end = min(60, int(stayed.months.max() // 12 * 12) or 12)
    inside = (curve.events > 0) & (curve.time <= end)
    # One step a month is all that the eye can tell apart.
    steps = [
        Survival(float(t), float(s), float(low), float(high))
        for t, s, low, high in zip(
            curve.time[inside], curve.survival[inside], curve.low[inside], curve.high[inside], strict=True
        )
    ][:120]
    risk = []
    for at in range(0, end + 1, 12):
        gone = stayed.left & (stayed.months <= at)
        young = ~stayed.left & (stayed.months < at)
        risk.append(AtRisk(at, int(stayed.people - gone.sum() - young.sum()), int(gone.sum()), int(young.sum())))
    mark = 36 if end >= 36 else 12
    share = _survival_at(stayed, mark)
    lowest = min([s.low or 0 for s in steps], default=0)
    return survival_figure(
        steps,
        risk,
        key="survival",
        title=_("%(share)s of people are still here after %(months)s months")
        % {"share": f.percent(share), "months": f.number(mark)},
        unit=_("Share still employed, by months since joining, with 95%% range. %(n)s people")
        % {"n": f.number(stayed.people)}
        + (_("; axis starts at 50%") if lowest >= 0.5 else ""),
        words=(_("Still here"), _("Left"), _("Joined too recently")),
        mark=(mark, _("%(share)s at %(months)s months") % {"share": f.percent(share), "months": f.number(mark)}),
        floor=0.5 if lowest >= 0.5 else 0.0,
        source=_("Source: people records, counted; joined to no names"),
    )


REASONS = {
    "voluntary": gettext_noop("By their own choice"),
    "involuntary": gettext_noop("Not by their choice"),
    "retired": gettext_noop("Retired"),
    "other": gettext_noop("Other or not said"),
}


def _reasons(left: Leaving) -> Figure | None:
    if left.total < SMALLEST_GROUP:
        return None
    items = [
        Item(
            _(REASONS.get(reason, reason)),
            count,
            f"{f.number(count)} · {f.percent(count / left.total)}",
            "actual" if i == 0 else "previous",
        )
        for i, (reason, count) in enumerate(left.reasons)
    ]
    if left.few:
        word = f.number(left.few) if left.few >= SMALLEST_GROUP else _("fewer than five")
        items.append(Item(_("Reasons of fewer than five people"), float(max(left.few, 1)), word, "previous"))
    return ranked_figure(
        items,
        key="reasons",
        title=_("How people left"),
        unit=_("People who left in the last twelve months: %(n)s") % {"n": f.number(left.total)},
        heads=(_("Reason"), _("People")),
    )


def _plans(found: Readings, state: PageState) -> Figure | None:
    key = "development_plan_coverage"
    order = (
        ("documented", _("Has a plan on paper")),
        ("measurable", _("Has a measurable goal")),
        ("sustained", _("Reviewed in time")),
        ("", _("All of it: in force")),
    )
    items = []
    for name, word in order:
        r = found.get("enterprise", "", key, name, state.period)
        if r.value is not None:
            items.append(Item(word, r.value, f.percent(r.value), "actual" if name else "watch"))
    if len(items) < 2:
        return None
    return ranked_figure(
        items,
        key="plans",
        title=text.title(key),
        unit=_("Share of people employed at the end of %(period)s") % {"period": f.period(state.period.code)},
        heads=(_("Step"), _("Share")),
    )


def _line(found: Readings, state: PageState, key: str, marks: Marks) -> Figure | None:
    now = found.get("enterprise", "", key, "", state.period)
    points = [
        Point(p.code, r.value, n=r.n, remark=text.status(r.status, r.reason), partial=r.partial)
        for p in state.periods
        for r in [found.get("enterprise", "", key, "", p)]
    ]
    if sum(p.value is not None for p in points) < 2:
        return None
    words = measures.words_of(now)
    green = now.limits.green if now.limits is not None else None
    return trend_figure(
        points,
        key=f"line-{key}",
        title=_("%(name)s %(value)s") % {"name": text.title(key), "value": words(now.value)},
        unit=_("%(unit)s, whole enterprise") % {"unit": units.unit_line(key, "", now.unit)},
        words=words,
        target=green if isinstance(green, float | int) else None,
        target_word=_("Target %(value)s") % {"value": measures.limit_words(now)(green)}
        if isinstance(green, float | int)
        else "",
        kind=measures.status(now).kind,
        height=200,
        floor=0.0 if min((p.value for p in points if p.value is not None), default=0.0) >= 0 else None,
        ceiling=1.0 if now.unit == "ratio" and max((p.value or 0.0) for p in points) <= 1 else None,
        value_word=text.title(key),
        events=marks.on_periods(state.period.kind, key),
        ahead=ahead_of(found, state, "enterprise", "", key),
    )


def _teams(state: PageState) -> tuple[TeamLine, ...]:
    """Teams with their values, read through the engine's selector, which hides also by difference."""
    by_team: dict[str, dict[str, TeamCell]] = {}
    query = ValueQuery(metrics=TEAM_METRICS, scope_kinds=("team",), periods=(state.period,))
    for r in values(query, visible_to=state.visible):
        words = units.words(r.metric, r.component, r.unit)
        status = status_of(r.colour) if r.value is not None else Status("none", text.status(r.status, r.reason))
        by_team.setdefault(r.scope, {})[r.metric] = TeamCell(text.title(r.metric), words(r.value), status)
    none = TeamCell("", f.ABSENT, Status("none", ""))
    return tuple(
        TeamLine(team, tuple(cells.get(key, none) for key in TEAM_METRICS)) for team, cells in sorted(by_team.items())
    )
