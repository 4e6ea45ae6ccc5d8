"""One project: is it worth it, and will it arrive?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from dashboards import catalogue_text as text
from dashboards import formatting as f
from dashboards import measures
from dashboards.ahead import ahead_of, look_back
from dashboards.decision_parts import Here, decisions_here
from dashboards.figures.flow import FlowMonth, flow_figure
from dashboards.figures.progress import Forecast, Milestone, Month, milestone_figure, s_curve_figure
from dashboards.figures.trend import Point, trend_figure
from dashboards.money import COST, TIME, Money, dates_text, final_period, forecast_of, money_of
from dashboards.page_state import PageState
from dashboards.pages.project_words import KIND, described, ended_on, finding, lateness, support
from dashboards.parts import Answer, Bullet, Fact, Figure, Measure, Status, status_of
from dashboards.selectors import contribution
from dashboards.selectors.marks import Marks, marks_of
from dashboards.selectors.measured import Readings, Want, readings
from dashboards.selectors.project_detail import (
    Hidden,
    OutcomeLine,
    ProjectDetail,
    fold_hidden,
    outcome_lines,
    project_detail,
)
from dashboards.selectors.remembered import remembered
from metrics.periods import Period
from metrics.registry import metrics


@dataclass(frozen=True, slots=True)
class ReachLine:
    """An outcome that the project claims to move: initiative, customer, progress, points."""

    initiative: str
    initiative_url: str
    outcome: str
    customer: str
    customer_url: str
    bar: Bullet
    progress: str
    claim: str
    points: str
    change: str
    evidence: str
    over_claimed: str
    status: Status


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """All that a project's page shows."""

    name: str
    code: str
    status: Status
    meta: tuple[str, ...]
    portfolio: str
    portfolio_url: str
    answer: Answer
    facts: tuple[Fact, ...]
    money: Money
    description: str
    report: str
    report_status: Status | None
    progress: Figure | None
    milestones: Figure | None
    defects: Figure | None
    points: Figure | None
    reach: tuple[ReachLine, ...]
    reach_sum: str
    reach_change: str
    hidden: str
    hidden_points: str
    hidden_change: str
    here: Here
    measures: tuple[Measure, ...]


def project_page(state: PageState, code: str) -> ProjectPage:
    """The page of one project; 404 outside the rights. Cost: eight queries beyond log-in and rights."""
    cut = min(state.period.end, state.published.as_of)
    detail = project_detail(code, cut=cut, zone=str(settings.EPMO_TIME_ZONE), visible_to=state.visible)
    if detail is None:
        raise Http404(code)
    keys = [(key, name) for key, entry in metrics().items() if KIND in entry.scopes for name in entry.component_names]
    ended = (Period.containing("year", detail.actual_finish_on),) if detail.actual_finish_on else ()
    wants = [
        Want(KIND, (code,), tuple(keys), (*state.periods, state.against, *ended)),
        Want(KIND, (code,), (("project_contribution", ""),), look_back(state)),
    ]
    found = readings(wants, state=state.published, visible_to=state.visible, targets=state.targets)
    every = outcome_lines(state.period, cut=cut, project=code)
    lines, hidden = fold_hidden(every, visible_to=state.visible, counterpart="initiative")
    spread = remembered(
        "ranges of a project",
        (detail.id, state.period, cut),
        lambda: contribution.ranges([detail.id], state.period, cut=cut, start=state.period.start).get(detail.id),
        state=state.published,
        visible_to=state.visible,
        most=64,
    )
    forecast = forecast_of(detail, found, state)
    marks = marks_of(
        KIND,
        code,
        [("project_contribution", "")],
        periods=state.last(20),
        state=state.published,
        visible_to=state.visible,
    )
    change = found.value(KIND, code, "project_contribution", "change", state.period)
    return ProjectPage(
        name=detail.name,
        code=detail.code,
        status=lateness(detail, cut),
        meta=described(detail),
        portfolio=detail.portfolio_name,
        portfolio_url=state.scope_url("portfolio", detail.portfolio_code)
        if state.visible.sees(detail.portfolio_kind, detail.portfolio_code)
        else "",
        answer=Answer(finding(detail, found, state, forecast, cut), support(every)),
        facts=_facts(detail, found, state, spread, forecast),
        money=money_of(
            found,
            state,
            KIND,
            code,
            approved=detail.budget,
            currency=detail.currency,
            forecast=forecast,
            ended_on=ended_on(detail, cut),
        ),
        description=detail.description,
        report=_report(detail),
        report_status=status_of(detail.report.rag) if detail.report and detail.report.rag else None,
        progress=_progress(detail, state, forecast, cut, marks),
        milestones=_milestones(detail, cut),
        defects=_defects(detail, marks),
        points=_points(found, state, code, marks),
        reach=tuple(reach_line(line, state) for line in lines),
        reach_sum=f.number(sum(line.points for line in every), 2, sign=True),
        reach_change=f.number(change, 2, sign=True),
        hidden=hidden_words(hidden),
        hidden_points=f.number(hidden.points, 2, sign=True),
        hidden_change=f.number(hidden.change, 2, sign=True),
        here=decisions_here(KIND, code, visible=state.visible),
        measures=tuple(
            measures.measure(found, state, KIND, code, key)
            for key, entry in metrics().items()
            if KIND in entry.scopes and found.get(KIND, code, key, "", state.period).status not in measures.EMPTY
        ),
    )


def hidden_words(hidden: Hidden) -> str:
    """`Not visible to you (3)`; blank when nothing is hidden."""
    return _("Not visible to you (%(n)s)") % {"n": f.number(hidden.count)} if hidden.count else ""


def _facts(
    detail: ProjectDetail,
    found: Readings,
    state: PageState,
    spread: contribution.Range | None,
    forecast: Forecast | None,
) -> tuple[Fact, ...]:
    change = found.get(KIND, detail.code, "project_contribution", "change", state.period)
    at = final_period(found, KIND, detail.code, state, detail.actual_finish_on)
    final = "" if at == state.period else _("final, %(period)s") % {"period": f.period(at.code)}
    shown = [
        Fact(
            _("Contribution in the period"),
            f.number(change.value, 2, sign=True),
            _("points, range %(low)s to %(high)s")
            % {"low": f.number(spread.low, 2, sign=True), "high": f.number(spread.high, 2, sign=True)}
            if spread is not None and change.value is not None
            else text.status(change.status, change.reason),
            why=state.why("project_contribution", KIND, detail.code, "change"),
        )
    ]
    for metric in (COST, TIME):
        r = found.get(KIND, detail.code, metric, "", at)
        target = measures.target_text(r) if r.value is not None else ""
        shown.append(
            Fact(
                text.title(metric),
                f.number(r.value, 2),
                " · ".join(part for part in (target, final) if part),
                measures.status(r),
                state.why(metric, KIND, detail.code, period=at),
            )
        )
    planned = _("planned %(date)s") % {"date": f.date(detail.planned_finish_on)} if detail.planned_finish_on else ""
    finish = detail.actual_finish_on or (forecast.finish_on if forecast else None)
    shown.append(
        Fact(
            _("Finished") if detail.actual_finish_on else _("Forecast finish"),
            f.date(finish) if detail.actual_finish_on else f.month_year(finish),
            " · ".join(part for part in (dates_text(forecast), planned) if part),
        )
    )
    return tuple(shown)


def _report(detail: ProjectDetail) -> str:
    r = detail.report
    if r is None:
        return ""
    parts = [_("Status report of %(date)s") % {"date": f.date(r.reported_on)}]
    if r.rating:
        parts.append(r.rating)
    if r.percent_complete is not None:
        parts.append(_("%(share)s complete") % {"share": f.percent(r.percent_complete / 100)})
    if r.narrative:
        parts.append(r.narrative)
    return " · ".join(parts)


def _progress(
    detail: ProjectDetail, state: PageState, forecast: Forecast | None, cut: dt.date, marks: Marks
) -> Figure | None:
    if not any(m.planned or m.actual for m in detail.months):
        return None
    planned = earned = actual = 0.0
    months = []
    for m in detail.months:
        planned += m.planned or 0.0
        reported = m.earned is not None and m.actual is not None and m.month < cut
        earned += m.earned or 0.0 if reported else 0.0
        actual += m.actual or 0.0 if reported else 0.0
        months.append(Month(m.month, planned, earned if reported else None, actual if reported else None))
    known = [m for m in months if m.earned is not None]
    title = _("No earned value reported yet")
    if known and known[-1].planned is not None and known[-1].earned is not None:
        gap = known[-1].earned - known[-1].planned
        if abs(gap) < 0.01 * max(1.0, known[-1].planned):
            title = _("Earned value follows the plan")
        elif gap < 0:
            title = _("Earned value trails the plan by %(money)s") % {"money": f.money(-gap, detail.currency)}
        else:
            title = _("Earned value is ahead of the plan by %(money)s") % {"money": f.money(gap, detail.currency)}
    drawn = forecast if forecast and detail.currency == settings.EPMO_BASE_CURRENCY else None
    return s_curve_figure(
        months,
        title=title,
        unit=_("%(currency)s, cumulative by month") % {"currency": detail.currency},
        currency=detail.currency,
        today=state.published.as_of,
        budget=detail.budget,
        forecast=drawn,
        events=marks.on_days(),
        source=_("Source: project months"),
    )


def _milestones(detail: ProjectDetail, cut: dt.date) -> Figure | None:
    if not detail.milestones:
        return None
    shown = [
        Milestone(
            m.name,
            m.baseline_on,
            m.actual_on if m.actual_on and m.actual_on < cut else None,
            m.forecast_on or m.actual_on,
        )
        for m in detail.milestones[-14:]
    ]
    late = sum(m.slip_days > 0 for m in shown)
    title = (
        ngettext("%(late)s of %(all)s milestone is late", "%(late)s of %(all)s milestones are late", len(shown))
        % {"late": f.number(late), "all": f.number(len(shown))}
        if late
        else _("Every milestone is on time")
    )
    return milestone_figure(
        shown, title=title, unit=_("First approved date against actual or forecast date"), today=cut
    )


def _defects(detail: ProjectDetail, marks: Marks) -> Figure | None:
    if len(detail.defects) < 2:
        return None
    found = fixed = 0
    months = []
    for d in detail.defects:
        found, fixed = found + d.found, fixed + d.fixed
        months.append(FlowMonth(d.month, found, fixed))
    left = found - fixed
    title = (
        ngettext("%(n)s defect is open", "%(n)s defects are open", left) % {"n": f.number(left)}
        if left
        else _("Every defect found is fixed")
    )
    return flow_figure(
        months[-18:],
        key="defects",
        title=title,
        unit=_("Valid defects found and fixed, cumulative"),
        words=(_("Found"), _("Fixed")),
        events=marks.on_days(),
    )


def _points(found: Readings, state: PageState, code: str, marks: Marks) -> Figure | None:
    points = [
        Point(p.code, r.value, remark=text.status(r.status, r.reason), partial=r.partial)
        for p in state.periods
        for r in [found.get(KIND, code, "project_contribution", "", p)]
    ]
    if sum(p.value is not None for p in points) < 2:
        return None
    return trend_figure(
        points,
        key="points",
        title=_("Points credited over time"),
        unit=_("Points of what customers set out to reach, at the end of each period"),
        words=lambda v: f.number(v, 1 if v is None or abs(v) >= 1 else 2, sign=True),
        events=marks.on_periods(state.period.kind, "project_contribution"),
        ahead=ahead_of(found, state, KIND, code, "project_contribution"),
        height=240,
    )


EVIDENCE = {
    "claimed": gettext_noop("Claimed"),
    "before_after": gettext_noop("Before and after"),
    "customer_confirmed": gettext_noop("Confirmed by the customer"),
}


def reach_line(line: OutcomeLine, state: PageState) -> ReachLine:
    """An outcome row, worded; progress in percent of the way from baseline to target."""
    attained = (line.attained or 0.0) * 100
    over = line.scale is not None and 0 < line.scale < 1
    if line.attained is None:
        status = Status("none", _("Not measured"))
    elif attained >= 100:
        status = Status("ok", _("Reached"))
    elif attained < 0:
        status = Status("bad", _("Behind its start"))
    else:
        status = Status("watch" if line.due_on and line.due_on < state.published.as_of else "ok", _("Under way"))
        if line.due_on and line.due_on < state.published.as_of:
            status = Status("bad", _("Overdue"))
    return ReachLine(
        initiative=line.initiative_name,
        initiative_url=state.url("initiative", line.initiative),
        outcome=line.outcome_name,
        customer=line.customer_name,
        customer_url=state.url("customer", line.customer) if state.visible.sees("customer", line.customer) else "",
        bar=Bullet(
            attained,
            f"{line.outcome_name}: {f.percent(line.attained)}",
            min(0.0, attained),
            100.0,
            kind=status.kind if status.kind != "none" else "ok",
        ),
        progress=_("%(share)s of the way: %(now)s, from %(start)s to %(goal)s %(unit)s")
        % {
            "share": f.percent(line.attained),
            "now": quantity(line.value),
            "start": quantity(line.baseline),
            "goal": quantity(line.target),
            "unit": line.unit,
        },
        claim=f.percent(line.claim, 0, sign=True),
        points=f.number(line.points, 2, sign=True),
        change=f.number(line.change, 2, sign=True),
        evidence=_(EVIDENCE[line.evidence]) if line.evidence in EVIDENCE else "",
        over_claimed=_("More claimed than attained: scaled to %(share)s") % {"share": f.percent(line.scale)}
        if over
        else "",
        status=status,
    )


def quantity(value: float | None) -> str:
    """A number in the unit of an outcome, with the decimals it needs."""
    if value is None:
        return f.ABSENT
    return f.number(value, next((d for d in (0, 1, 2) if abs(round(value, d) - value) < 1e-9), 2))
