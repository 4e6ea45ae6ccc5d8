"""One incident: what did it cost whom?"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.http import Http404
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards import formatting as f
from dashboards import measures
from dashboards.decision_parts import ask_of
from dashboards.incident_text import lasted, money, not_visible
from dashboards.page_state import PageState
from dashboards.pages.incidents import known
from dashboards.parts import Answer, Ask, Fact, Status, bad, strong
from dashboards.selectors.incidents import IncidentNames, harm_shown, incident_named
from dashboards.selectors.measured import INDEX, Want, readings
from metrics.decisions.selectors import decisions_touching
from metrics.incident_harm import AT_STAKE_DAYS, Harm, harm_of_incident, one_of
from metrics.periods import Period


@dataclass(frozen=True, slots=True)
class HitLine:
    """A customer it hit, worded."""

    name: str
    code: str
    url: str
    health: str
    status: Status
    since: str
    until: str
    degradation: str
    minutes: str
    revenue: str
    renewals: str


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """All that the page of an incident shows."""

    name: str
    code: str
    status: Status
    meta: tuple[str, ...]
    answer: Answer
    facts: tuple[Fact, ...]
    read_with: str
    customers: tuple[HitLine, ...]
    hidden: str
    total: HitLine | None
    course: tuple[tuple[str, str], ...]
    deployment: tuple[tuple[str, str], ...]
    no_deployment: str
    decisions: tuple[Ask, ...]
    raise_url: str
    list_url: str


def incident_page(state: PageState, code: str) -> IncidentPage:
    """One incident; 404 outside the rights. Cost: nine queries beyond log-in and rights, three more if planned."""
    names = incident_named(code, visible_to=state.visible)
    as_of = state.published.as_of
    zone = ZoneInfo(str(settings.EPMO_TIME_ZONE))
    period = Period.containing(state.period.kind, names.started_at.astimezone(zone).date())
    all_of = harm_shown(period, state=state.published, visible_to=state.visible)
    one = one_of(all_of, names.id)
    place = None if one is None else int(np.flatnonzero(all_of.id == names.id)[0])
    if one is None:
        one = harm_of_incident(names.id, as_of, visible_to=state.visible)
    if not len(one):
        raise Http404(code)
    customers = names.customers
    codes = tuple(customers[pk].code for pk in one.hits.customer.tolist())
    found = readings([Want("customer", codes, ((INDEX, ""),), (state.period,))], state=state.published,
                     visible_to=state.visible, targets=state.targets)  # fmt: skip
    lines = []
    hits = one.hits
    for i in sorted(range(len(codes)), key=lambda k: (-float(hits.minutes[k]), codes[k])):
        health = found.get("customer", codes[i], INDEX, "", state.period)
        lines.append(
            HitLine(
                name=customers[int(hits.customer[i])].name,
                code=codes[i],
                url=state.url("customer", codes[i]),
                health=f.number(health.value),
                status=measures.status(health, customer=True),
                since=f.instant(f.moment(int(hits.start[i]))),
                until=f.instant(f.moment(int(hits.end[i]))),
                degradation=f.percent(float(hits.degradation[i])),
                minutes=f.number(float(hits.minutes[i])),
                revenue=money(known(hits.revenue, i)),
                renewals=money(known(hits.renewals, i)),
            )
        )
    visible_codes = [(kind, c) for kind, c in (("service", names.service.code), *(("customer", c) for c in codes))]
    raised = decisions_touching(visible_codes, visible_to=state.visible)
    return IncidentPage(
        name=names.service.name,
        code=names.code,
        status=_status(names),
        meta=_meta(names),
        answer=Answer(sentence(names, one), placed(all_of, place, period)),
        facts=_facts(one, all_of, place, period),
        read_with=_(
            "Read with: customer minutes and the health of each customer below. Money alone does not tell harm."
        ),
        customers=tuple(lines),
        hidden=_hidden(int(one.hidden[0])),
        total=_total(one) if len(lines) > 1 else None,
        course=_course(names, one),
        deployment=_deployment(names) if state.visible.reads_all else (),
        no_deployment=_("No deployment is named as its cause.")
        if state.visible.reads_all
        else _("Deployments are not visible to you."),
        decisions=tuple(ask_of(d) for d in raised),
        raise_url=state.url("decision-new", scope_kind="service", scope=names.service.code,
                            measure="customer_minutes_lost") if state.visible.may_write else "",
        list_url=state.url("incidents", period=period.code),
    )  # fmt: skip


def sentence(names: IncidentNames, one: Harm) -> SafeString:
    """How many customers lost how many minutes, and what they pay."""
    count, minutes = int(one.customers[0]), float(one.minutes[0])
    service = names.service.name
    if not count:
        return format_html(_("No customer is recorded as hit by this incident of {service}."), service=service)
    lost = bad(ngettext("%(n)s minute", "%(n)s minutes", round(minutes)) % {"n": f.number(minutes)})
    return format_html(
        ngettext(
            "{service} cost {n} customer {minutes}; it pays {money} a year.",
            "{service} cost {n} customers {minutes} together; they pay {money} a year.",
            count,
        ),
        service=service,
        n=strong(f.number(count)),
        minutes=lost,
        money=strong(money(known(one.revenue, 0))),
    )


def placed(every: Harm, place: int | None, period: Period) -> str:
    """Where it stands among the incidents of its period; blank for planned work and without harm."""
    if place is None or not every.ranked or len(every) < 2:
        return ""
    words = {
        "harm": f.number(int(every.harm_rank[place])),
        "time": f.number(int(every.duration_rank[place])),
        "all": f.number(len(every)),
        "period": f.period(period.code),
    }
    if every.disagrees[place]:
        return (
            _("Number %(harm)s of %(all)s by harm in %(period)s, but number %(time)s by duration: the two disagree.")
            % words
        )
    return _("Number %(harm)s of %(all)s by harm in %(period)s, number %(time)s by duration.") % words


def _status(names: IncidentNames) -> Status:
    if names.planned:
        return Status("none", _("Planned"))
    return Status("bad", _("Still running")) if names.restored_at is None else Status("ok", _("Restored"))


def _meta(names: IncidentNames) -> tuple[str, ...]:
    told = [f.instant(names.started_at)]
    if names.severity:
        told.append(_("Severity %(n)s") % {"n": f.number(names.severity)})
    if names.team:
        told.append(_("Team %(name)s") % {"name": names.team})
    return tuple(told)


def _facts(one: Harm, every: Harm, place: int | None, period: Period) -> tuple[Fact, ...]:
    rank = duration_rank = ""
    if place is not None and every.ranked:
        words = {"all": f.number(len(every)), "period": f.period(period.code)}
        rank = _("number %(n)s of %(all)s in %(period)s") % {**words, "n": f.number(int(every.harm_rank[place]))}
        duration_rank = _("number %(n)s of %(all)s in %(period)s") % {
            **words,
            "n": f.number(int(every.duration_rank[place])),
        }
    return (
        Fact(_("Harm"), f.number(float(one.minutes[0])), " · ".join(p for p in (_("customer minutes"), rank) if p)),
        Fact(_("Lasted"), lasted(float(one.duration[0])), duration_rank),
        Fact(_("Customers hit"), f.number(int(one.customers[0])), not_visible(int(one.hidden[0]))),
        Fact(_("Revenue exposed"), money(known(one.revenue, 0)), _("a year, of the customers hit, at its start")),
        Fact(
            _("Renewals at stake"),
            money(known(one.renewals, 0)),
            _("a year, in contracts that end within %(days)s") % {"days": f.days(AT_STAKE_DAYS)},
        ),
    )


def _hidden(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(n)s further customer was hit: not visible to you (%(n)s).",
        "%(n)s further customers were hit: not visible to you (%(n)s).",
        count,
    ) % {"n": f.number(count)}


def _total(one: Harm) -> HitLine:
    return HitLine(
        name=_("Together"),
        code="",
        url="",
        health="",
        status=Status("none", ""),
        since="",
        until="",
        degradation="",
        minutes=f.number(float(one.minutes[0])),
        revenue=money(known(one.revenue, 0)),
        renewals=money(known(one.renewals, 0)),
    )


def _course(names: IncidentNames, one: Harm) -> tuple[tuple[str, str], ...]:
    told = [(_("Began"), f.instant(names.started_at))]
    if names.detected_at is not None:
        after = (names.detected_at - names.started_at).total_seconds() / 60
        noticed = f.instant(names.detected_at)
        if after >= 1:
            noticed = _("%(at)s, after %(time)s") % {"at": noticed, "time": lasted(after)}
        told.append((_("Noticed"), noticed))
    told.append(
        (
            _("Restored"),
            f.instant(names.restored_at) if names.restored_at is not None else _("not yet; counted to the as-of day"),
        )
    )
    return tuple(told)


def _deployment(names: IncidentNames) -> tuple[tuple[str, str], ...]:
    made = names.deployment
    if made is None:
        return ()
    word = {True: _("yes"), False: _("no"), None: _("not known")}
    return (
        (_("Code"), made.code),
        (_("Put into production"), f.instant(made.deployed_at)),
        (_("Failed"), word[made.failed]),
        (_("Made because of an incident"), word[made.rework]),
    )
