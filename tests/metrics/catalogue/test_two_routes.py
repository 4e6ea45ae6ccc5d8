"""Two routes to one number: the engine against a plain reading of the catalogue in exact fractions, on random rows.

Amounts have one decimal and few values, so that sums cancel, blanks, zeros, missing rates and ties are common.
"""

import random
from datetime import date

import pytest

from metrics.periods import Calendar, Period
from tests.metrics import oracle
from tests.metrics.builders import FakeFacts, Row, measure

MONTHS = [f"2025-{month:02d}" for month in range(9, 13)] + [f"2026-{month:02d}" for month in range(1, 6)]
PROJECTS = {"P-1": "PF", "P-2": "PG", "P-3": "PG", "P-4": "PX"}
SCOPES = {
    "enterprise": None,
    "portfolio:PF": {"P-1", "P-2", "P-3"},
    "program:PG": {"P-2", "P-3"},
    "portfolio:PX": {"P-4"},
    "project:P-1": {"P-1"},
    "project:P-3": {"P-3"},
}
CUSTOMERS = {"enterprise": None, "customer:A": {"A"}, "customer:B": {"B"}, "customer:C": {"C"}}
KEYS = {
    "cost_performance_index": SCOPES,
    "schedule_performance_index_time": SCOPES,
    "resource_priority_alignment": {name: codes for name, codes in SCOPES.items() if "project" not in name},
    "status_reporting_rate": SCOPES,
    "gross_revenue_retention": CUSTOMERS,
    "net_revenue_retention": CUSTOMERS,
    "return_on_investment": SCOPES,
}
AS_OF = ("2026-03-16", "2026-04-01", "2026-07-10")


def random_facts(seed: int) -> FakeFacts:
    rng = random.Random(seed)

    def amount(*, blank: float = 0.2, low: int = 0) -> str:
        return "" if rng.random() < blank else f"{rng.randint(low, 30) / 10}"

    def some_day() -> str:
        return "" if rng.random() < 0.3 else f"{rng.choice(MONTHS)}-{rng.choice((1, 15, 16, 28)):02d}"

    def project(code: str, portfolio: str) -> dict[str, str]:
        start, finish = sorted((some_day(), some_day()))
        return {
            "code": code,
            "portfolio": portfolio,
            "currency": rng.choice(("EUR", "EUR", "SEK")),
            "priority": amount(),
            "budget": amount(),
            "actual_start_on": start,
            "actual_finish_on": finish,
        }

    def month_rows(share: float) -> list[tuple[str, str]]:
        return [(code, month) for code in PROJECTS for month in MONTHS if rng.random() < share]

    return FakeFacts(
        {
            "portfolios": [
                {"code": "PF", "kind": "portfolio"},
                {"code": "PG", "kind": "program", "parent": "PF"},
                {"code": "PX", "kind": "portfolio"},
            ],
            "projects": [project(code, portfolio) for code, portfolio in PROJECTS.items()],
            "project_months": [
                {
                    "project": code,
                    "month": month,
                    "planned_value": amount(blank=0.3),
                    "earned_value": amount(),
                    "actual_cost": amount(low=-10),
                }
                for code, month in month_rows(0.4)
            ],
            "benefits": [
                {"project": code, "code": "B1", "month": month, "realised": amount()} for code, month in month_rows(0.3)
            ],
            "person_months": [
                {
                    "person": rng.choice("VW"),
                    "project": "" if rng.random() < 0.1 else code,
                    "month": month,
                    "hours": amount(blank=0) if rng.random() < 0.8 else "0",
                }
                for code, month in month_rows(0.3)
            ],
            "contributions": [
                {"project": code, "outcome": "O-1", "valid_from": some_day() or "2025-09-01", "effect": "1"}
                for code in PROJECTS
                if rng.random() < 0.5
            ],
            "status_reports": [
                {
                    "project": code,
                    "reported_on": f"{month}-{rng.randint(1, 28):02d}",
                    "rag": rng.choice(("red", "green", "")),
                }
                for code, month in month_rows(0.5)
            ],
            "customers": [{"code": code} for code in "ABC"],
            "revenue_events": [
                {
                    "customer": rng.choice("ABC"),
                    "code": f"E{k}",
                    "effective_on": f"{rng.choice(MONTHS)}-{rng.choice((1, 15, 16)):02d}",
                    "kind": "new",
                    "delta_arr": f"{rng.choice((-3, -2, -1, 1, 2, 3)) / 10}",
                    "currency": rng.choice(("EUR", "EUR", "EUR", "SEK")),
                }
                for k in range(14)
            ],
            "fx_rates": [
                {"currency": "SEK", "month": month, "rate": f"{rng.randint(1, 9) / 10}"}
                for month in MONTHS
                if rng.random() < 0.7
            ],
        }
    )


def close(found: Row, wanted: Row) -> bool:
    if found[3:] != wanted[3:]:
        return False
    return all(
        have == want if have is None or want is None else abs(have - want) <= 1e-6
        for have, want in zip(found[:3], wanted[:3], strict=True)
    )


def partial(row: Row, period: Period, as_of: date) -> Row:
    begun = row.status == "ok" and period.start < as_of < period.end
    return row._replace(status="partial_period") if begun else row


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("key", KEYS)
def test_the_engine_agrees_with_a_plain_reading_of_the_catalogue(key, seed):
    facts = random_facts(seed)
    as_of = AS_OF[seed % len(AS_OF)]
    values = measure(facts, key, as_of=as_of, first="2025-09-01")
    today = date.fromisoformat(as_of)
    compared = 0

    for grain in Calendar(date(2025, 9, 1), today, values.zone).grains:
        for period in grain.periods:
            if period.start >= today:
                continue
            for scope, codes in KEYS[key].items():
                asked = oracle.Question(facts, period, today, codes)
                for component, wanted in getattr(oracle, key)(asked).items():
                    found = values.at(period.code, scope, component)
                    assert close(found, partial(wanted, period, today)), (component, scope, period, found, wanted)
                    compared += 1
    assert compared > 30
