"""A small company of random facts in every feed: blanks, zeros, ties, missing rates, late and future rows."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

Row = dict[str, str]
Rows = list[Row]

FIRST = date(2025, 7, 1)
MONTHS = [f"2025-{month:02d}" for month in range(7, 13)] + [f"2026-{month:02d}" for month in range(1, 9)]
PORTFOLIOS = {"PF": "", "PG": "PF", "PH": "PG", "PX": ""}
PROJECTS = {"P-1": "PF", "P-2": "PG", "P-3": "PH", "P-4": "PX", "P-5": "PX"}
CUSTOMERS = ("A", "B", "C", "D")
SERVICES = {"S-1": "T-1", "S-2": "T-2", "S-3": ""}
TEAMS = ("T-1", "T-2", "T-3")
ACCOUNTS = ("revenue", "revenue", "cogs", "opex", "capex", "operating_cash", "cash_balance")


class _Maker:
    def __init__(self, seed: int, complete: bool) -> None:
        self.rng = random.Random(seed)
        self.complete = complete

    def maybe(self, cell: str, blank: float = 0.2) -> str:
        return "" if self.rng.random() < blank else cell

    def link(self, codes: Any) -> str:
        """A reference that may be blank, never in a complete company."""
        return self.maybe(self.rng.choice(list(codes)), 0.0 if self.complete else 0.2)

    def amount(self, low: float = 0, high: float = 30) -> str:
        return f"{self.rng.randint(int(low * 10), int(high * 10)) / 10}"

    def day(self, span: int = 400) -> date:
        return FIRST + timedelta(days=self.rng.randrange(span))

    def on(self, blank: float = 0.0) -> str:
        return self.maybe(self.day().isoformat(), blank)

    def after(self, day: date, span: int = 60) -> date:
        return day + timedelta(days=self.rng.randrange(span))

    def at(self, day: date) -> str:
        return f"{day.isoformat()}T{self.rng.randrange(24):02d}:{self.rng.randrange(60):02d}:00Z"

    def currency(self) -> str:
        return self.rng.choice(("EUR", "EUR", "EUR", "SEK", "USD"))

    def many(self, count: int, make: Callable[[int], Row]) -> Rows:
        return [make(number) for number in range(count)]

    def pairs(self, codes: Any, share: float = 0.5) -> list[tuple[str, str]]:
        return [(code, month) for code in codes for month in MONTHS if self.rng.random() < share]


def random_rows(seed: int, *, complete: bool = False) -> dict[str, Rows]:
    """Rows by feed. In a `complete` company every row names its project, customer, service and team."""
    m = _Maker(seed, complete)
    return {**_structure(m), **_delivery(m), **_flow(m), **_people(m), **_customers(m), **_money(m)}


def _structure(m: _Maker) -> dict[str, Rows]:
    projects = []
    for code, portfolio in PROJECTS.items():
        start = m.day(250)
        projects.append(
            {
                "code": code,
                "portfolio": portfolio,
                "currency": m.rng.choice(("EUR", "SEK")),
                "priority": m.maybe(m.amount(0, 5)),
                "budget": m.maybe(m.amount(0, 90)),
                "actual_start_on": m.maybe(start.isoformat()),
                "actual_finish_on": m.maybe(m.after(start, 250).isoformat(), 0.5),
            }
        )
    return {
        "portfolios": [
            {"code": code, "kind": "program" if parent else "portfolio", "parent": parent}
            for code, parent in PORTFOLIOS.items()
        ],
        "projects": projects,
        "services": [{"code": code, "team": m.maybe(team, 0)} for code, team in SERVICES.items()],
        "fx_rates": [
            {"currency": currency, "month": month, "rate": rate}
            for currency, rate in (("SEK", "0.1"), ("USD", "0.9"))
            for month in MONTHS
            if m.complete or m.rng.random() < 0.97
        ],
    }


def _delivery(m: _Maker) -> dict[str, Rows]:
    return {
        "project_months": [
            {
                "project": code,
                "month": month,
                "planned_value": m.maybe(m.amount()),
                "earned_value": m.maybe(m.amount(), 0.3),
                "actual_cost": m.maybe(m.amount(-5), 0.3),
            }
            for code, month in m.pairs(PROJECTS, 0.7)
        ],
        "status_reports": [
            {"project": code, "reported_on": day, "rag": m.rng.choice(("green", "amber", "red"))}
            for code in PROJECTS
            for day in sorted({m.on() for _ in range(9)})
        ],
        "milestones": m.many(
            16,
            lambda k: {
                "project": m.rng.choice(list(PROJECTS)),
                "code": f"M{k}",
                "baseline_on": m.on(),
                "actual_on": m.on(0.3),
                "cancelled_on": m.on(0.9),
                "customer_facing": m.rng.choice(("true", "false")),
            },
        ),
        "benefits": [
            {
                "project": code,
                "code": "B",
                "month": month,
                "planned": m.maybe(m.amount()),
                "realised": m.maybe(m.amount(-2)),
                "validated": m.maybe(m.rng.choice(("true", "false"))),
            }
            for code, month in m.pairs(PROJECTS)
        ],
        "standards": [
            {
                "code": f"{kind[0].upper()}{number}",
                "kind": kind,
                "lower_limit": m.maybe("5"),
                "upper_limit": m.maybe("20"),
                "opportunities_per_unit": m.maybe("3"),
            }
            for kind in ("quality", "compliance", "sla", "value")
            for number in (1, 2)
        ],
        "standard_checks": m.many(
            60,
            lambda k: {
                "code": f"K{k}",
                "standard": f"{m.rng.choice('QCSV')}{m.rng.choice('12')}",
                "project": m.link(PROJECTS),
                "customer": m.link(CUSTOMERS),
                "service": m.link(SERVICES),
                "checked_on": m.on(),
                "passed": m.maybe(m.rng.choice(("true", "false")), 0.4),
                "value": m.maybe(m.amount()),
                "expected_value": m.maybe(m.amount()),
                "units": m.maybe(str(m.rng.randint(0, 9))),
                "defects": m.maybe(str(m.rng.randint(0, 9))),
            },
        ),
    }


def _flow(m: _Maker) -> dict[str, Rows]:
    def defect(k: int) -> Row:
        opened = m.day()
        return {
            "code": f"D{k}",
            "project": m.link(PROJECTS),
            "service": m.link(SERVICES),
            "release": m.link([f"R{n}" for n in range(8)]),
            "introduced_release": m.link([f"R{n}" for n in range(8)]),
            "opened_at": m.at(opened),
            "fixed_at": m.maybe(m.at(m.after(opened + timedelta(days=1), 40)), 0.3),
            "severity": str(m.rng.randint(1, 4)),
            "validity": m.rng.choice(("valid", "valid", "valid", "duplicate")),
            "found_phase": m.rng.choice(("before_release", "after_release")),
        }

    def item(k: int) -> Row:
        started = m.day()
        return {
            "code": f"W{k}",
            "project": m.link(PROJECTS),
            "service": m.link(SERVICES),
            "team": m.link(TEAMS),
            "started_at": m.maybe(m.at(started)),
            "finished_at": m.maybe(m.at(m.after(started + timedelta(days=1))), 0.3),
            "cancelled_at": m.maybe(m.at(m.after(started + timedelta(days=1))), 0.9),
        }

    def deployment(k: int) -> Row:
        day = m.day()
        return {
            "code": f"Y{k}",
            "service": m.rng.choice(list(SERVICES)),
            "deployed_at": m.at(day),
            "first_committed_at": m.maybe(m.at(day - timedelta(days=m.rng.randint(1, 9)))),
            "failed": m.maybe(m.rng.choice(("true", "false"))),
            "rework": m.maybe(m.rng.choice(("true", "false"))),
            "restored_at": m.maybe(m.at(day + timedelta(days=1)), 0.5),
        }

    def incident(k: int) -> Row:
        day = m.day()
        return {
            "code": f"I{k}",
            "service": m.rng.choice(list(SERVICES)),
            "started_at": m.at(day),
            "restored_at": m.maybe(m.at(day + timedelta(days=m.rng.randint(1, 3)))),
            "planned": m.rng.choice(("false", "false", "true")),
        }

    def impacts() -> Rows:
        rows = []
        for k in range(14):
            for customer in CUSTOMERS:
                if m.rng.random() < 0.5:
                    rows.append(
                        {"incident": f"I{k}", "customer": customer, "degradation": m.maybe(m.rng.choice(("0.5", "1")))}
                    )
        return rows

    return {
        "releases": m.many(
            8,
            lambda k: {
                "code": f"R{k}",
                "service": m.rng.choice(list(SERVICES)),
                "project": m.link(PROJECTS),
                "released_at": m.maybe(m.at(m.day()), 0.1),
            },
        ),
        "defects": m.many(70, defect),
        "work_items": m.many(60, item),
        "deployments": m.many(40, deployment),
        "incidents": m.many(14, incident),
        "incident_impacts": impacts(),
    }


def _people(m: _Maker) -> dict[str, Rows]:
    names = [f"A{k}" for k in range(21)]

    def person(k: int) -> Row:
        hired = FIRST + timedelta(days=m.rng.randint(-900, 300))
        left = m.maybe((hired + timedelta(days=m.rng.randint(30, 900))).isoformat(), 0.6)
        return {
            "code": names[k],
            "team": TEAMS[k % 3],
            "hired_on": hired.isoformat(),
            "left_on": left,
            "exit_reason": m.rng.choice(("voluntary", "involuntary", "retired")) if left else "",
            "regretted": m.maybe(m.rng.choice(("true", "false"))) if left else "",
        }

    hours: Rows = []
    for name in names:
        for month in m.rng.sample(MONTHS, 6):
            for project in m.rng.sample([*PROJECTS, ""], 2):
                hours.append({"person": name, "project": project, "month": month, "hours": m.amount(0, 90)})
    return {
        "people": m.many(len(names), person),
        "person_months": hours,
        "capacity": [
            {"person": name, "month": month, "hours": m.rng.choice(("0", "100", "160"))}
            for name, month in m.pairs(names)
        ],
        "development_plans": m.many(
            12,
            lambda k: {
                "code": f"L{k}",
                "person": m.rng.choice(names),
                "documented_on": m.on(0.1),
                "last_reviewed_on": m.on(0.4),
                "closed_on": m.on(0.8),
                "measurable_goals": m.maybe(str(m.rng.randint(0, 3))),
            },
        ),
        "ideas": m.many(
            20,
            lambda k: {
                "code": f"J{k}",
                "team": m.rng.choice(TEAMS),
                "submitted_on": (day := m.day()).isoformat(),
                "implemented_on": m.maybe(m.after(day).isoformat(), 0.6),
            },
        ),
    }


def _customers(m: _Maker) -> dict[str, Rows]:
    def answer(k: int) -> Row:
        kind = m.rng.choice(("nps", "csat", "ces", "enps"))
        return {
            "code": f"Q{k}",
            "kind": kind,
            "audience": "employee" if kind == "enps" else m.rng.choice(("customer", "customer", "end_customer")),
            "respondent": m.maybe(f"U{m.rng.randrange(30)}"),
            "customer": "" if kind == "enps" else m.link(CUSTOMERS),
            "project": "" if kind == "enps" else m.link(PROJECTS),
            "service": "" if kind == "enps" else m.link(SERVICES),
            "team": m.link(TEAMS) if kind == "enps" else "",
            "answered_on": m.on(),
            "score": str(m.rng.randint(0, 10)) if kind in ("nps", "enps") else str(m.rng.randint(1, 5)),
            "scale_min": "0" if kind in ("nps", "enps") else "1",
            "scale_max": "10" if kind in ("nps", "enps") else "5",
        }

    initiatives = {f"N{k}": CUSTOMERS[k % 3] for k in range(5)}
    outcomes = {f"O{k}": f"N{k % 5}" for k in range(8)}
    claims = [
        {
            "project": project,
            "outcome": outcome,
            "valid_from": m.on(),
            "effect": m.amount(-5, 15),
            "evidence": m.rng.choice(("claimed", "before_after", "customer_confirmed")),
        }
        for project in PROJECTS
        for outcome in outcomes
        if m.rng.random() < 0.4
    ]
    return {
        "customers": [
            {"code": code, "acquired_on": m.maybe("2019-03-01", 0.1), "importance": m.maybe(m.amount(0, 4))}
            for code in CUSTOMERS
        ],
        "service_customers": [
            {"service": service, "customer": customer, "valid_from": (day := m.day(200)).isoformat(),
             "valid_to": m.maybe(m.after(day + timedelta(days=1), 300).isoformat(), 0.5)}
            for service in SERVICES for customer in CUSTOMERS if m.rng.random() < 0.7
        ],
        "initiatives": [
            {"code": code, "customer": customer, "weight": m.maybe(m.amount(0, 3)), "factor": "value"}
            for code, customer in initiatives.items()
        ],
        "outcomes": [
            {
                "code": code, "initiative": initiative, "baseline": "0", "target": m.rng.choice(("10", "-10", "0")),
                "weight": m.maybe(m.amount(0, 3)), "start_on": m.on(0.3), "due_on": "",
                "audience": m.rng.choice(("customer", "end_customer")),
            }
            for code, initiative in outcomes.items()
        ],
        "outcome_measurements": [
            {"outcome": code, "measured_on": day, "value": m.amount(-12, 12)}
            for code in outcomes for day in sorted({m.on() for _ in range(4)})
        ],
        "contributions": claims,
        "survey_responses": m.many(240, answer),
        "touchpoints": [
            {"customer": m.rng.choice(CUSTOMERS), "kind": f"k{k}", "due_on": (day := m.day()).isoformat(),
             "held_on": m.maybe(m.after(day, 14).isoformat(), 0.3)}
            for k in range(20)
        ],
        "reputation_signals": [
            {"source": m.rng.choice("xyz"), "observed_on": day, "score": m.amount(0, 100), "n": m.maybe("4")}
            for day in sorted({m.on() for _ in range(12)})
        ],
        "adoption": [
            {"customer": code, "service": m.link(SERVICES), "project": m.link(PROJECTS), "month": month,
             "entitled_users": str(users := m.rng.randint(0, 9)), "active_users": str(m.rng.randint(0, users))}
            for code, month in m.pairs(CUSTOMERS)
        ],
    }  # fmt: skip


def _money(m: _Maker) -> dict[str, Rows]:
    def contract(k: int) -> Row:
        ends = m.day()
        return {
            "code": f"T{k}",
            "customer": m.rng.choice(CUSTOMERS),
            "service": m.link(SERVICES),
            "starts_on": "2020-01-01",
            "ends_on": ends.isoformat(),
            "annual_value": m.amount(),
            "currency": m.currency(),
            "renewed_on": m.maybe((ends + timedelta(days=m.rng.randint(-40, 110))).isoformat(), 0.4),
            "terminated_on": m.maybe(ends.isoformat(), 0.8),
        }

    return {
        "contracts": m.many(24, contract),
        "revenue_events": m.many(
            24,
            lambda k: {
                "customer": m.rng.choice(CUSTOMERS),
                "code": f"V{k}",
                "kind": (kind := m.rng.choice(("new", "expansion", "contraction", "churn", "reactivation"))),
                "effective_on": m.on(),
                "delta_arr": m.amount(-20, 0) if kind in ("contraction", "churn") else m.amount(0, 20),
                "currency": m.currency(),
            },
        ),
        "ledger": [
            {
                "code": f"G{k}",
                "customer": m.link(CUSTOMERS),
                "service": m.link(SERVICES),
                "month": f"{m.rng.choice(('2024', '2025', '2026'))}-{m.rng.randint(1, 12):02d}",
                "account": m.rng.choice(
                    ("revenue", "revenue", "cogs", "opex", "capex", "operating_cash", "cash_balance")
                ),
                "amount": m.amount(-20, 60),
                "currency": m.currency(),
            }
            for k in range(160)
        ],
    }
