"""Overview: are customers succeeding, and what moved it?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _

from dashboards import catalogue_text as text
from dashboards import findings, measures
from dashboards import formatting as f
from dashboards.ahead import ahead_of, look_back
from dashboards.asks import Asks, asks_of
from dashboards.figures.contribution import Bar, contribution_figure, sums_of
from dashboards.figures.trend import Point, trend_figure
from dashboards.index_parts import index_moved, index_range
from dashboards.page_state import PageState
from dashboards.parts import (
    Answer,
    Bullet,
    Delta,
    Family,
    Figure,
    Fresh,
    Measure,
    Spark,
    Status,
    status_of,
)
from dashboards.selectors import contribution
from dashboards.selectors.customers import CustomerRow, customer_rows
from dashboards.selectors.freshness import SourceAge, source_ages
from dashboards.selectors.marks import Marks, marks_of
from dashboards.selectors.measured import INDEX, Readings, Want, headlines_of, index_components, readings
from dashboards.selectors.remembered import remembered
from metrics.formulas.index import FACTORS
from metrics.registry import FAMILIES, metrics

SHOWN = {
    "tactical": ("resource_priority_alignment", "defects_fixed_before_release_rate", "defect_time_to_fix"),
    "value_creation": ("outcome_attainment", "net_promoter_score", "end_customer_success"),
    "longevity": ("voluntary_turnover_rate", "development_plan_coverage", "idea_implementation_rate"),
    "financial": ("gross_revenue_retention", "revenue_growth", "gross_margin"),
}


@dataclass(frozen=True, slots=True)
class FactorLine:
    """A factor of the index with its line, change and target."""

    name: str
    sub: str
    spark: Spark
    score: str
    delta: Delta | None
    bullet: Bullet
    target: str
    status: Status
    why: str


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """A customer whose health changed."""

    name: str
    segment: str
    url: str
    spark: Spark
    health: str
    delta: Delta | None
    moved: str
    renews: str
    revenue: str
    status: Status
    why: str


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """All that the overview shows."""

    answer: Answer
    index: Measure
    against: str
    trend: Figure
    factors: tuple[FactorLine, ...]
    moved: str
    contribution: Figure | None
    asks: Asks
    families: tuple[Family, ...]
    customers: tuple[CustomerLine, ...]
    customer_count: str
    project_count: str
    fresh: tuple[Fresh, ...]
    fresh_said: str


def overview_page(state: PageState) -> OverviewPage:
    """The overview of the enterprise. Cost: two queries beyond log-in and rights while run and facts stay the same.

    Decisions and the age of the sources are of this moment; the rest is of the run.
    """
    of_run = remembered(
        "overview",
        (state.period, state.against, tuple(sorted(state.asked.items())), get_language()),
        lambda: _of_run(state),
        state=state.published,
        visible_to=state.visible,
        most=8,
    )
    customers = customer_rows(state.period, state.against, state=state.published, visible_to=state.visible)
    credits = contribution.credits(state.period, visible_to=state.visible, state=state.published)
    asks = asks_of(state, customers, credits)
    support = of_run.answer.support
    if asks.count:
        waiting = ngettext("%(n)s decision waits.", "%(n)s decisions wait.", asks.count)
        support = f"{support} {waiting % {'n': f.number(asks.count)}}".strip()
    ages = source_ages()
    return replace(
        of_run,
        answer=replace(of_run.answer, support=support),
        asks=asks,
        fresh=tuple(fresh_of(age) for age in ages),
        fresh_said=fresh_sentence(ages),
    )


def _of_run(state: PageState) -> OverviewPage:
    """The overview without decisions and ages. Cost: up to eight queries."""
    customers = customer_rows(state.period, state.against, state=state.published, visible_to=state.visible)
    movers = changed_most(customers)
    ends = (*state.periods, state.against)
    wants = [
        Want("enterprise", ("",), (*headlines_of("enterprise"), *index_components()), ends),
        Want("enterprise", ("",), ((INDEX, ""),), look_back(state)),
        Want("customer", tuple(c.code for c in movers), (*headlines_of("customer"), *index_components()), ends),
    ]
    found = readings(wants, state=state.published, visible_to=state.visible, targets=state.targets)
    credits = contribution.credits(state.period, visible_to=state.visible, state=state.published)
    shares = [findings.Share(c.name, c.change) for c in credits.projects]
    moved = index_moved(found, "enterprise", "", state.period, state.against)
    index = replace(
        measures.measure(found, state, "enterprise", "", INDEX),
        text=f.number(found.value("enterprise", "", INDEX, "", state.period)),
    )
    marks = marks_of(
        "enterprise", "", [(INDEX, "")], periods=state.periods, state=state.published, visible_to=state.visible
    )
    return OverviewPage(
        answer=_answer(found, state, shares),
        index=index,
        against=f.number(found.value("enterprise", "", INDEX, "", state.against)),
        trend=_trend(found, state, marks),
        factors=tuple(_factor(found, state, key) for key in FACTORS),
        moved=findings.moved_sentence(moved.factors, moved.total) if moved is not None else "",
        contribution=credits_figure(credits, state),
        asks=Asks((), 0, ""),
        families=tuple(family(found, state, key) for key in FAMILIES),
        customers=tuple(customer_line(found, state, c) for c in movers),
        customer_count=ngettext("%(n)s customer", "All %(n)s customers", len(customers))
        % {"n": f.number(len(customers))},
        project_count=_("All projects"),
        fresh=(),
        fresh_said="",
    )


def _answer(found: Readings, state: PageState, shares: list[findings.Share]) -> Answer:
    now = found.get("enterprise", "", INDEX, "", state.period)
    before = found.value("enterprise", "", INDEX, "", state.against)
    change = now.value - before if now.value is not None and before is not None else None
    level = findings.level_sentence(_("Customer success"), now.value, change, state.before)
    colours = {k: found.get("enterprise", "", INDEX, k, state.period).colour for k in FACTORS}
    return Answer(format_html("{} {}", level, findings.credit_sentence(shares)), findings.factors_sentence(colours))


def _trend(found: Readings, state: PageState, marks: Marks) -> Figure:
    band = index_range(found, "enterprise", "", state.period)
    points = []
    for p in state.periods:
        r = found.get("enterprise", "", INDEX, "", p)
        low, high = band if band is not None and p == state.period else (None, None)
        points.append(Point(p.code, r.value, low, high, remark=text.status(r.status, r.reason), partial=r.partial))
    now = found.get("enterprise", "", INDEX, "", state.period)
    green = now.limits.green if now.limits is not None else None
    target = green if isinstance(green, float | int) else None
    unit = _("Index 0 to 100, four factors of equal weight")
    if band is not None:
        unit = _("Index 0 to 100. Between %(low)s and %(high)s for nine in ten other ways to weigh it") % {
            "low": f.number(band[0]),
            "high": f.number(band[1]),
        }
    return trend_figure(
        points,
        key="index",
        title=findings.trend_title([p.value for p in points], target, f.number, state.period.kind),
        unit=unit,
        words=lambda v: f.number(v),
        target=target,
        kind=measures.status(now).kind,
        height=200,
        floor=0,
        ceiling=100,
        value_word=_("Index"),
        events=marks.on_periods(state.period.kind, INDEX),
        ahead=ahead_of(found, state, "enterprise", "", INDEX),
    )


def _factor(found: Readings, state: PageState, key: str) -> FactorLine:
    now = found.get("enterprise", "", INDEX, key, state.period)
    before = found.get("enterprise", "", INDEX, key, state.against)
    green = now.limits.green if now.limits is not None else None
    return FactorLine(
        name=text.factor(key),
        sub=_("%(weight)s · %(question)s") % {"weight": f.percent(0.25), "question": text.factor_question(key)},
        spark=measures.spark(found, now, state.last(8)),
        score=f.number(now.value, 1),
        delta=measures.delta(now, before),
        bullet=measures.bullet(now, before),
        target=_("target %(value)s") % {"value": f.number(green)} if isinstance(green, float | int) else "",
        status=measures.status(now),
        why=state.why(INDEX, "enterprise", component=key),
    )


def credits_figure(
    credits: contribution.Credits,
    state: PageState,
    *,
    key: str = "contribution",
    unattributed_name: str = "",
    whole: bool = True,
) -> Figure | None:
    """Ranked bars of what each project added in the period; None when nothing is claimed and nothing moved.

    `whole` is False for some projects only: then nothing can be said of what belongs to none.
    """
    if not credits.projects and not credits.unattributed_change:
        return None
    largest = sorted(credits.projects, key=lambda c: -abs(c.change))[:14]
    cut = min(state.period.end, state.published.as_of)
    ids = tuple(c.id for c in largest)
    spread = remembered(
        "ranges",
        (ids, state.period, cut, credits.customer, credits.initiative),
        lambda: contribution.ranges(
            ids,
            state.period,
            cut=cut,
            start=state.period.start,
            customer=credits.customer,
            initiative=credits.initiative,
        ),
        state=state.published,
        visible_to=state.visible,
        most=64,
    )
    # Bars beyond these are folded into one, which leads nowhere.
    drawn = {c.id for c in (*by_points(credits.projects)[:12], *by_points(credits.projects)[-12:])}
    bars = []
    for c in credits.projects:
        r = spread.get(c.id)
        bars.append(
            Bar(
                c.name,
                c.change,
                r.low if r else None,
                r.high if r else None,
                r.claimed_only if r else False,
                state.url("project", c.code) if c.id in drawn else "",
            )
        )
    if whole:
        bars.append(
            Bar(unattributed_name or _("Claimed by no project"), credits.unattributed_change, kind="unattributed")
        )
    if credits.hidden:
        name = ngettext("%(n)s project not visible to you", "%(n)s projects not visible to you", credits.hidden)
        bars.append(Bar(name % {"n": f.number(credits.hidden)}, credits.hidden_change, kind="hidden"))
    sums = sums_of(bars)
    shares = [findings.Share(c.name, c.change) for c in credits.projects]
    return contribution_figure(
        bars,
        key=key,
        title=findings.credit_title(shares, credits.unattributed_change),
        unit=_("Points of what customers set out to reach, %(period)s. Gains %(gain)s, losses %(loss)s, net %(net)s")
        % {
            "period": f.period(state.period.code),
            "gain": f.number(sums.gain, 1, sign=True),
            "loss": f.number(sums.loss, 1, sign=True),
            "net": f.number(sums.net, 1, sign=True),
        },
        source=_("Source: outcome measurements and claims of projects."),
        source_url=state.url("metric", "project_contribution"),
        source_link=_("How contribution is computed"),
        decimals=1 if max((abs(b.points) for b in bars), default=0) >= 1 else 2,
    )


def by_points(credits: tuple[contribution.Credit, ...]) -> list[contribution.Credit]:
    """The largest gain first, the largest loss last."""
    return sorted(credits, key=lambda c: (-c.change, c.name))


def family(found: Readings, state: PageState, key: str) -> Family:
    """A tile: counts and sentence over every headline of the family, three measures in full."""
    judged, counts = [], dict.fromkeys(("green", "amber", "red", ""), 0)
    for name, entry in metrics().items():
        if entry.family != key or "enterprise" not in entry.scopes:
            continue
        now = found.get("enterprise", "", name, "", state.period)
        before = found.get("enterprise", "", name, "", state.against)
        moved = measures.delta(now, before)
        counts[now.colour] += 1
        if now.colour:
            judged.append(
                findings.Judged(
                    text.title(name),
                    measures.words_of(now)(now.value),
                    now.colour,
                    bool(moved and moved.meaning == "ill"),
                )
            )
    words = (
        ("ok", ngettext("%(n)s on target", "%(n)s on target", counts["green"]), counts["green"]),
        ("watch", ngettext("%(n)s to watch", "%(n)s to watch", counts["amber"]), counts["amber"]),
        ("bad", ngettext("%(n)s off target", "%(n)s off target", counts["red"]), counts["red"]),
        ("none", ngettext("%(n)s without", "%(n)s without", counts[""]), counts[""]),
    )
    return Family(
        key,
        text.family(key),
        findings.family_sentence(judged),
        tuple((kind, word % {"n": f.number(n)}) for kind, word, n in words if n),  # type: ignore[misc]
        tuple(measures.measure(found, state, "enterprise", "", name) for name in SHOWN[key]),
        _read_with(found, state) if key == "financial" else "",
    )


def _read_with(found: Readings, state: PageState) -> str:
    """What money is read with: one measure of each other family."""
    told = []
    for name in ("outcome_attainment", "defects_fixed_before_release_rate", "voluntary_turnover_rate"):
        r = found.get("enterprise", "", name, "", state.period)
        if r.value is not None:
            told.append(_("%(name)s %(value)s") % {"name": text.title(name), "value": measures.words_of(r)(r.value)})
    return f"{'; '.join(told)}." if told else _("no other family has a value for this period.")


def changed_most(customers: list[CustomerRow], each: int = 2) -> list[CustomerRow]:
    """The customers whose health fell most, then those whose health rose most."""
    known = sorted((c for c in customers if c.change is not None), key=lambda c: c.change or 0.0)
    down = [c for c in known if (c.change or 0) < 0][:each]
    up = [c for c in reversed(known) if (c.change or 0) > 0][:each]
    return [*down, *reversed(up)] if down or up else customers[: 2 * each]


def customer_line(found: Readings, state: PageState, row: CustomerRow) -> CustomerLine:
    now = found.get("customer", row.code, INDEX, "", state.period)
    before = found.get("customer", row.code, INDEX, "", state.against)
    return CustomerLine(
        name=row.name,
        segment=capitalised(row.segment),
        url=state.url("customer", row.code),
        spark=measures.spark(found, now, state.last(8)),
        health=f.number(now.value),
        delta=measures.delta(now, before),
        moved=moved_most(found, state, "customer", row.code),
        renews=f.month_year(row.renews_on),
        revenue=f.money(row.revenue),
        status=status_of(now.colour, customer=True),
        why=state.why(INDEX, "customer", row.code),
    )


def capitalised(words: str) -> str:
    """A text of the facts that begins a line."""
    return words[:1].upper() + words[1:]


def moved_most(found: Readings, state: PageState, kind: str, code: str) -> str:
    """The measure that moved an index most, with its values before and now."""
    moved = index_moved(found, kind, code, state.period, state.against)
    if moved is None or not moved.metrics:
        return text.status(found.get(kind, code, INDEX, "", state.period).status)
    sign = 1 if moved.total >= 0 else -1
    name = max(moved.metrics, key=lambda m: sign * moved.metrics[m])
    now, before = found.get(kind, code, name, "", state.period), found.get(kind, code, name, "", state.against)
    words = measures.words_of(now)
    if before.value is None or now.value is None:
        return text.title(name)
    return _("%(name)s from %(before)s to %(now)s") % {
        "name": text.title(name),
        "before": words(before.value),
        "now": words(now.value),
    }


SOURCE_WORDS = {
    "projects": gettext_noop("Projects and time"),
    "outcomes": gettext_noop("Outcomes and claims"),
    "incidents": gettext_noop("Incidents"),
    "survey": gettext_noop("Surveys and meetings"),
    "revenue": gettext_noop("Contracts and revenue"),
    "people": gettext_noop("People and plans"),
}


def source_name(source: str) -> str:
    """The name of a source."""
    return _(SOURCE_WORDS[source])


def fresh_of(age: SourceAge) -> Fresh:
    """A source's age against its limit."""
    limit = _("limit %(days)s") % {"days": f.days(age.limit.days)}
    if age.written_at is None:
        return Fresh(source_name(age.source), Status("none", _("Never imported")), limit)
    old = timezone.now() - age.written_at
    if old > age.limit:
        status = Status("bad", _("Stale"))
    elif old > age.limit * 0.8:
        status = Status("watch", _("Ageing"))
    else:
        status = Status("ok", _("On time"))
    since = _("%(age)s old") % {"age": f.age(old.total_seconds())}
    return Fresh(source_name(age.source), status, f"{since} · {limit}")


def fresh_sentence(ages: list[SourceAge]) -> str:
    """How many sources are on time."""
    now = timezone.now()
    fine = sum(a.written_at is not None and now - a.written_at <= a.limit for a in ages)
    return ngettext("%(fine)s of %(all)s source is on time.", "%(fine)s of %(all)s sources are on time.", len(ages)) % {
        "fine": f.number(fine),
        "all": f.number(len(ages)),
    }
