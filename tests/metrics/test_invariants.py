"""What the catalogue says must hold for any company, asked of the engine on random ones."""

import math
import random
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.cells import NO_DATA, SMALLEST_GROUP, STATES, WITH_VALUE
from metrics.engine import metric_parts, part_cells, part_scopes
from metrics.frame import Frame
from metrics.parts import Part
from metrics.periods import Grain, Period
from metrics.registry import formulas, metric, metrics
from metrics.scopes import FEED_OF, SCOPE_KINDS, Scopes
from portfolio.feeds import FEEDS
from tests.metrics.builders import FakeFacts
from tests.metrics.random_company import random_rows
from tests.metrics.readding import differences

AS_OF = date(2026, 7, 10)
PERIODS = tuple(Period.parse(code) for code in ("2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"))
SEEDS = range(6)
Cell = tuple[str, float, float, float, int]


def frame_over(facts: FakeFacts, periods: tuple[Period, ...] = PERIODS, as_of: date = AS_OF) -> Frame:
    return Frame(facts, Grain(periods, as_of, ZoneInfo("UTC")), Scopes(facts), "EUR")


def codes(facts: FakeFacts, frame: Frame, kind: str) -> list[str]:
    if kind == "enterprise":
        return [""]
    names = dict(zip(facts.table(FEED_OF[kind]).ids.tolist(), facts.codes(FEED_OF[kind]), strict=True))
    return [names[key] for key in frame.scopes.of(kind).ids.tolist()]


@lru_cache(maxsize=40)
def company(seed: int, complete: bool = False) -> dict[tuple[str, str, str, str, str], Cell]:
    """All cells of a random company by metric, component, kind, code and period."""
    return cells_of(FakeFacts(random_rows(seed, complete=complete)))


def cells_of(
    facts: FakeFacts, keys: tuple[str, ...] | None = None, periods: tuple[Period, ...] = PERIODS
) -> dict[tuple[str, str, str, str, str], Cell]:
    frame = frame_over(facts, periods)
    found = {}
    for key in keys or tuple(metrics()):
        entry = metric(key)
        for part in metric_parts(frame, key):
            for kind in SCOPE_KINDS:
                if kind not in part_scopes(entry, part):
                    continue
                cells = part_cells(frame, entry, part, kind)
                for s, code in enumerate(codes(facts, frame, kind)):
                    for p, period in enumerate(periods):
                        found[key, part.component, kind, code, period.code] = (
                            "/".join(STATES[int(cells.state[s, p])]),
                            float(cells.value[s, p]),
                            float(cells.numerator[s, p]),
                            float(cells.denominator[s, p]),
                            int(cells.n[s, p]),
                        )
    return found


def same(one: Cell, other: Cell) -> bool:
    numbers = zip(one[1:4], other[1:4], strict=True)
    return (one[0], one[4]) == (other[0], other[4]) and all(
        (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-7) for a, b in numbers
    )


def value(found: dict, key: str, component: str = "", kind: str = "enterprise", code: str = "", p: int = 1) -> float:
    return found[key, component, kind, code, PERIODS[p].code][1]


def known(*numbers: float) -> bool:
    return not any(math.isnan(number) for number in numbers)


def places(found: dict) -> Iterator[tuple[str, str, str]]:
    """Every kind, code and period that there is."""
    yield from dict.fromkeys(key[2:] for key in found)


# Rows, their order, and rolling up ------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    rows = random_rows(seed)
    shuffled = {feed: random.Random(seed + 1).sample(given, len(given)) for feed, given in rows.items()}

    found, again = company(seed), cells_of(FakeFacts(shuffled))

    assert set(found) == set(again)
    assert [key for key in found if not same(found[key], again[key])] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_behind_figures_re_add_to_them(seed: int) -> None:
    facts = FakeFacts(random_rows(seed))

    for period in PERIODS[1:]:
        frame = frame_over(facts, (period,))
        assert [line for key in metrics() for line in differences(frame, key)] == []


PARTITION = {
    "project": (
        "defects_fixed_before_release_rate", "escaped_defect_rate", "cost_performance_index",
        "schedule_performance_index_time", "milestones_on_time_rate", "status_reporting_rate",
        "process_conformance_rate", "compliance_pass_rate", "net_promoter_score", "customer_satisfaction",
        "customer_effort_score", "benefits_realisation_ratio", "adoption_rate", "value_standard_attainment",
        "return_on_investment",
    ),
    "customer": (
        "touchpoint_adherence", "gross_revenue_retention", "net_revenue_retention", "renewal_rate",
        "renewals_on_time_rate", "customer_tenure", "sla_compliance_rate", "revenue_growth", "gross_margin",
    ),
    "service": ("change_fail_rate", "renewal_rate", "sla_compliance_rate"),
    "team": (
        "resource_utilisation", "time_reporting_rate", "voluntary_turnover_rate", "development_plan_coverage",
        "idea_implementation_rate", "employee_net_promoter_score",
    ),
}  # fmt: skip
NO_SUM = {("compliance_pass_rate", "standards_checked_share"), ("change_fail_rate", "deployments_per_week")}
"""Distinct things, counted once, or days of the period: no sum over the parts."""


def figures(frame: Frame, part: Part, kind: str) -> list[np.ndarray]:
    outcome = part.outcome(**{name: each.reduce(frame, kind) for name, each in part.inputs.items()})
    return [outcome.numerator, outcome.denominator]


@pytest.mark.parametrize("kind", PARTITION)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_enterprise_is_the_sum_over_a_partition_of_the_rows(seed: int, kind: str) -> None:
    """Never the mean of the parts. Figures are taken before small groups are hidden."""
    rows = random_rows(seed, complete=True)
    if kind == "team":
        # Work without a person's team, and a service without one, belong to no team.
        rows["services"] = [{**row, "team": row["team"] or "T-1"} for row in rows["services"]]
    frame = frame_over(FakeFacts(rows))
    checked = 0
    for key in PARTITION[kind]:
        for part in metric_parts(frame, key):
            if (key, part.component) in NO_SUM or kind not in part_scopes(metric(key), part):
                continue
            for whole, parts in zip(figures(frame, part, "enterprise"), figures(frame, part, kind), strict=True):
                if whole is not None:
                    assert parts.sum(axis=0) == pytest.approx(whole[0], rel=1e-9, abs=1e-7), (key, part.component)
                    checked += 1
    assert checked >= 2 * len(PARTITION[kind])


GLOBAL = {"outcome_attainment", "end_customer_success", "project_contribution"}
"""Weights of outcomes are shared by all customers: these are not recomputed from a scope's rows alone."""
WHOLE = {"incidents", "standards", "outcomes", "contributions", "initiatives"}
"""Feeds that stand for the whole company, or are only referred to."""


def rows_of_scope(rows: dict[str, list[dict[str, str]]], key: str, kind: str, code: str) -> dict | None:
    """The company with only the rows of a scope in the feeds that the entry counts; None when one falls empty."""
    facts = FakeFacts(rows)
    frame, entry = frame_over(facts), metric(key)
    place = codes(facts, frame, kind).index(code)
    counted = {feed.strip() for side in (entry.numerator, entry.denominator) for feed in side["feed"].split("+")}
    kept = dict(rows)
    for feed in (counted | ({"people"} if kind == "team" else set())) & set(FEEDS) - WHOLE:
        if feed not in formulas()[key].feeds:
            continue
        table = facts.table(feed)
        if feed == "survey_responses" and kind == "team":
            table = type(table)(feed, table.ids, {n: c for n, c in table.columns.items() if n != "service"})
        levels = frame.scopes.members(table, kind)
        if feed == "projects" and kind in ("portfolio", "program"):
            levels = frame.scopes.ancestors(kind)
        if feed == FEED_OF[kind]:
            levels = [frame.scopes.of(kind).places]
        if not levels:
            continue
        inside = np.logical_or.reduce([level == place for level in levels])
        kept[feed] = [rows[feed][number - 1] for number in table.ids[inside].tolist()]
        if not kept[feed] and rows[feed]:
            return None
    if "people" in kept and kind == "team":
        names = {row["code"] for row in kept["people"]}
        for feed in ("person_months", "capacity", "development_plans"):
            kept[feed] = [row for row in kept[feed] if row["person"] in names]
            if not kept[feed] and feed in formulas()[key].feeds:
                return None
    for feed, column in (("projects", "project"), ("customers", "customer")):
        if len(kept[feed]) < len(rows[feed]):
            names = {row["code"] for row in kept[feed]}
            kept = {
                other: [row for row in given if not row.get(column) or row[column] in names]
                for other, given in kept.items()
            }
    return kept


ASKED = [
    (kind, code)
    for kind, found in {
        "portfolio": ("PF", "PX"), "program": ("PG", "PH"), "project": ("P-1", "P-4"), "customer": ("A", "C"),
        "service": ("S-1",), "team": ("T-1", "T-3"),
    }.items()
    for code in found
]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS[:3])
@pytest.mark.parametrize(("kind", "code"), ASKED)
def test_a_scope_is_computed_from_its_rows_and_from_nothing_else(seed: int, kind: str, code: str) -> None:
    """Medians, survival curves and distinct counts too: the value of a scope is that of a company of its rows only."""
    rows, found = random_rows(seed), company(seed)
    for key, entry in metrics().items():
        if kind not in entry.scopes or key in GLOBAL:
            continue
        alone = rows_of_scope(rows, key, kind, code)
        if alone is None:
            continue
        again = cells_of(FakeFacts(alone), (key,))
        for name in entry.component_names:
            for period in PERIODS:
                if (key, name, kind, code, period.code) in found:
                    mine, whole = (
                        found[key, name, kind, code, period.code],
                        again[key, name, "enterprise", "", period.code],
                    )
                    assert same(mine, whole), (key, name, period.code, mine, whole)


# Status ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_value_stands_only_where_its_status_says_so(seed: int) -> None:
    shown = {"/".join(STATES[number]) for number in WITH_VALUE}
    for key, (status, number, numerator, denominator, n) in company(seed).items():
        assert math.isnan(number) == (status not in shown), key
        if status in ("no_data/", "no_data/not_measurable", "not_due/", "suppressed/", "undefined/missing_rate"):
            assert (math.isnan(numerator), math.isnan(denominator), n) == (True, True, -1), key
        else:
            assert n >= 0, key
            assert not math.isnan(numerator) or math.isnan(denominator) or key[0] == "resource_priority_alignment", key


@pytest.mark.parametrize("seed", SEEDS)
def test_a_quotient_is_the_quotient_of_its_figures(seed: int) -> None:
    factors = {("process_conformance_rate", "defects_per_million"): 1e6}
    for key, (_, number, numerator, denominator, _) in company(seed).items():
        if known(number, numerator, denominator) and key[:2] != ("voluntary_turnover_rate", "annualised"):
            factor = factors.get(key[:2], 1.0)
            assert number == pytest.approx(factor * numerator / denominator, rel=1e-9, abs=1e-9), key


@pytest.mark.parametrize("seed", SEEDS)
def test_no_value_of_a_people_metric_has_fewer_than_five_people_behind_it(seed: int) -> None:
    seen = 0
    for (key, *_), (status, number, *_, n) in company(seed).items():
        if metric(key).people_metric:
            seen += status == "suppressed/"
            assert math.isnan(number) or n >= SMALLEST_GROUP, key
    few = random_rows(seed)
    few["people"] = few["people"][:4]
    names = {row["code"] for row in few["people"]}
    for feed in ("person_months", "capacity", "development_plans"):
        few[feed] = [row for row in few[feed] if row["person"] in names]
    people = tuple(key for key, entry in metrics().items() if entry.people_metric and "people" in formulas()[key].feeds)
    assert all(math.isnan(cell[1]) for cell in cells_of(FakeFacts(few), people).values())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_missing_rate_hides_the_scopes_that_need_it_and_no_other(seed: int) -> None:
    """One foreign row without a rate is added to a complete company: only scopes with that row lose their value."""
    rows = random_rows(seed, complete=True)
    before = cells_of(FakeFacts(rows), ("gross_margin", "benefits_realisation_ratio"))
    rows["ledger"].append(
        {"code": "NEW", "customer": "A", "service": "S-1", "month": "2026-02", "account": "revenue", "amount": "1",
         "currency": "NOK"}
    )  # fmt: skip
    rows["projects"].append({"code": "P-9", "portfolio": "PG", "currency": "NOK"})
    rows["benefits"].append({"project": "P-9", "code": "B", "month": "2026-02", "planned": "1", "realised": "1"})
    after = cells_of(FakeFacts(rows), ("gross_margin", "benefits_realisation_ratio"))
    hit = {"enterprise", "A", "S-1", "PF", "PG", "P-9"}
    for key, cell in after.items():
        name, _, kind, code, period = key
        holds = (code or kind) in hit and (
            period == "2026-Q1" if name == "gross_margin" else period in ("2026-Q1", "2026-Q2", "2026-Q3")
        )
        if holds and cell[0] != "no_data/":
            assert cell[0] == "undefined/missing_rate", key
        elif key in before:
            assert same(cell, before[key]), key
    assert after["gross_margin", "", "customer", "A", "2026-Q1"][0] in ("undefined/missing_rate", "no_data/")
    assert after["benefits_realisation_ratio", "", "project", "P-9", "2026-Q1"][0] == "undefined/missing_rate"


# Metrics against each other ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_points_of_projects_and_the_unattributed_are_what_was_attained(seed: int) -> None:
    found = company(seed)
    for kind, code, period in places(found):
        if kind not in ("enterprise", "customer", "initiative"):
            continue
        own = {name: found["project_contribution", name, kind, code, period][1] for name in
               ("", "unattributed", "attained_points", "shapley")}  # fmt: skip
        if not known(own[""]):
            continue
        assert own[""] + own["unattributed"] == pytest.approx(own["attained_points"], abs=1e-9)
        assert own["shapley"] == pytest.approx(own[""], abs=1e-9)
        if kind == "enterprise":
            assert own["attained_points"] == pytest.approx(100 * found["outcome_attainment", "", kind, code, period][1])
            parts = [found["project_contribution", "", "project", project, period][1] for project in
                     ("P-1", "P-2", "P-3", "P-4", "P-5")]  # fmt: skip
            assert np.nansum(parts) == pytest.approx(own[""], abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bridge_between_two_periods_adds_up(seed: int) -> None:
    found = company(seed)
    for kind, code, period in places(found):
        when = Period.parse(period)
        if kind not in ("enterprise", "customer", "initiative") or when.previous not in PERIODS:
            continue
        now, before = (
            found["project_contribution", "attained_points", kind, code, each.code] for each in (when, when.previous)
        )
        if known(now[1], before[1]):
            moved = [
                found["project_contribution", name, kind, code, period][1]
                for name in ("change", "unattributed_change", "mix")
            ]
            assert before[1] + sum(moved) == pytest.approx(now[1], abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_money_and_earned_value_agree_with_each_other(seed: int) -> None:
    found = company(seed)
    for kind, code, period in places(found):
        at = (kind, code, period)

        def get(key: str, name: str = "", part: int = 1, at: tuple[str, str, str] = at) -> float:
            return found.get((key, name, *at), ("", math.nan, math.nan, math.nan, 0))[part]

        index = get("cost_performance_index")
        if known(index):
            earned, spent = get("cost_performance_index", part=2), get("cost_performance_index", part=3)
            assert index * spent == pytest.approx(earned, abs=1e-7)
            assert get("cost_performance_index", "cost_variance") == pytest.approx(earned - spent, abs=1e-7)
        budget, estimate, variance = (
            get("cost_performance_index", name)
            for name in ("budget_at_completion", "estimate_at_completion", "variance_at_completion")
        )
        if known(budget, estimate):
            assert variance == pytest.approx(budget - estimate, rel=1e-9, abs=1e-7)
        if known(get("gross_margin")):
            assert get("gross_margin") + get("gross_margin", "cogs_ratio") == pytest.approx(1.0)
        gross, net = get("gross_revenue_retention"), get("net_revenue_retention")
        if known(gross):
            assert gross <= 1 + 1e-9
            assert gross <= net + 1e-9
        movements = ("opening", "new", "expansion", "contraction", "churn", "reactivation")
        parts = [get("recurring_revenue", name) for name in movements]
        if known(*parts, get("recurring_revenue")):
            assert sum(parts) == pytest.approx(get("recurring_revenue"), abs=1e-7)
            assert get("recurring_revenue", "net_new") == pytest.approx(sum(parts[1:]), abs=1e-7)
        score, promoters, detractors = (
            get("net_promoter_score", name) for name in ("", "promoter_share", "detractor_share")
        )
        if known(score):
            assert score == pytest.approx(100 * (promoters - detractors), abs=1e-9)
        if known(get("resource_priority_alignment")):
            assert -1e-12 <= get("resource_priority_alignment") <= 1 + 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_hours_times_a_constant_change_no_alignment(seed: int) -> None:
    rows = random_rows(seed)
    rows["person_months"] = [{**row, "hours": f"{float(row['hours']) * 3:.1f}"} for row in rows["person_months"]]

    again = cells_of(FakeFacts(rows), ("resource_priority_alignment",))

    assert [key for key, cell in again.items() if not same(cell, company(seed)[key]) and not key[1]] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_minutes_of_a_quarter_are_those_of_its_months_and_of_its_interruptions(seed: int) -> None:
    key = "customer_minutes_lost"
    facts = FakeFacts(random_rows(seed))
    months = cells_of(facts, (key,), tuple(PERIODS[1].months()))
    for kind, code, period in places(company(seed)):
        if period != PERIODS[1].code or (key, "", kind, code, period) not in company(seed):
            continue
        quarter = company(seed)[key, "customer_minutes", kind, code, period][1]
        if not known(quarter):
            continue
        parts = [months[key, "customer_minutes", kind, code, month.code][1] for month in PERIODS[1].months()]
        assert np.nansum(parts) == pytest.approx(quarter, abs=1e-6)
        _, each, lost, started, _ = company(seed)[key, "minutes_per_interruption", kind, code, period]
        if known(each):
            assert each * started == pytest.approx(lost)
            assert lost == pytest.approx(quarter)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 13), st.floats(0.1, 0.9), st.floats(0.05, 0.5))
def test_a_shorter_incident_inside_a_longer_one_changes_no_minutes(
    seed: int, number: int, begin: float, length: float
) -> None:
    rows = random_rows(seed % 50)
    outer = rows["incidents"][number]
    if not outer["restored_at"]:
        return
    start, end = (np.datetime64(outer[name][:-1], "s") for name in ("started_at", "restored_at"))
    first = start + ((end - start).astype(int) * begin * (1 - length)).astype("timedelta64[s]")
    last = first + np.timedelta64(int((end - start).astype(int) * begin * length), "s")
    hit = [row for row in rows["incident_impacts"] if row["incident"] == outer["code"]]
    inner = {**outer, "code": "IN", "started_at": f"{first}Z", "restored_at": f"{last}Z"}
    more = {
        **rows,
        "incidents": [*rows["incidents"], inner],
        "incident_impacts": [*rows["incident_impacts"], *({**row, "incident": "IN"} for row in hit)],
    }

    before, after = (cells_of(FakeFacts(given), ("customer_minutes_lost",)) for given in (rows, more))

    assert [key for key in before if not same(before[key], after[key])] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_without_facts_there_is_no_value_and_no_zero(seed: int) -> None:
    """Feeds are emptied one by one; what only they can tell is then no data, not 0."""
    rows = random_rows(seed)
    for feed, key in (
        ("milestones", "milestones_on_time_rate"),
        ("touchpoints", "touchpoint_adherence"),
        ("incidents", "customer_minutes_lost"),
        ("development_plans", "development_plan_coverage"),
        ("ideas", "idea_implementation_rate"),
        ("people", "voluntary_turnover_rate"),
        ("person_months", "resource_utilisation"),
        ("revenue_events", "recurring_revenue"),
    ):
        emptied = {**rows, feed: []}
        if feed == "incidents":
            emptied["incident_impacts"] = []
        if feed == "people":
            emptied |= {"person_months": [], "capacity": [], "development_plans": []}
        found = cells_of(FakeFacts(emptied), (key,))
        assert {cell[0] for cell in found.values()} == {"/".join(STATES[NO_DATA])}, key


def test_the_company_has_edges_enough() -> None:
    """The random companies meet every status, so that what holds for them holds for something."""
    met = {cell[0] for seed in SEEDS for cell in company(seed).values()}

    assert met >= {
        "ok/", "partial_period/", "provisional/", "no_data/", "no_data/not_measurable", "suppressed/",
        "insufficient_n/", "undefined/missing_rate", "undefined/zero_denominator", "undefined/no_variation",
    }  # fmt: skip
