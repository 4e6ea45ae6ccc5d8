"""What is said of one project in sentences: its finding, its plan, its cost, whether it is late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import formatting as f
from dashboards.figures.progress import Forecast
from dashboards.money import COST, final_period
from dashboards.page_state import PageState
from dashboards.pages.projects import state_word
from dashboards.parts import Status, bad, good, strong
from dashboards.selectors.measured import Readings
from dashboards.selectors.project_detail import OutcomeLine, ProjectDetail

KIND = "project"


def lateness(detail: ProjectDetail, cut: dt.date) -> Status:
    """Late, on time, done or not begun, from the plan's dates and the milestones."""
    if detail.state in {"completed", "cancelled", "on_hold", "proposed"}:
        return Status("none", state_word(detail.state))
    late = [m for m in detail.milestones if (m.actual_on or m.forecast_on or m.baseline_on) > m.baseline_on]
    overdue = [m for m in detail.milestones if m.actual_on is None and m.baseline_on < cut]
    if detail.planned_finish_on and detail.planned_finish_on < cut and detail.actual_finish_on is None:
        return Status("bad", _("Past its planned finish"))
    if overdue:
        return Status(
            "bad", ngettext("%(n)s milestone overdue", "%(n)s milestones overdue", len(overdue)) % {"n": len(overdue)}
        )
    return Status("watch", _("Late")) if late else Status("ok", _("On time"))


def described(detail: ProjectDetail) -> tuple[str, ...]:
    """Manager, sponsor and dates, as far as they are known."""
    told = []
    if detail.manager:
        told.append(_("Manager: %(name)s") % {"name": detail.manager})
    if detail.sponsor:
        told.append(_("Sponsor: %(name)s") % {"name": detail.sponsor})
    start, finish = (
        detail.actual_start_on or detail.planned_start_on,
        detail.actual_finish_on or detail.planned_finish_on,
    )
    if start and finish:
        told.append(_("%(start)s to %(finish)s") % {"start": f.month_year(start), "finish": f.month_year(finish)})
    return tuple(told)


def finding(
    detail: ProjectDetail, found: Readings, state: PageState, forecast: Forecast | None, cut: dt.date
) -> SafeString:
    """What it added to customers' outcomes in the period, and how its plan stands."""
    change = found.get(KIND, detail.code, "project_contribution", "change", state.period)
    total = found.value(KIND, detail.code, "project_contribution", "", state.period)
    period = f.period(state.period.code)
    if total is None:
        first = escape(_("No measurable outcome stands behind this project, so nothing can be credited to it."))
    elif change.value is not None and change.value >= 0.005:
        first = format_html(
            _("Added {points} points to what customers attained in {period}, {total} so far."),
            points=good(f.number(change.value, 2)),
            period=period,
            total=strong(f.number(total, 2)),
        )
    elif change.value is not None and change.value <= -0.005:
        first = format_html(
            _("Took back {points} points of what customers attained in {period}; {total} are left."),
            points=bad(f.number(-change.value, 2)),
            period=period,
            total=strong(f.number(total, 2)),
        )
    else:
        first = format_html(
            _("Added nothing new in {period}; {total} points of what customers attained are credited so far."),
            period=period,
            total=strong(f.number(total, 2)),
        )
    return format_html("{} {}", first, _plan_sentence(detail, found, state, forecast, cut))


def _plan_sentence(
    detail: ProjectDetail, found: Readings, state: PageState, forecast: Forecast | None, cut: dt.date
) -> SafeString:
    if detail.actual_finish_on is not None and detail.planned_finish_on is not None and detail.actual_finish_on < cut:
        slip = (detail.actual_finish_on - detail.planned_finish_on).days
        finished = (
            format_html(_("It finished {days} late."), days=bad(f.days(slip)))
            if slip > 0
            else escape(_("It finished on time."))
        )
        return format_html("{} {}", finished, _cost_sentence(detail, found, state))
    if forecast is None:
        return SafeString("")
    late = (forecast.finish_on - detail.planned_finish_on).days if detail.planned_finish_on else 0
    over = found.value(KIND, detail.code, "cost_performance_index", "variance_at_completion", state.period)
    planned = found.value(KIND, detail.code, "cost_performance_index", "budget_at_completion", state.period)
    share = -over / planned if over is not None and planned else 0.0
    if late >= 7 and share >= 0.01:
        return format_html(
            _("At this pace it ends {days} late and {share} over plan."),
            days=bad(f.days(late)),
            share=bad(f.percent(share)),
        )
    if late >= 7:
        return format_html(_("At this pace it ends {days} late."), days=bad(f.days(late)))
    if share >= 0.01:
        return format_html(_("At this pace it costs {share} more than planned."), share=bad(f.percent(share)))
    return escape(_("At this pace it ends as planned."))


def _cost_sentence(detail: ProjectDetail, found: Readings, state: PageState) -> SafeString:
    """What a finished project came to, beside its budget."""
    at = final_period(found, KIND, detail.code, state, detail.actual_finish_on)
    spent = found.get(KIND, detail.code, COST, "", at).denominator
    planned = found.value(KIND, detail.code, COST, "budget_at_completion", at)
    if detail.budget is not None and detail.currency == settings.EPMO_BASE_CURRENCY:
        planned = detail.budget
    if spent is None:
        return SafeString("")
    if not planned:
        return format_html(_("It cost {money}."), money=strong(f.money(spent)))
    share = spent / planned - 1
    if abs(share) < 0.005:
        return format_html(_("It cost {money}, as budgeted."), money=strong(f.money(spent)))
    if share > 0:
        return format_html(
            _("It cost {money}, {share} over budget."), money=strong(f.money(spent)), share=bad(f.percent(share))
        )
    return format_html(
        _("It cost {money}, {share} under budget."), money=strong(f.money(spent)), share=good(f.percent(-share))
    )


def ended_on(detail: ProjectDetail, cut: dt.date) -> dt.date | None:
    """The day on which it ended, as far as the period knows."""
    ended = detail.actual_finish_on
    return ended if ended is not None and ended < cut else None


def support(lines: Sequence[OutcomeLine]) -> str:
    """Whose outcomes it claims to move, and where more is claimed than was attained."""
    if not lines:
        return ""
    customers = {line.customer for line in lines}
    over = sum(line.scale is not None and 0 < line.scale < 1 for line in lines)
    told = ngettext(
        "It claims to move outcomes of %(n)s customer.",
        "It claims to move outcomes of %(n)s customers.",
        len(customers),
    ) % {"n": f.number(len(customers))}
    if not over:
        return told
    return f"{told} " + ngettext(
        "On %(n)s outcome more is claimed than was attained, so the claims are scaled down.",
        "On %(n)s outcomes more is claimed than was attained, so the claims are scaled down.",
        over,
    ) % {"n": f.number(over)}
