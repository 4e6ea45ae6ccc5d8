"""How each kind of published example is put to ePMO: as facts for a metric, or as numbers for a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np

from metrics.formulas.cashflow import monthly_rate_of_return, net_present_value, payback_months
from metrics.formulas.earned_schedule import earned_schedule
from metrics.formulas.forecast import finish_months
from metrics.formulas.index import IndexMetrics, customer_success_index, geometric_index, goalpost_scores
from metrics.formulas.relevance import Association, association, q_values
from metrics.formulas.shapley import shapley_values
from metrics.formulas.smoothing import smoothed
from metrics.formulas.spc import limits_around, moving_ranges, xmr_limits
from metrics.formulas.survival import grouped_kaplan_meier, survival_curve
from tests.metrics.builders import make_facts, measure

Inputs = Mapping[str, Any]
Results = dict[str, Any]
Calculation = Callable[[Inputs], Results]

MONTH = "2026-01"
DAY = "2026-01-15"
NOON = "2026-01-15T12:00Z"


def rows(count: float, **cells: object) -> list[dict[str, str]]:
    """The same row some times over, each with a code of its own."""
    made = [{name: "" if cell is None else str(cell) for name, cell in cells.items()} for _ in range(round(count))]
    label = "-".join(made[0].values()) if made else ""
    return [{"code": f"{label}-{number}", **row} for number, row in enumerate(made)]


def value_of(key: str, component: str = "", period: str = MONTH, as_of: str = "2026-07-10", **feeds: Any) -> float:
    """Value of the enterprise in one period, from facts."""
    found = measure(make_facts(**feeds), key, as_of=as_of).at(period, component=component)
    assert found.value is not None, found
    return found.value


# shares of things counted: numerator and denominator become that many rows


def adoption_rate(case: Inputs) -> Results:
    users = {"customer": "C-1", "month": MONTH, "active_users": str(case["numerator"])}
    return {"value": value_of("adoption_rate", adoption=[{**users, "entitled_users": str(case["denominator"])}])}


def customer_effort_score(case: Inputs) -> Results:
    """A sum of scores over so many answers on 1 to 7: the two whole scores around the mean, mixed to that sum."""
    low, above = divmod(case["numerator"], case["denominator"])
    fields = {"kind": "ces", "scale_min": 1, "scale_max": 7, "answered_on": DAY}
    answers = rows(case["denominator"] - above, score=low, **fields) + rows(above, score=low + 1, **fields)
    return {"value": value_of("customer_effort_score", survey_responses=answers)}


def change_fail_rate(case: Inputs) -> Results:
    failed, all_ = case["numerator"], case["denominator"]
    deployed = rows(failed, deployed_at=NOON, failed="true") + rows(all_ - failed, deployed_at=NOON, failed="false")
    return {"value": value_of("change_fail_rate", deployments=deployed)}


def recovery_hours(case: Inputs) -> Results:
    deployed = rows(1, deployed_at=case["start"], restored_at=case["end"], failed="true")
    return {"hours": value_of("change_fail_rate", "recovery_hours_median", deployments=deployed)}


def satisfaction_share(case: Inputs) -> Results:
    counts = {"5": case["numerator"], "1": case["denominator"] - case["numerator"]}
    return {"value": satisfaction({"counts": counts})["value"] / 100}


def satisfaction(case: Inputs) -> Results:
    fields = {"kind": "csat", "scale_min": 1, "scale_max": 5, "answered_on": DAY}
    answers = [row for score, count in case["counts"].items() for row in rows(count, score=score, **fields)]
    return {"value": value_of("customer_satisfaction", survey_responses=answers)}


def promoter_score(key: str, **fields: str) -> Calculation:
    def calculate(case: Inputs) -> Results:
        scores = {10: case["promoters"], 8: case["passives"], 3: case["detractors"]}
        answers = [row for score, n in scores.items() for row in rows(n, score=score, answered_on=DAY, **fields)]
        return {"value": value_of(key, survey_responses=answers)}

    return calculate


def escaped_defect_rate(case: Inputs) -> Results:
    escaped, all_ = case["numerator"], case["denominator"]
    fields = {"introduced_release": "R-1", "opened_at": NOON}
    found = rows(escaped, found_phase="after_release", **fields)
    found += rows(all_ - escaped, found_phase="before_release", **fields)
    released = [{"code": "R-1", "released_at": f"{MONTH}-10T12:00Z"}]
    return {"value": value_of("escaped_defect_rate", defects=found, releases=released)}


def milestones_on_time(case: Inputs) -> Results:
    on_time, due = case["numerator"], case["denominator"]
    planned = {"project": "P-1", "baseline_on": DAY}
    milestones = rows(on_time, actual_on=DAY, **planned) + rows(due - on_time, actual_on=None, **planned)
    return {"value": value_of("milestones_on_time_rate", milestones=milestones)}


def utilisation(case: Inputs) -> Results:
    """Five people alike, because fewer are suppressed."""
    people = [f"H-{number}" for number in range(5)]
    booked = [{"person": who, "project": "P-1", "month": MONTH, "hours": str(case["numerator"])} for who in people]
    capacity = [{"person": who, "month": MONTH, "hours": str(case["denominator"])} for who in people]
    return {"value": value_of("resource_utilisation", person_months=booked, capacity=capacity)}


def turnover(case: Inputs) -> Results:
    """Leavers of the last day, so that the average headcount of the month is the whole number published."""
    leavers, heads = case["numerator"], case["denominator"]
    left = rows(leavers, left_on=f"{MONTH}-31", exit_reason="voluntary")
    return {"value": value_of("voluntary_turnover_rate", people=left + rows(heads - leavers))}


def renewal_rate(case: Inputs) -> Results:
    renewed, due = case["n_renewed"], case["n_due"]
    contracts = rows(renewed, ends_on=DAY, renewed_on=DAY) + rows(due - renewed, ends_on=DAY, renewed_on=None)
    return {"logo_renewal_rate": value_of("renewal_rate", contracts=contracts)}


def planned_share(case: Inputs) -> Results:
    """State on the day after `as_of_end_of`, whose end is meant."""
    until = date.fromisoformat(case["as_of_end_of"]).toordinal() + 1
    outcome = {"code": "O-1", "start_on": case["start_on"], "due_on": case["end_on_exclusive"]}
    measured = [{"outcome": "O-1", "measured_on": case["start_on"], "value": "1"}]
    as_of, period = date.fromordinal(until).isoformat(), case["start_on"][:7]
    planned = value_of(
        "outcome_attainment", "planned", period, as_of, outcomes=[outcome], outcome_measurements=measured
    )
    return {"planned": planned}


# money


def ledger(key: str, component: str = "", **amounts: float) -> float:
    booked = [
        row for account, amount in amounts.items() for row in rows(1, month=MONTH, account=account, amount=amount)
    ]
    return value_of(key, component, ledger=booked)


def gross_margin(case: Inputs) -> Results:
    return {"margin": ledger("gross_margin", revenue=case["revenue"], cogs=case["cost"])}


def operating_margin(case: Inputs) -> Results:
    costs = case["denominator"] - case["numerator"]
    return {"value": ledger("operating_margin", revenue=case["denominator"], cogs=costs / 2, opex=costs / 2)}


def runway(case: Inputs) -> Results:
    burn = case["monthly_net_burn"]
    return {"value": ledger("free_cash_flow", "runway_months", cash_balance=case["cash"], operating_cash=-burn)}


def net_burn(case: Inputs) -> Results:
    """What is burnt is the free cash flow with its sign turned."""
    return {"value": -ledger("free_cash_flow", operating_cash=case["revenue"] - case["gross_burn"])}


def revenue_events(case: Inputs) -> list[dict[str, str]]:
    """One customer for each movement: what leaves was there, and what grows does not hide it."""
    lost = {kind: case.get(kind, 0) for kind in ("contraction", "churn")}
    events = [
        {"customer": kind, "code": "E1", "effective_on": "2025-06-01", "kind": "new", "delta_arr": str(2 * amount)}
        for kind, amount in lost.items()
        if amount
    ]
    rest = case["start"] - 2 * sum(lost.values())
    events.append(
        {"customer": "rest", "code": "E1", "effective_on": "2025-06-01", "kind": "new", "delta_arr": str(rest)}
    )
    moved = {"new": case.get("new", 0), "expansion": case.get("expansion", 0), **{k: -v for k, v in lost.items()}}
    where = {"new": "fresh", "expansion": "rest", "contraction": "contraction", "churn": "churn"}
    events += [
        {"customer": where[kind], "code": "E2", "effective_on": DAY, "kind": kind, "delta_arr": str(amount)}
        for kind, amount in moved.items()
        if amount
    ]
    return events


def retention(case: Inputs) -> Results:
    events = revenue_events(case)
    return {
        "grr": value_of("gross_revenue_retention", revenue_events=events),
        "nrr": value_of("net_revenue_retention", revenue_events=events),
    }


def waterfall(case: Inputs) -> Results:
    return {"ending": value_of("recurring_revenue", revenue_events=revenue_events(case))}


# delivery


def earned_value(case: Inputs) -> Results:
    """One reported month, the rest of the budget planned for the next."""
    now = {"month": MONTH, "planned_value": case["pv"], "earned_value": case["ev"], "actual_cost": case["ac"]}
    later = {"month": "2026-02", "planned_value": case["bac"] - case["pv"]}
    months = [{"project": "P-1", **{name: str(cell) for name, cell in row.items()}} for row in (now, later)]
    values = measure(make_facts(project_months=months), "cost_performance_index")
    components = {
        "cpi": "", "spi": "schedule_performance_index", "cv": "cost_variance", "sv": "schedule_variance",
        "eac_cpi": "estimate_at_completion", "tcpi_bac": "to_complete_index",
    }  # fmt: skip
    found = {name: values.at(MONTH, component=component).value for name, component in components.items()}
    return {**found, "etc_cpi": found["eac_cpi"] - case["ac"]}


def schedule(case: Inputs) -> Results:
    """All of it earned in the first month, a last report of nothing more in month `at`."""
    planned = np.diff([0, *case["pv_cum"]])
    reported = np.arange(planned.size) < case.get("at", 1)
    earned = np.where(np.arange(planned.size) == 0, case["ev"], 0.0)
    found = earned_schedule([planned], [earned], [reported], [0])
    es, at = float(found.earned[0, -1]), float(found.actual[0, -1])
    forecast = float(finish_months(case.get("pd", planned.size), es / at))
    return {"es": es, "sv_t": es - at, "spi_t": es / at, "ieac_t": forecast}


# quality


def conformance(defects: float, units: float, opportunities: float) -> Results:
    feeds = {
        "standards": [{"code": "Q1", "kind": "quality", "opportunities_per_unit": str(opportunities)}],
        "standard_checks": rows(1, standard="Q1", checked_on=DAY, units=units, defects=defects),
    }
    return {
        "dpmo": value_of("process_conformance_rate", "defects_per_million", **feeds),
        "sigma_level": value_of("process_conformance_rate", "sigma_level", **feeds),
    }


def per_million(case: Inputs) -> Results:
    return conformance(case["defects"], case["units"], case["opportunities"])


def sigma_of(case: Inputs) -> Results:
    return conformance(case["dpmo"], 1e6, 1)


def per_million_of_sigma(case: Inputs) -> Results:
    """The defects per million whose sigma level is the one given, found by halving: the level falls as they rise."""
    low, high = 0.0, 1e6
    for _ in range(40):
        middle = (low + high) / 2
        if sigma_of({"dpmo": middle})["sigma_level"] > case["sigma_level"]:
            low = middle
        else:
            high = middle
    return {"dpmo": low}


def minutes_lost(case: Inputs) -> Results:
    """Each event hits that many customers for that many minutes, on a day of its own."""
    customers = [f"C-{number}" for number in range(case["customers_served"])]
    served = [{"service": "S-1", "customer": who, "valid_from": "2025-01-01"} for who in customers]
    incidents, impacts = [], []
    for number, (hit, lasted) in enumerate(case["events"]):
        day = f"{MONTH}-{number + 1:02}"
        incidents.append({"code": str(number), "started_at": f"{day}T10:00Z", "restored_at": f"{day}T10:{lasted:02}Z"})
        impacts += [{"incident": str(number), "customer": who} for who in customers[:hit]]
    facts = make_facts(service_customers=served, incidents=incidents, incident_impacts=impacts)
    values = measure(facts, "customer_minutes_lost", first="2026-01-01")
    components = {
        "saidi": "", "saifi": "interruptions_per_customer",
        "caidi": "minutes_per_interruption", "customer_minutes": "customer_minutes",
    }  # fmt: skip
    return {name: values.at(MONTH, component=component).value for name, component in components.items()}


# methods


def shapley(case: Inputs) -> Results:
    """`v` names coalitions by their players, counted from 1; what it leaves out is worth nothing."""
    worth = np.zeros(1 << case["n"])
    for players, value in case["v"].items():
        worth[sum(1 << (int(player) - 1) for player in players.split(","))] = value
    return {"values": shapley_values(worth)}


def shapley_of(worth: Callable[[list[float]], float], key: str) -> Calculation:
    def calculate(case: Inputs) -> Results:
        players = case[key]
        coalitions = {
            ",".join(str(member + 1) for member in members): worth([players[member] for member in members])
            for size in range(1, len(players) + 1)
            for members in combinations(range(len(players)), size)
        }
        return shapley({"n": len(players), "v": coalitions})

    return calculate


def voting(case: Inputs) -> Results:
    majority = sum(case["seats"]) / 2
    return shapley_of(lambda seats: float(sum(seats) > majority), "seats")(case)


def goalposts(case: Inputs) -> Results:
    worst, best = (case["low"], case["high"])[:: case.get("direction", 1)]
    return {"score": goalpost_scores(case["value"], worst, best) / 100}


def distance_to_target(case: Inputs) -> Results:
    return {"scores": goalpost_scores(case["values"], max(case["values"]), case["target"]) / 100}


def mean(case: Inputs) -> Results:
    """The arithmetic mean is that inside a factor; the geometric one is that over four factors of equal weight."""
    values, weights = case["values"], case["weights"]
    if case["kind"] == "geometric":
        factors = np.repeat(values, weights).astype(float)
        return {"value": geometric_index(np.append(factors, [np.exp(np.log(factors).mean())] * (4 - factors.size)))}
    places = len(values)
    metrics = IndexMetrics(
        worst=np.zeros(places), best=np.full(places, 100.0), weight=np.array(weights, dtype=float),
        factor=np.zeros(places, dtype=np.int64), financial=np.zeros(places, dtype=bool),
    )  # fmt: skip
    return {"value": customer_success_index(metrics, [values], True).factor[0, 0]}


def kaplan_meier(case: Inputs) -> Results:
    durations, events = case["durations"], case["events"]
    curve = survival_curve(durations, events)
    steps = curve.events > 0
    whole = grouped_kaplan_meier(np.zeros(len(durations), dtype=int), durations, events, 1)
    return {
        "survival": whole.survival,
        "curve_times": curve.time[steps],
        "n_risk": curve.at_risk[steps],
        "median": whole.median()[0],
        "survival_at": [whole.at(t)[0] for t in case.get("at", [])],
    }


def smoothing(case: Inputs) -> Results:
    errors, ahead = smoothed(case["y"], case["alpha"])
    return {"forecast": ahead[-1, 0], "mse": np.mean(errors[1:] ** 2)}


def false_discovery(case: Inputs) -> Results:
    adjusted = q_values([Association(n=12, lag=0, rho=0.5, p=p, rho_by_lag=(0.5,)) for p in case["p"]])
    return {"adjusted": adjusted, "reject_05": [q <= 0.05 for q in adjusted]}


def rank_correlation(case: Inputs) -> Results:
    return {"rho": association([case["x"]], [case["y"]], seed=1).rho_by_lag[0]}


def control_chart(case: Inputs) -> Results:
    if "values" in case:
        limits, ranges = xmr_limits(case["values"]), moving_ranges(case["values"])
    else:
        ranges = np.array(case["moving_ranges"])
        limits = limits_around(case["mean"], float(ranges.mean()))
    return {
        "center": limits.centre, "mr_bar": limits.mean_range, "unpl": limits.high, "lnpl": limits.low,
        "url": limits.range_limit, "mr_beyond_limit": (np.flatnonzero(ranges > limits.range_limit) + 1).tolist(),
    }  # fmt: skip


def present_value(case: Inputs) -> Results:
    """A rate per period, so the rate a year is that of twelve of them."""
    return {"npv": net_present_value([case["cashflows"]], [0], annual_rate=(1 + case["rate"]) ** 12 - 1)[0, -1]}


def rate_of_return(case: Inputs) -> Results:
    return {"irr": monthly_rate_of_return(case["cashflows"])[0]}


def payback(case: Inputs) -> Results:
    """Published as periods after the outlay; ours counts the month of the outlay as 1."""
    return {"payback": payback_months([case["cashflows"]], [0])[0, -1] - 1}


RATIOS: dict[str, Calculation] = {
    "adoption_rate": adoption_rate,
    "change_fail_rate": change_fail_rate,
    "customer_effort_score": customer_effort_score,
    "customer_satisfaction": satisfaction_share,
    "escaped_defect_rate": escaped_defect_rate,
    "milestones_on_time_rate": milestones_on_time,
    "operating_margin": operating_margin,
    "resource_utilisation": utilisation,
    "voluntary_turnover_rate": turnover,
}
"""Calculation "ratio", by metric."""

CALCULATIONS: dict[str, Calculation] = {
    "agg": mean,
    "bh": false_discovery,
    "csat": satisfaction,
    "dist_to_target": distance_to_target,
    "dpmo": per_million,
    "dpmo_from_sigma": per_million_of_sigma,
    "duration_h": recovery_hours,
    "earned_schedule": schedule,
    "evm": earned_value,
    "goalposts": goalposts,
    "irr": rate_of_return,
    "km": kaplan_meier,
    "linear_plan": planned_share,
    "margin": gross_margin,
    "net_burn": net_burn,
    "npv": present_value,
    "payback": payback,
    "renewal": renewal_rate,
    "retention": retention,
    "runway": runway,
    "saidi": minutes_lost,
    "ses": smoothing,
    "ses_mse": smoothing,
    "shapley": shapley,
    "shapley_airport": shapley_of(max, "costs"),
    "shapley_voting": voting,
    "sigma_from_dpmo": sigma_of,
    "spearman": rank_correlation,
    "waterfall": waterfall,
    "xmr": control_chart,
}
SCORES: dict[str, Calculation] = {
    "net_promoter_score": promoter_score("net_promoter_score", kind="nps"),
    "employee_net_promoter_score": promoter_score("employee_net_promoter_score", kind="enps", audience="employee"),
}
"""Calculation "nps", by metric."""


def calculation(metric: str, calc: str) -> Calculation:
    """The calculation of a case."""
    return {"ratio": RATIOS, "nps": SCORES}[calc][metric] if calc in ("ratio", "nps") else CALCULATIONS[calc]
