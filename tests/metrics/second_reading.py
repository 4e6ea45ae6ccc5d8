"""Index, its change, colours, rule 360 and the rows behind values read a second time: plain loops over text rows.

Nothing here shares a line with the engine but the catalogue's declarations. Rows are dictionaries of text as delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp, log
from typing import Final

from metrics.periods import Period
from metrics.registry import Metric, metrics

Row = dict[str, str]
Company = Mapping[str, list[Row]]
FACTORS: Final = ("quality", "performance", "value", "compliance")


@dataclass(frozen=True)
class IndexReading:
    """Index of one scope and period with its parts; None where a factor has no score, absent where it has no part."""

    index: float | None
    factors: dict[str, float | None]
    coverage: dict[str, float]
    scores: dict[str, float]
    weights: dict[str, float]

    def part(self, metric: str) -> float:
        """Weight of a metric in its factor times its score."""
        return self.weights.get(metric, 0.0) * self.scores.get(metric, 0.0)


def read_index(usable: Mapping[str, float], kind: str) -> IndexReading:
    """From the usable headline values of a scope of a kind."""
    listed = [entry for entry in metrics().values() if entry.index is not None and kind in entry.scopes]
    scores = {}
    for entry in listed:
        if entry.key in usable:
            post = entry.index
            way = (usable[entry.key] - post.worst) / (post.best - post.worst)
            scores[entry.key] = 100 * max(0.0, min(1.0, way))
    factors: dict[str, float | None] = {}
    coverage, weights = {}, {}
    for factor in FACTORS:
        mine = [entry for entry in listed if entry.factor == factor]
        there = [entry for entry in mine if entry.key in scores]
        whole = sum(entry.index.weight for entry in mine)
        coverage[factor] = sum(entry.index.weight for entry in there) / whole if whole else 0.0
        shares = _capped(there)
        has_score = coverage[factor] > 0.6 - 1e-9 and bool(shares)
        factors[factor] = sum(share * scores[key] for key, share in shares.items()) if has_score else None
        weights.update(shares if has_score else {})
    index = None
    if None not in factors.values():
        index = exp(sum(0.25 * log(max(1.0, score)) for score in factors.values() if score is not None))
    return IndexReading(index, factors, coverage, scores, weights)


def _capped(there: list[Metric]) -> dict[str, float]:
    """Shares that add to 1, money with at most 40 % of them; none where money stands alone."""
    money = sum(entry.index.weight for entry in there if entry.family == "financial")
    other = sum(entry.index.weight for entry in there) - money
    if other == 0:
        return {}
    is_cut = money > 0.4 * (money + other)
    weights = {
        entry.key: entry.index.weight * (other / money * 0.4 / 0.6 if is_cut and entry.family == "financial" else 1.0)
        for entry in there
    }
    return {key: weight / sum(weights.values()) for key, weight in weights.items()}


def read_change(before: IndexReading, after: IndexReading) -> dict[tuple[str, str], float]:
    """Points by (factor, metric): ("", "") is the index, (factor, "") the factor; nothing without both indices."""
    if before.index is None or after.index is None:
        return {}

    def mean(a: float, b: float) -> float:
        return a if abs(a - b) < 1e-12 * a else (a - b) / (log(a) - log(b))

    points = {("", ""): after.index - before.index}
    for factor in FACTORS:
        now, then = (max(1.0, reading.factors[factor] or 0.0) for reading in (after, before))
        scale = mean(after.index, before.index) * 0.25
        points[factor, ""] = scale * log(now / then)
        left = points[factor, ""]
        for key, entry in metrics().items():
            if entry.factor == factor and (key in before.weights or key in after.weights):
                points[factor, key] = scale / mean(now, then) * (after.part(key) - before.part(key))
                left -= points[factor, key]
        if abs(left) > 1e-9:
            points[factor, "floor"] = left
    return points


def read_colour(value: float, targets: Iterable[Row], metric: str, kind: str, scope: str, cut: date) -> str:
    """Colour of a headline at T (`cut`); a value that only the last bit keeps off a border lies on it."""
    entry, best = metrics()[metric], None
    for row in targets:
        if row["metric"] != metric or row["component"] or date.fromisoformat(row["valid_from"]) >= cut:
            continue
        if row["scope_kind"] not in ("", kind) or row["scope"] not in ("", scope):
            continue
        rank = (bool(row["scope"]), bool(row["scope_kind"]), row["valid_from"])
        if best is None or rank > best[0]:
            best = rank, row
    green, amber, direction = entry.green, entry.amber, entry.direction
    if best is not None:
        green, amber = float(best[1]["green"]), float(best[1]["amber"])
        direction = best[1]["direction"] or direction
    if green is None or amber is None:
        return ""

    def holds(limit: float | tuple[float, float]) -> bool:
        low, high = limit if isinstance(limit, tuple) else (limit, limit)
        slack = 1e-9 * max(1.0, abs(low), abs(high))
        return (direction == "lower" or value >= low - slack) and (direction == "higher" or value <= high + slack)

    return "green" if holds(green) else "amber" if holds(amber) else "red"


def missing_families(kind: str, usable: Iterable[str], at_enterprise: Iterable[str]) -> list[str]:
    """Families without a usable headline beside money; longevity may be the enterprise's."""
    here = {metrics()[key].family for key in usable}
    if kind != "enterprise" and any(metrics()[key].family == "longevity" for key in at_enterprise):
        here.add("longevity")
    return [family for family in ("tactical", "value_creation", "longevity") if family not in here]


@dataclass(frozen=True)
class Asked:
    """One scope and period of a company."""

    company: Company
    kind: str
    scope: str
    period: Period
    as_of: date

    @property
    def cut(self) -> date:
        return min(self.period.end, self.as_of)

    def holds(self, cell: str) -> bool:
        """Whether a day, month or instant (in UTC) lies in the period, before T."""
        return bool(cell) and self.period.start <= day(cell) < self.cut

    def rows(self, feed: str) -> list[Row]:
        """Rows of the feed that belong to the scope."""
        return [row for row in self.company[feed] if self._has(row)]

    def _has(self, row: Row) -> bool:
        if self.kind == "enterprise":
            return True
        if self.kind in ("portfolio", "program"):
            project = row.get("project", "")
            return bool(project) and self.scope in self._above(self.find("projects", project)["portfolio"])
        if self.kind == "team":
            service = row.get("service", "")
            return bool(service) and self.find("services", service).get("team") == self.scope
        return row.get(self.kind) == self.scope

    def _above(self, code: str) -> list[str]:
        return [code, *self._above(self.find("portfolios", code)["parent"])] if code else []

    def find(self, feed: str, code: str) -> Row:
        return next(row for row in self.company[feed] if row["code"] == code)


def day(cell: str) -> date:
    return date.fromisoformat(cell[:10] if len(cell) > 7 else f"{cell}-01")


Behind = tuple[list[Row], list[Row]]
"""Rows of the numerator, rows of the denominator."""


def _milestones(q: Asked) -> Behind:
    due = [
        row
        for row in q.rows("milestones")
        if q.holds(row["baseline_on"]) and not (row["cancelled_on"] and day(row["cancelled_on"]) < q.cut)
    ]
    reached = [row for row in due if row["actual_on"] and day(row["actual_on"]) < q.cut]
    return [row for row in reached if row["actual_on"] <= row["baseline_on"]], due


def _touchpoints(q: Asked) -> Behind:
    held, decided = [], []
    for row in q.rows("touchpoints"):
        if q.holds(row["due_on"]):
            last = day(row["due_on"]) + timedelta(days=7)
            in_time = bool(row["held_on"]) and day(row["held_on"]) <= last and day(row["held_on"]) < q.cut
            held += [row] if in_time else []
            decided += [row] if in_time or last < q.cut else []
    return held, decided


def _defects(q: Asked) -> Behind:
    fixed, due = [], []
    for row in q.rows("defects"):
        out = q.find("releases", row["release"])["released_at"] if row["release"] else ""
        if row["validity"] == "valid" and q.holds(out) and moment(row["opened_at"]) < moment(out):
            due.append(row)
            fixed += [row] if row["fixed_at"] and moment(row["fixed_at"]) <= moment(out) else []
    return fixed, due


def moment(cell: str) -> datetime:
    return datetime.fromisoformat(cell)


def _deployments(q: Asked) -> Behind:
    known = [row for row in q.rows("deployments") if row["failed"] and q.holds(row["deployed_at"])]
    return [row for row in known if row["failed"] == "true"], known


def _contracts(q: Asked) -> Behind:
    due = [row for row in q.rows("contracts") if q.holds(row["ends_on"])]
    renewed = [row for row in due if row["renewed_on"] and day(row["renewed_on"]) < q.as_of]
    return [row for row in renewed if day(row["renewed_on"]) <= day(row["ends_on"]) + timedelta(days=90)], due


def _answers(q: Asked) -> Behind:
    last: dict[tuple[str, ...], Row] = {}
    for row in q.company["survey_responses"]:
        if (row["kind"], row["audience"]) == ("nps", "customer") and q.holds(row["answered_on"]):
            named = ("respondent", "customer", "project", "service", "team")
            whom = tuple(row[name] for name in named) if row["respondent"] else (row["code"],)
            if whom not in last or _newest(row) > _newest(last[whom]):
                last[whom] = row
    counted = [row for row in last.values() if row in q.rows("survey_responses")]
    return [row for row in counted if not 6 < float(row["score"]) < 9], counted


def _newest(row: Row) -> tuple[str, str]:
    return row["answered_on"], row["code"]


def _months(q: Asked) -> Behind:
    reported = [row for row in q.rows("project_months") if row["earned_value"] and row["actual_cost"]]
    part = {row["project"] for row in reported if q.holds(row["month"])}
    used = [row for row in reported if row["project"] in part and day(row["month"]) < q.cut]
    return used, used


BEHIND: Final[dict[str, tuple[str, Callable[[Asked], Behind]]]] = {
    "milestones_on_time_rate": ("project code", _milestones),
    "touchpoint_adherence": ("customer kind due_on", _touchpoints),
    "defects_fixed_before_release_rate": ("code", _defects),
    "change_fail_rate": ("code", _deployments),
    "renewal_rate": ("code", _contracts),
    "net_promoter_score": ("code", _answers),
    "cost_performance_index": ("project month", _months),
}
"""Key columns of the feed, and what lists its rows behind the headline."""


def keys_behind(metric: str, q: Asked) -> tuple[list[str], list[str]]:
    """Keys of the rows behind numerator and denominator, in text order."""
    columns, behind = BEHIND[metric]
    numerator, denominator = (
        sorted("|".join(row[name] for name in columns.split()) for row in rows) for rows in behind(q)
    )
    return numerator, denominator
