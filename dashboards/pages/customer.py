"""One customer: how is it, and what helped or hurt?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import catalogue_text as text
from dashboards import findings, measures
from dashboards import formatting as f
from dashboards.ahead import ahead_of, look_back
from dashboards.decision_parts import Here, decisions_here
from dashboards.figures.ranked import Impact, impact_figure
from dashboards.figures.trend import Point, trend_figure
from dashboards.index_parts import index_moved
from dashboards.page_state import PageState
from dashboards.pages.overview import capitalised, credits_figure
from dashboards.pages.project import quantity
from dashboards.parts import Answer, Bullet, Fact, Figure, Measure, Status, bad, strong
from dashboards.selectors import contribution
from dashboards.selectors.customer_detail import ContractRow, CustomerDetail, OutcomeRow, customer_detail
from dashboards.selectors.customers import CustomerRow, customer_rows
from dashboards.selectors.marks import Marks, marks_of
from dashboards.selectors.measured import INDEX, Readings, Want, index_components, readings
from metrics.formulas.index import FACTORS
from metrics.registry import metrics

KIND = "customer"


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """An outcome the customer wants, worded."""

    initiative: str
    initiative_url: str
    name: str
    bar: Bullet | None
    progress: str
    start: str
    now: str
    goal: str
    due: str
    weight: str
    status: Status


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """An incident, worded."""

    service: str
    code: str
    day: str
    severity: str
    minutes: str
    planned: bool


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A contract, worded."""

    code: str
    service: str
    ends: str
    value: str
    status: Status


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """All that a customer's page shows."""

    name: str
    code: str
    status: Status
    meta: tuple[str, ...]
    answer: Answer
    facts: tuple[Fact, ...]
    factors: tuple[Figure, ...]
    moved: str
    incidents_figure: Figure | None
    incidents: tuple[IncidentLine, ...]
    incidents_said: str
    outcomes: tuple[OutcomeLine, ...]
    survey: Figure | None
    contribution: Figure | None
    contracts: tuple[ContractLine, ...]
    here: Here
    measures: tuple[Measure, ...]


def customer_page(state: PageState, code: str) -> CustomerPage:
    """The page of one customer; 404 outside the rights. Cost: eight queries beyond log-in and rights."""
    state.visible.require(KIND, code)
    rows = customer_rows(state.period, state.against, state=state.published, visible_to=state.visible, code=code)
    if not rows:
        raise Http404(code)
    row = rows[0]
    zone = ZoneInfo(str(settings.EPMO_TIME_ZONE))
    cut = min(state.period.end, state.published.as_of)
    start, end = (dt.datetime.combine(day, dt.time(), zone) for day in (state.period.start, cut))
    detail = customer_detail(row.id, state.period, start=start, end=end, cut=cut, zone=str(zone))
    keys = [(key, name) for key, entry in metrics().items() if KIND in entry.scopes for name in entry.component_names]
    wants = [
        Want(KIND, (code,), (*keys, *index_components()), (*state.periods, state.against)),
        Want(KIND, (code,), index_components(), look_back(state)),
    ]
    found = readings(wants, state=state.published, visible_to=state.visible, targets=state.targets)
    credits = contribution.credits(state.period, visible_to=state.visible, customer=row.id, state=state.published)
    moved = index_moved(found, KIND, code, state.period, state.against)
    drawn = [*((INDEX, key) for key in FACTORS), ("net_promoter_score", "")]
    marks = marks_of(KIND, code, drawn, periods=state.periods, state=state.published, visible_to=state.visible)
    unplanned = [i for i in detail.incidents if not i.planned]
    return CustomerPage(
        name=row.name,
        code=row.code,
        status=measures.status(found.get(KIND, code, INDEX, "", state.period), customer=True),
        meta=_meta(row),
        answer=Answer(_sentence(row, found, state, detail), _support(found, state, code, credits)),
        facts=_facts(row, found, state),
        factors=tuple(_factor(found, state, code, key, marks) for key in FACTORS),
        moved=findings.moved_sentence(moved.factors, moved.total) if moved is not None else "",
        incidents_figure=_incidents(detail, state, cut),
        incidents=tuple(
            IncidentLine(
                i.service,
                i.code,
                f.day_month(i.day),
                f.number(i.severity),
                f.number(i.minutes),
                i.planned,
            )
            for i in detail.incidents[:6]
        ),
        incidents_said=ngettext(
            "%(n)s unplanned incident in %(period)s", "%(n)s unplanned incidents in %(period)s", len(unplanned)
        )
        % {"n": f.number(len(unplanned)), "period": f.period(state.period.code)},
        outcomes=tuple(outcome_line(o, state) for o in detail.outcomes),
        survey=_survey(found, state, code, marks),
        contribution=credits_figure(credits, state, key="helped", unattributed_name=_("Claimed by no project")),
        contracts=tuple(_contract(k, state.published.as_of) for k in detail.contracts),
        here=decisions_here(KIND, code, visible=state.visible),
        measures=tuple(
            measures.measure(found, state, KIND, code, key)
            for key, entry in metrics().items()
            if KIND in entry.scopes and found.get(KIND, code, key, "", state.period).status not in measures.EMPTY
        ),
    )


def _meta(row: CustomerRow) -> tuple[str, ...]:
    told = [capitalised(row.segment)] if row.segment else []
    if row.acquired_on:
        told.append(_("Customer since %(date)s") % {"date": f.month_year(row.acquired_on)})
    if row.revenue is not None:
        told.append(_("%(money)s a year") % {"money": f.money(row.revenue)})
    return tuple(told)


def _sentence(row: CustomerRow, found: Readings, state: PageState, detail: CustomerDetail) -> SafeString:
    level = findings.level_sentence(row.name, row.health, row.change, state.before)
    minutes = found.value(KIND, row.code, "customer_minutes_lost", "customer_minutes", state.period)
    parts = [level]
    if minutes and minutes >= 0.5:
        parts.append(
            format_html(
                _("Incidents cost it {minutes} in {period}."),
                minutes=bad(ngettext("%(n)s minute", "%(n)s minutes", round(minutes)) % {"n": f.number(minutes)}),
                period=f.period(state.period.code),
            )
        )
    if row.renews_on is not None and (row.renews_on - state.published.as_of).days <= 180:
        value = sum(k.annual_value for k in detail.contracts if k.ends_on == row.renews_on and k.renewed_on is None)
        currency = next((k.currency for k in detail.contracts if k.ends_on == row.renews_on), "")
        parts.append(
            format_html(
                _("{money} a year is up for renewal in {days}."),
                money=strong(f.money(value, currency)),
                days=f.days((row.renews_on - state.published.as_of).days),
            )
            if currency
            else format_html(_("A contract ends in {days}."), days=f.days((row.renews_on - state.published.as_of).days))
        )
    return format_html(" ".join(["{}"] * len(parts)), *parts)


def _support(found: Readings, state: PageState, code: str, credits: contribution.Credits) -> str:
    told = []
    attained = found.get(KIND, code, "outcome_attainment", "", state.period)
    if attained.value is not None:
        told.append(
            _("It has come %(share)s of the way to what it set out to reach.") % {"share": f.percent(attained.value)}
        )
    helped = sum(c.change >= 0.005 for c in credits.projects)
    if helped:
        told.append(
            ngettext("%(n)s project added to it in this period.", "%(n)s projects added to it in this period.", helped)
            % {"n": f.number(helped)}
        )
    return " ".join(told)


def _facts(row: CustomerRow, found: Readings, state: PageState) -> tuple[Fact, ...]:
    shown = []
    for metric in ("outcome_attainment", "customer_minutes_lost", "net_promoter_score", "customer_satisfaction"):
        r = found.get(KIND, row.code, metric, "", state.period)
        m = measures.measure(found, state, KIND, row.code, metric)
        shown.append(
            Fact(
                m.name,
                m.text,
                " · ".join(part for part in (m.unit, m.target if r.value is not None else "") if part),
                m.status,
                m.why,
            )
        )
    health = found.get(KIND, row.code, INDEX, "", state.period)
    return (
        Fact(
            _("Health"),
            f.number(health.value),
            _("was %(before)s") % {"before": f.number(row.health_before)} if row.health_before is not None else "",
            measures.status(health, customer=True),
            state.why(INDEX, KIND, row.code),
        ),
        *shown,
        Fact(
            _("Next renewal"),
            f.date(row.renews_on),
            f.money(row.revenue) + " " + _("a year") if row.revenue is not None else "",
        ),
    )


def _factor(found: Readings, state: PageState, code: str, key: str, marks: Marks) -> Figure:
    now = found.get(KIND, code, INDEX, key, state.period)
    before = found.get(KIND, code, INDEX, key, state.against)
    title = f"{text.factor(key)} {f.number(now.value)}"
    if now.value is not None and before.value is not None:
        step = round(now.value) - round(before.value)
        moved = _("up %(step)s") if step > 0 else _("down %(step)s") if step < 0 else _("unchanged")
        title = f"{title}, {moved % {'step': f.number(abs(step))} if step else moved}"
    elif now.value is None:
        title = f"{text.factor(key)}: {text.status(now.status)}"
    green = now.limits.green if now.limits is not None else None
    periods = state.last(8)
    return trend_figure(
        [
            Point(p.code, r.value, remark=text.status(r.status, r.reason), partial=r.partial)
            for p in periods
            for r in [found.get(KIND, code, INDEX, key, p)]
        ],
        key=f"factor-{key}",
        title=title,
        unit=text.factor_question(key)[:1].upper() + text.factor_question(key)[1:],
        words=lambda v: f.number(v),
        target=green if isinstance(green, float | int) else None,
        kind=measures.status(now).kind,
        small=True,
        marks=(0, 50, 100),
        height=160,
        value_word=_("Score"),
        events=marks.on_periods(state.period.kind, INDEX, key),
        ahead=ahead_of(found, state, KIND, code, INDEX, key),
    )


def _incidents(detail: CustomerDetail, state: PageState, cut: dt.date) -> Figure | None:
    shown = [i for i in detail.incidents if i.minutes > 0]
    if not shown:
        return None
    total = sum(i.minutes for i in shown if not i.planned)
    worst = sorted((i.minutes for i in shown if not i.planned), reverse=True)[:3]
    title = _("No unplanned minute was lost")
    if total:
        title = ngettext(
            "%(n)s incident made %(share)s of the lost minutes",
            "%(n)s incidents made %(share)s of the lost minutes",
            len(worst),
        ) % {"n": f.number(len(worst)), "share": f.percent(sum(worst) / total)}
    return impact_figure(
        [
            Impact(
                i.service,
                i.day,
                i.minutes,
                not i.planned,
                _("severity %(n)s") % {"n": i.severity} if i.severity else "",
            )
            for i in shown[:200]
        ],
        first=state.period.start,
        last=cut - dt.timedelta(days=1),
        key="incidents",
        title=title,
        unit=_("Minutes lost at this customer, weighed by degradation, by day. Overlaps count once in the measure"),
        source=_("Source: incidents and their impacts"),
        words=(_("Unplanned"), _("Planned")),
    )


def outcome_line(row: OutcomeRow, state: PageState) -> OutcomeLine:
    """An outcome, worded: not measurable ones are listed, not judged."""
    status = outcome_status(row.attained, row.value, row.due_on, state.published.as_of)
    attained = row.attained * 100 if row.attained is not None else None
    return OutcomeLine(
        initiative=row.initiative_name,
        initiative_url=state.url("initiative", row.initiative),
        name=row.name,
        bar=Bullet(
            attained,
            f"{row.name}: {f.percent(row.attained)}",
            min(0.0, attained),
            100.0,
            kind=status.kind if status.kind != "none" else "ok",
        )
        if attained is not None
        else None,
        progress=_("%(share)s of the way") % {"share": f.percent(row.attained)} if attained is not None else "",
        start=f"{quantity(row.baseline)} {row.unit}",
        now=quantity(row.value),
        goal=quantity(row.target),
        due=f.date(row.due_on),
        weight=f.number(row.weight, 1),
        status=status,
    )


def outcome_status(attained: float | None, value: float | None, due_on: dt.date | None, today: dt.date) -> Status:
    """Reached, under way, overdue, behind its start, or not measured."""
    if attained is None:
        return Status("none", _("Not measured") if value is None else _("Not measurable"))
    if attained >= 1:
        return Status("ok", _("Reached"))
    if attained < 0:
        return Status("bad", _("Behind its start"))
    if due_on is not None and due_on < today:
        return Status("bad", _("Overdue"))
    return Status("ok", _("Under way"))


def _survey(found: Readings, state: PageState, code: str, marks: Marks) -> Figure | None:
    points = []
    for p in state.periods:
        r = found.get(KIND, code, "net_promoter_score", "", p)
        margin = found.value(KIND, code, "net_promoter_score", "margin_of_error", p)
        low = r.value - margin if r.value is not None and margin is not None else None
        high = r.value + margin if r.value is not None and margin is not None else None
        points.append(Point(p.code, r.value, low, high, r.n, text.status(r.status, r.reason), r.partial))
    known = [p for p in points if p.value is not None]
    if len(known) < 2:
        return None
    now = found.get(KIND, code, "net_promoter_score", "", state.period)
    green = now.limits.green if now.limits is not None else None
    first, last = known[0], known[-1]
    title = _("Recommendation went from %(first)s to %(last)s") % {
        "first": f.number(first.value, 0, sign=True),
        "last": f.number(last.value, 0, sign=True),
    }
    return trend_figure(
        points,
        key="survey",
        title=title,
        unit=_("Net promoter score, minus 100 to plus 100, with its margin of error and number of answers"),
        words=lambda v: f.number(v, 0, sign=True),
        target=green if isinstance(green, float | int) else None,
        kind=measures.status(now).kind,
        floor=-100,
        ceiling=100,
        value_word=text.title("net_promoter_score"),
        range_word=_("Margin of error"),
        events=marks.on_periods(state.period.kind, "net_promoter_score"),
    )


def _contract(row: ContractRow, today: dt.date) -> ContractLine:
    if row.renewed_on is not None:
        status = Status("ok", _("Renewed %(date)s") % {"date": f.day_month(row.renewed_on)})
    elif row.terminated_on is not None:
        status = Status("bad", _("Ended by the customer"))
    elif row.ends_on < today:
        status = Status("bad", _("Ended, not renewed"))
    else:
        left = (row.ends_on - today).days
        status = Status("watch" if left <= 180 else "ok", _("In %(days)s") % {"days": f.days(left)})
    return ContractLine(
        row.code, row.service or f.ABSENT, f.date(row.ends_on), f.money(row.annual_value, row.currency), status
    )
