"""The style guide: every component with made-up values. No other page may import from here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.translation import gettext as _

from dashboards import formatting as f
from dashboards.figures.bridge import Step, bridge_figure
from dashboards.figures.contribution import Bar, contribution_figure, sums_of
from dashboards.figures.heat import HeatCell, HeatRow, heat_figure
from dashboards.figures.many import Bin, Named, cells_figure, share_figure
from dashboards.figures.marks import Event
from dashboards.figures.progress import Forecast, Milestone, Month, milestone_figure, s_curve_figure
from dashboards.figures.ranked import Estimate, Impact, Item, dot_figure, impact_figure, ranked_figure
from dashboards.figures.survival import AtRisk, Survival, survival_figure
from dashboards.figures.trend import Limits, Point, trend_figure
from dashboards.parts import (
    Action,
    Answer,
    Ask,
    Bullet,
    Delta,
    Empty,
    Fact,
    Family,
    Figure,
    Fresh,
    Measure,
    Pager,
    RowError,
    Spark,
    Status,
    bad,
    good,
    status_of,
    strong,
)

QUARTERS = tuple(f"{y}-Q{q}" for y in (2023, 2024, 2025, 2026) for q in (1, 2, 3, 4))[3:15]
TODAY = dt.date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class StyleguidePage:
    """One value of every component."""

    answer: Answer
    statuses: tuple[Status, ...]
    deltas: tuple[Delta, ...]
    sparks: tuple[Spark, ...]
    bullets: tuple[Bullet, ...]
    facts: tuple[Fact, ...]
    families: tuple[Family, ...]
    asks: tuple[Ask, ...]
    fresh: tuple[Fresh, ...]
    figures: tuple[Figure, ...]
    smalls: tuple[Figure, ...]
    empty: Empty
    no_match: Empty
    errors: tuple[RowError, ...]
    pager: Pager


def styleguide_page() -> StyleguidePage:
    """Made-up values, the same every time."""
    return StyleguidePage(
        answer=Answer(
            format_html(
                "Customer success is {index}, {change} on last quarter. Two projects carry {share} of the gain.",
                index=strong("72"),
                change=good("up 3"),
                share=bad(f.percent(0.41)),
            ),
            "Everything on this page is made up.",
        ),
        statuses=tuple(status_of(c) for c in ("green", "amber", "red", "")),
        deltas=(
            Delta(f.number(3, sign=True), "up", "good"),
            Delta(f.percentage_points(-0.04), "down", "ill"),
            Delta(f.number(0, 1), "dash", "flat"),
        ),
        sparks=(
            Spark((66, 67, 69, 68, 70, 72, 73, 75), _("Quality"), "watch", 78),
            Spark((70, 69, None, 61, 63, 62, 61, 55), _("Performance"), "bad"),
            Spark((1.0,), "Too short"),
        ),
        bullets=(
            Bullet(75, "Quality 75, target 78", target=78, previous=73, kind="watch"),
            Bullet(63, "Performance 63, target 70", target=70, previous=61, kind="bad"),
            Bullet(-0.3, "Below zero", low=-1, high=1, kind="bad"),
        ),
        facts=(
            Fact(_("Contribution"), f.number(1.0, 1, sign=True), _("points"), why="?explain=1"),
            Fact(
                "Cost performance",
                f.number(0.96, 2),
                f"at least {f.number(1, 2)}",
                status_of("amber"),
            ),
            Fact(_("Forecast cost"), f.money(2.61e6), f"budget {f.money(2.5e6)}"),
            Fact(
                _("Forecast finish"),
                f.day_month(dt.date(2027, 2, 5)),
                f"plan {f.day_month(dt.date(2027, 1, 15))}",
            ),
        ),
        families=_families(),
        asks=(
            Ask(
                "Pause the migration for six weeks?",
                "It has cost 0.7 points in two quarters.",
                "?",
                "Review and decide",
                Status("bad", f"Due in {f.days(4)}"),
                "Ines Falk",
            ),
            Ask("Move two testers?", "Its finish has slipped three weeks.", "?", _("Review")),
        ),
        fresh=(
            Fresh(_("Projects"), Status("ok", _("On time")), "3 hours old"),
            Fresh("Customer survey", Status("watch", _("Ageing")), "9 days old"),
            Fresh(_("Incidents"), Status("bad", _("Stale")), "52 days old"),
        ),
        figures=_figures(),
        smalls=tuple(
            trend_figure(
                [Point(q, v) for q, v in zip(QUARTERS[-8:], values, strict=True)],
                key=f"small-{i}",
                title=f"{name} {f.number(values[-1])}",
                unit="Score 0 to 100",
                words=f.number,
                target=70,
                kind="bad" if values[-1] < 50 else "ok",
                small=True,
                marks=(40, 60, 80),
                height=160,
            )
            for i, (name, values) in enumerate(
                ((_("Performance"), (68, 67, 66, 65, 63, 62, 61, 44)), (_("Value"), (60, 60, 61, 62, 62, 63, 64, 66)))
            )
        ),
        empty=Empty(
            _("No customer initiatives yet"),
            "The index needs at least one initiative per customer: what the customer is trying to achieve.",
            ("Import customers, or add one", "Write one initiative and its measure", _("Tie a project to it")),
            (Action("Import initiatives", "?", "upload", True),),
        ),
        no_match=Empty(
            _("No project matches"),
            "14 projects match two of your three conditions.",
            (),
            (Action("Any status (9)", "?"), Action(_("Clear all"), "?")),
        ),
        errors=(
            RowError(
                "incidents.csv",
                "88",
                "minutes_lost",
                f"{f.MINUS}14",
                "Minutes cannot be negative.",
                "Use a positive number, or leave it empty.",
            ),
            RowError(
                "incidents.csv",
                "412",
                "customer",
                "Aldergat Bank",
                "No such customer.",
                "Use a code of customers.csv.",
            ),
        ),
        pager=Pager(
            _("%(first)s to %(last)s of %(all)s") % {"first": 1, "last": 14, "all": f.number(10_000)},
            "",
            "?page=2",
            "?format=csv",
        ),
    )


def _families() -> tuple[Family, ...]:
    line = Spark((70, 72, 74, 75, 78, 80, 81, 83), "Trend", "watch")
    measure = Measure(
        _("Resource alignment to priority"),
        "83",
        "%",
        status_of("amber"),
        f.percent(0.85),
        Delta(f.percentage_points(0.04), "up", "good"),
        "",
        line,
        why="?explain=1",
    )
    names = (
        ("tactical", _("Tactical")),
        ("value_creation", _("Value creation")),
        ("longevity", _("Longevity")),
        ("financial", _("Financial")),
    )
    return tuple(
        Family(
            key,
            name,
            "Better people fit, but one defect in eleven still waits past its release.",
            (("ok", "2 on target"), ("watch", "1 watch"), ("bad", "1 off target")),
            (measure, measure),
            "4 of 11 renewals due next quarter are customers with health below 60." if key == "financial" else "",
        )
        for key, name in names
    )


def _figures() -> tuple[Figure, ...]:
    bars = [
        Bar("Zero-downtime payments", 1.0, 0.7, 1.3),
        Bar("Self-service onboarding", 0.8, 0.55, 1.05),
        Bar("Claims API v3", 0.6, 0.3, 0.9),
        Bar("Support triage", 0.5, 0.3, 0.7),
        Bar("EU data residency", 0.4, 0.1, 0.7, True),
        Bar("Field app offline mode", 0.3, 0.1, 0.5),
        Bar(
            "Renewal <b>billing</b> & “$accent” العربية 🚀 with a name that is far too long for any axis",
            0.2,
            0.0,
            0.4,
            True,
        ),
        *(Bar(f"Small {i}", 0.02, 0, 0.04) for i in range(31)),
        Bar("Not linked to a project", -0.3, kind="unattributed"),
        Bar("Data centre move", -0.4, -0.6, -0.2),
        Bar("CRM migration", -0.7, -0.95, -0.45),
    ]
    sums = sums_of(bars)
    index = (61, 62, 61, 63, 64, 66, 65, 67, 68, 68, 69, 72)
    months = [dt.date(2026, m, 1) for m in range(2, 13)]
    plan = [0.05, 0.15, 0.3, 0.5, 0.8, 1.1, 1.4, 1.75, 2.05, 2.3, 2.5]
    return (
        contribution_figure(
            bars,
            key="contribution",
            title="Two projects carry 41% of the gain",
            unit=f"Points of outcome attainment. Gains {f.number(sums.gain, 1, sign=True)}, "
            f"losses {f.number(sums.loss, 1)}, net {f.number(sums.net, 1, sign=True)}",
            source="Source: outcome measurements and contributions.",
        ),
        trend_figure(
            [
                Point(q, v, v - 2, v + 2, 64, partial=i == 11)
                for i, (q, v) in enumerate(zip(QUARTERS, index, strict=True))
            ],
            key="index",
            title="Up in six of the last eight quarters, still short of target",
            unit="Index 0 to 100, with the range of its weights",
            words=f.number,
            target=75,
            limits=Limits(66, 60, 73),
            events=[Event("2025-Q2", "Launch"), Event("2026-Q1", "Restated")],
        ),
        s_curve_figure(
            [
                Month(m, p * 1e6, p * 0.95e6 if m.month < 11 else None, p * 0.99e6 if m.month < 11 else None)
                for m, p in zip(months, plan, strict=True)
            ],
            title="Earned value trails plan; the forecast ends over budget",
            unit="EUR, cumulative",
            currency="EUR",
            today=TODAY,
            budget=2.5e6,
            forecast=Forecast(dt.date(2027, 2, 5), 2.61e6, 2.5e6, 2.8e6, dt.date(2027, 1, 29), dt.date(2027, 2, 19)),
        ),
        milestone_figure(
            [
                Milestone("Failover rehearsed", dt.date(2026, 4, 24), dt.date(2026, 4, 28)),
                Milestone("First bank live", dt.date(2026, 7, 1), dt.date(2026, 7, 10)),
                Milestone("Half of traffic moved", dt.date(2026, 9, 15), dt.date(2026, 10, 2)),
                Milestone("All card payments", dt.date(2026, 12, 1), None, dt.date(2026, 12, 20)),
                Milestone("Old path retired", dt.date(2027, 1, 15), None, dt.date(2027, 2, 5)),
            ],
            title="Each milestone slips a little further than the one before",
            unit="Planned date against actual or forecast date",
            today=TODAY,
        ),
        bridge_figure(
            (f.period("2026-Q2", short=True), 69.0),
            (Step(_("Value"), 1.8), Step(_("Quality"), 0.6), Step(_("Performance"), 0.5), Step(_("Compliance"), 0.1)),
            (f.period("2026-Q3", short=True), 72.0),
            key="bridge",
            title="Value made 1.8 of the 3 points",
            unit="Customer Success Index, points",
            target=(_("Target %(value)s") % {"value": "75"}, 75.0),
        ),
        heat_figure(
            [
                HeatRow(name, tuple(None if v is None else _heat_cell(v) for v in values))
                for name, values in (
                    ("Payments", (0.78, 0.81, 0.84, 0.92, 1.04)),
                    ("Platform", (0.74, 0.71, 0.66, 0.58, 0.52)),
                    ("Mobile", (0.80, 0.79, None, 0.83, 0.81)),
                )
            ],
            ("Jul", "Aug", "Sep", "Oct", "Nov"),
            key="fit",
            title="Resource utilisation of 3 teams in November: 1 above the target band, 1 below",
            unit="Hours on projects as a share of hours available, percent. Target 70% to 85%",
            row_word=_("Team"),
            words=(_("Below the band: room for more"), _("Inside the band"), _("Above the band: too much")),
        ),
        survival_figure(
            [Survival(m, 1 - m * 0.007, 1 - m * 0.009, 1 - m * 0.005) for m in range(2, 60, 2)],
            [
                AtRisk(0, 212, 0, 0),
                AtRisk(12, 158, 22, 32),
                AtRisk(24, 130, 28, 54),
                AtRisk(36, 91, 41, 80),
                AtRisk(60, 54, 53, 105),
            ],
            key="survival",
            title="76% of people are still here after three years",
            unit="Share still employed, by months since joining",
            words=(_("Still here"), _("Left"), _("Joined too recently")),
            mark=(36, "at 36 months"),
            floor=0.5,
        ),
        cells_figure(
            [
                Bin(3.7 + i * 0.15, -0.08 + j * 0.02, (7 * i + 3 * j) % 40 + 1, "?")
                for i in range(22)
                for j in range(9)
                if abs(j - 4) < 4 - abs(i - 11) / 4
            ],
            [Named("Zero-downtime payments", 6.6, 0.19, "?"), Named("CRM migration", 6.3, -0.095, "?")],
            x_edges=(3.5, 7.2),
            y_edges=(-0.12, 0.2),
            x_words=(
                (4, f.money(1e4, decimals=0)),
                (5, f.money(1e5, decimals=0)),
                (6, f.money(1e6, decimals=0)),
                (7, f.money(1e7, decimals=0)),
            ),
            key="cells",
            title="Most projects are small and move little; the exceptions are named",
            unit="Projects counted in cells: spend (log scale) against points. Darker: more projects",
            heads=("Spend", _("Points"), _("Projects")),
        ),
        share_figure(
            [(0.03, 0.5), (0.1, 0.72), (0.2, 0.83), (0.4, 0.92), (0.7, 0.98), (1, 1)],
            key="share",
            title="3% of projects carry half of all contribution",
            unit="Cumulative share of positive contribution, projects ranked from the largest",
            mark=(0.03, 0.5, "312"),
        ),
        impact_figure(
            [
                Impact("Card payments timed out", dt.date(2026, 8, 19), 118, True, f.money(1.1e6)),
                Impact("Payment queue stalled", dt.date(2026, 9, 3), 64, True, f.money(6e5)),
                Impact("Nightly batch", dt.date(2026, 7, 16), 14, False),
            ],
            first=dt.date(2026, 7, 1),
            last=dt.date(2026, 9, 30),
            key="impacts",
            title="Two incidents made most of the lost minutes",
            unit="Minutes lost per incident at this customer",
        ),
        ranked_figure(
            [Item("No next step", 19, "19"), Item("Workload", 14, "14", "previous"), Item("Pay", 5, "5", "bad")],
            key="reasons",
            title="No next step is the commonest reason to leave",
            unit="People who left in the last 12 months",
            heads=(_("Reason"), _("People")),
        ),
        dot_figure(
            [
                Estimate("Incidents", 24, 19, 29),
                Estimate("Survey", 7, 4, 10),
                Estimate("Badge swipes", -0.4, -1.8, 1, False),
            ],
            key="relevance",
            title="Two data sets relate to customer success; one shows no link",
            unit="Percent of explained change lost when the data set is left out",
            words=lambda v: f.percent(None if v is None else v / 100),
            head="Data set",
            firm_word="Linked",
            loose_word="No measurable link",
        ),
    )


def _heat_cell(value: float) -> HeatCell:
    """A cell against a band of 70% to 85%."""
    if value < 0.7:
        return HeatCell(value, f.percent(value), -1, 0.7 - value, _("below"))
    if value > 0.85:
        return HeatCell(value, f.percent(value), 1, value - 0.85, _("above"))
    return HeatCell(value, f.percent(value))
