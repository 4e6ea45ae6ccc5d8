"""The catalogue read a second time, row by row in exact fractions: slow, and without a line in common with the engine.

Each function answers {component: Row} for one scope and period, given the rows as text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from metrics.periods import Period
from tests.metrics.builders import MISSING_RATE, NO_DATA, FakeFacts, Row, ok, undefined

Rows = list[dict[str, str]]


def number(cell: str) -> Fraction:
    return Fraction(cell)


def day(cell: str) -> date | None:
    return date.fromisoformat(cell if len(cell) > 7 else f"{cell}-01") if cell else None


@dataclass
class Question:
    """One scope (a set of project or customer codes, None for all) and one period."""

    facts: FakeFacts
    period: Period
    as_of: date
    codes: set[str] | None = None

    @property
    def start(self) -> date:
        return self.period.start

    @property
    def cut(self) -> date:
        return min(self.period.end, self.as_of)

    def holds(self, when: date | None) -> bool:
        return when is not None and self.start <= when < self.cut

    def rows(self, feed: str, column: str = "project") -> Rows:
        return [row for row in self.facts.rows[feed] if self.codes is None or row.get(column) in self.codes]

    def rate(self, currency: str, when: date) -> Fraction | None:
        if currency == "EUR":
            return Fraction(1)
        for row in self.facts.rows["fx_rates"]:
            if row["currency"] == currency and row["month"] == f"{when:%Y-%m}":
                return number(row["rate"])
        return None

    def project(self, code: str) -> dict[str, str]:
        return next(row for row in self.facts.rows["projects"] if row["code"] == code)

    def projects(self) -> Rows:
        return self.rows("projects", "code")


class MissingRateError(Exception):
    """A rate that a value needs is not there."""


def _sum(q: Question, rows: Rows, column: str, at: Callable[[dict[str, str]], date | None] | None = None) -> Fraction:
    """Money of project rows in base currency."""
    total = Fraction(0)
    for row in rows:
        when = at(row) if at else day(row["month"])
        rate = q.rate(q.project(row["project"])["currency"], when)
        if rate is None:
            raise MissingRateError
        if row.get(column):
            total += number(row[column]) * rate
    return total


def _quotient(top: Fraction, bottom: Fraction, n: int) -> Row:
    if bottom == 0:
        return undefined("zero_denominator", float(top), 0, n)
    return ok(float(top / bottom), float(top), float(bottom), n)


def _reported(row: dict[str, str]) -> bool:
    return bool(row.get("earned_value")) and bool(row.get("actual_cost"))


def _taking_part(q: Question) -> dict[str, Rows]:
    """All rows of each project that reports in the period."""
    months = q.rows("project_months")
    part = {row["project"] for row in months if _reported(row) and q.holds(day(row["month"]))}
    return {code: [row for row in months if row["project"] == code] for code in sorted(part)}


def cost_performance_index(q: Question) -> dict[str, Row]:
    names = (
        "",
        "schedule_performance_index",
        "cost_variance",
        "schedule_variance",
        "budget_at_completion",
        "estimate_at_completion",
        "variance_at_completion",
        "to_complete_index",
    )
    part = _taking_part(q)
    rows = [row for mine in part.values() for row in mine]
    n = len(part)
    broken = False
    found = dict.fromkeys(names, NO_DATA)
    if n:
        past = [row for row in rows if day(row["month"]) < q.cut]
        done = [row for row in past if _reported(row)]
        try:
            ev, ac, pv = (_sum(q, done, column) for column in ("earned_value", "actual_cost", "planned_value"))
            planned = [row for row in rows if row.get("planned_value")]
            bac = _sum(q, [row for row in planned if row in past], "planned_value")
            later = [row for row in planned if row not in past]
            bac += _sum(q, later, "planned_value", lambda row: q.cut - timedelta(days=1))
        except MissingRateError:
            broken = True
            found = dict.fromkeys(names, MISSING_RATE)
        else:
            none = undefined("zero_denominator", n=n)
            found = {
                "": _quotient(ev, ac, n),
                "schedule_performance_index": _quotient(ev, pv, n),
                "cost_variance": ok(float(ev - ac), n=n),
                "schedule_variance": ok(float(ev - pv), n=n),
                "budget_at_completion": ok(float(bac), n=n),
                "estimate_at_completion": ok(float(bac * ac / ev), n=n) if ev and ac else none,
                "variance_at_completion": ok(float(bac - bac * ac / ev), n=n) if ev and ac else none,
                "to_complete_index": _quotient(bac - ev, bac - ac, n)
                if bac > ac
                else undefined("zero_denominator", float(bac - ev), float(bac - ac), n),
            }
    found["projects_on_budget_rate"] = _on_budget(q, broken)
    return found


def _on_budget(q: Question, broken: bool) -> Row:
    due = within = 0
    for project in q.projects():
        finish = day(project.get("actual_finish_on", ""))
        paid = [
            row
            for row in q.facts.rows["project_months"]
            if row["project"] == project["code"] and row.get("actual_cost") and day(row["month"]) < q.cut
        ]
        if not q.holds(finish) or not project.get("budget") or not paid:
            continue
        due += 1
        rate = q.rate(project["currency"], finish)
        try:
            cost = _sum(q, paid, "actual_cost")
        except MissingRateError:
            broken = True
            continue
        if rate is None:
            broken = True
            continue
        within += cost <= number(project["budget"]) * rate
    if not due:
        return NO_DATA
    return MISSING_RATE if broken else _quotient(Fraction(within), Fraction(due), due)


def schedule_performance_index_time(q: Question) -> dict[str, Row]:
    earned = actual = Fraction(0)
    n = 0
    for rows in _taking_part(q).values():
        places = {Period.containing("month", day(row["month"])).ordinal: row for row in rows}
        first, last = min(places), max(places)
        curve = [Fraction(0)]
        for place in range(first, last + 1):
            curve.append(curve[-1] + number(places.get(place, {}).get("planned_value") or "0"))
        if curve[-1] == 0:
            continue
        done = {place: row for place, row in places.items() if _reported(row) and day(row["month"]) < q.cut}
        value = sum(number(row["earned_value"]) for row in done.values())
        n += 1
        actual += max(done) - first + 1
        if value >= curve[-1]:
            earned += next(k for k, plan in enumerate(curve) if plan >= curve[-1])
        else:
            c = max(k for k, plan in enumerate(curve) if plan <= value)
            earned += c + (value - curve[c]) / (curve[c + 1] - curve[c])
    if not n:
        return dict.fromkeys(("", "earned_schedule_months", "actual_months"), NO_DATA)
    return {
        "": _quotient(earned, actual, n),
        "earned_schedule_months": ok(float(earned), n=n),
        "actual_months": ok(float(actual), n=n),
    }


def _runs(project: dict[str, str], start: date, cut: date) -> bool:
    begun, finish = day(project.get("actual_start_on", "")), day(project.get("actual_finish_on", ""))
    return begun is not None and begun < cut and (finish is None or finish >= start)


def resource_priority_alignment(q: Question) -> dict[str, Row]:
    rows = [row for row in q.rows("person_months") if row.get("project") and q.holds(day(row["month"]))]
    hours: dict[str, Fraction] = {}
    for row in rows:
        hours[row["project"]] = hours.get(row["project"], Fraction(0)) + number(row["hours"])
    weights = {p["code"]: number(p.get("priority") or "0") for p in q.projects() if _runs(p, q.start, q.cut)}
    if not rows:
        return dict.fromkeys(("", "hours_without_outcome"), NO_DATA)
    booked = {code for code, spent in hours.items() if spent}
    n = len(booked | {code for code, weight in weights.items() if weight})
    h, w = sum(hours.values()), sum(weights.values())
    claimed = {row["project"] for row in q.facts.rows["contributions"] if day(row["valid_from"]) < q.cut}
    lost = sum((spent for code, spent in hours.items() if code not in claimed), Fraction(0))
    overlap = undefined("zero_denominator", n=n)
    if h and w:
        share = sum(min(hours.get(code, Fraction(0)) / h, weight / w) for code, weight in weights.items())
        overlap = ok(float(share), float(share), 1, n)
    return {"": overlap, "hours_without_outcome": _quotient(lost, Fraction(h), len(booked))}


def status_reporting_rate(q: Question) -> dict[str, Row]:
    reports = [(row["project"], day(row["reported_on"]), row.get("rag", "")) for row in q.rows("status_reports")]
    due = done = 0
    for month in q.period.months():
        if month.end > q.cut:
            continue
        for project in q.projects():
            if _runs(project, month.start, month.end):
                due += 1
                done += any(code == project["code"] and month.start <= when < month.end for code, when, _ in reports)
    latest: dict[str, tuple[date, str]] = {}
    for code, when, rag in reports:
        if q.holds(when):
            latest[code] = max(latest.get(code, (when, rag)), (when, rag))
    red = sum(rag == "red" for _, rag in latest.values())
    return {
        "": _quotient(Fraction(done), Fraction(due), due) if due else NO_DATA,
        "red_share": _quotient(Fraction(red), Fraction(len(latest)), len(latest)) if latest else NO_DATA,
    }


def _balance(q: Question, customer: str, until: date) -> Fraction | None:
    """Recurring revenue before a day; None when a rate is missing."""
    total = Fraction(0)
    for row in q.facts.rows["revenue_events"]:
        if row["customer"] == customer and day(row["effective_on"]) < until:
            rate = q.rate(row["currency"], day(row["effective_on"]))
            if rate is None:
                return None
            total += number(row["delta_arr"]) * rate
    return total


def _retained(q: Question, kept: Callable[[Fraction, Fraction], Fraction]) -> Row:
    top = bottom = Fraction(0)
    n, broken = 0, False
    for customer in sorted({row["customer"] for row in q.rows("revenue_events", "customer")}):
        opening, closing = _balance(q, customer, q.start), _balance(q, customer, q.cut)
        if opening is None or (opening > 0 and closing is None):
            broken = True
        elif opening > 0:
            n += 1
            top, bottom = top + kept(opening, closing), bottom + opening
    if broken:
        return MISSING_RATE
    return _quotient(top, bottom, n) if n else NO_DATA


def gross_revenue_retention(q: Question) -> dict[str, Row]:
    return {"": _retained(q, lambda opening, closing: min(max(closing, Fraction(0)), opening))}


def net_revenue_retention(q: Question) -> dict[str, Row]:
    return {
        "": _retained(q, lambda opening, closing: max(closing, Fraction(0))),
        "expansion_share": _retained(q, lambda opening, closing: max(closing - opening, Fraction(0))),
    }


def return_on_investment(q: Question) -> dict[str, Row]:
    costs = [row for row in q.rows("project_months") if row.get("actual_cost") and day(row["month"]) < q.cut]
    gains = [row for row in q.rows("benefits") if row.get("realised") and day(row["month"]) < q.cut]
    names = ("", "net_present_value", "payback_months")
    if not costs or not gains:
        return dict.fromkeys(names, NO_DATA)
    n = len(costs) + len(gains)
    flows: dict[int, Fraction] = {}
    try:
        for rows, column, sign in ((costs, "actual_cost", -1), (gains, "realised", 1)):
            for row in rows:
                place = Period.containing("month", day(row["month"])).ordinal
                flows[place] = flows.get(place, Fraction(0)) + sign * _sum(q, [row], column)
        spent, realised = _sum(q, costs, "actual_cost"), _sum(q, gains, "realised")
    except MissingRateError:
        return dict.fromkeys(names, MISSING_RATE)
    first = min(flows)
    present = sum(float(flow) / 1.08 ** ((place - first) / 12) for place, flow in flows.items())
    last = Period.containing("month", q.cut - timedelta(days=1)).ordinal
    paid = undefined("not_reached", n=n)
    for place in range(first + 1, last + 1):
        if sum(flow for when, flow in flows.items() if when <= place) >= 0:
            paid = ok(place - first + 1, n=n)
            break
    index = _quotient(realised - spent, spent, n)
    if spent <= 0:
        index = undefined("zero_denominator", float(realised - spent), float(spent), n)
    return {"": index, "net_present_value": ok(present, n=n), "payback_months": paid}
