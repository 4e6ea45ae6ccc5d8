"""Every result file of a reference folder against what is stored: one comparison a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import numpy as np

from metrics import contributions, index_values
from metrics.explain import explain
from metrics.exports import cell_text
from metrics.formulas.relevance import association, q_values, verdict
from metrics.ledger import METHODS
from metrics.periods import Period
from metrics.reference import KEY, NUMBERS, Comparison, Record, compare_values, read_rows, row_difference
from metrics.rule360 import financial_count, rule_360
from metrics.scopes import SCOPE_KINDS
from metrics.selectors import ValueQuery, state, values
from metrics.targets import Thresholds
from portfolio.rights import EVERYTHING

SEED: Final = 20260710
"""Seed of the permutations that the reference's p values are compared under."""


def compare_folder(folder: Path) -> list[Comparison]:
    """Comparisons of the result files that the folder has, in a fixed order."""
    return [compare(folder / name) for name, compare in FILES.items() if (folder / name).exists()]


def compare_update(folder: Path) -> list[Comparison]:
    """Comparisons after the second delivery: what changed, what did not, ledger and index."""
    changed = read_rows(folder / "update" / "expected_changed.csv")
    moved = {tuple(row[column] for column in KEY) for row in changed}
    covered = {row["period"] for row in changed}
    stayed = [
        row
        for row in read_rows(folder / "expected.csv")
        if row["period"] in covered and tuple(row[column] for column in KEY) not in moved
    ]
    periods = sorted({row["period"] for row in (*changed, *stayed)})
    found = found_values(periods)
    return [
        compare_values("update/expected_changed.csv", changed, found, None),
        compare_values("update: expected.csv unchanged", stayed, found, None),
        compare_contributions(folder / "update" / "contribution.csv", name="update/contribution.csv"),
        compare_index(folder / "update" / "index.csv", name="update/index.csv"),
    ]


def found_values(periods: Iterable[str]) -> dict[tuple[str, ...], Record]:
    """All value records of the periods, also of cells that are not stored, by their key."""
    query = ValueQuery(components=None, periods=tuple(map(Period.parse, periods)), all_statuses=True)
    return {
        tuple(str(getattr(record, column)) for column in KEY): {
            column: cell_text(getattr(record, column)) for column in (*NUMBERS, "status", "reason")
        }
        for record in values(query, visible_to=EVERYTHING)
    }


def compare_expected(path: Path) -> Comparison:
    rows = read_rows(path)
    return compare_values(path.name, rows, found_values(sorted({row["period"] for row in rows})), None)


def _compare_keyed(
    name: str,
    expected: list[Record],
    found: Iterable[Mapping[str, Any]],
    keys: tuple[str, ...],
    numbers: Iterable[str],
    complete: bool = True,
) -> Comparison:
    """Rows by key; with `complete` a found row that is not expected counts as a difference."""
    result = Comparison(name)
    by_key = {tuple(cell_text(row[key]) for key in keys): row for row in found}
    for row in expected:
        key = tuple(row[column] for column in keys)
        have = by_key.pop(key, None)
        texts = None if have is None else {column: cell_text(have[column]) for column in row}
        result.add(" ".join(key), row_difference(texts, row, numbers))
    for key in by_key if complete else ():
        result.add(" ".join(key), "is not expected")
    return result


def compare_contributions(path: Path, name: str = "") -> Comparison:
    rows = read_rows(path)
    periods = [Period.parse(code) for code in dict.fromkeys(row["period"] for row in rows)]
    found = [
        line.plain()
        for period in periods
        for method in METHODS
        for line in contributions.contribution_lines(period, visible_to=EVERYTHING, method=method)
    ]
    keys = ("method", "period", "customer", "initiative", "outcome", "project")
    return _compare_keyed(name or path.name, rows, found, keys, contributions.FIELDS)


def compare_not_measurable(path: Path) -> Comparison:
    rows = read_rows(path)
    as_of = state().as_of
    periods = dict.fromkeys(row["period"] for row in rows)
    found = [
        {"period": code, "outcome": outcome}
        for code in periods
        for outcome in contributions.not_measurable(Period.parse(code), as_of)
    ]
    return _compare_keyed(path.name, rows, found, ("period", "outcome"), ())


def _by_kind(rows: list[Record]) -> dict[str, list[Period]]:
    return {
        kind: [Period.parse(code) for code in dict.fromkeys(row["period"] for row in rows if row["scope_kind"] == kind)]
        for kind in SCOPE_KINDS
        if any(row["scope_kind"] == kind for row in rows)
    }


def compare_index(path: Path, name: str = "") -> Comparison:
    rows = read_rows(path)
    found = [
        record.plain()
        for kind, periods in _by_kind(rows).items()
        for record in index_values.index_records(periods, visible_to=EVERYTHING, scope_kinds=[kind])
    ]
    numbers = index_values.COLUMNS[3:-1]
    return _compare_keyed(name or path.name, rows, found, ("scope_kind", "scope", "period"), numbers)


def compare_index_change(path: Path) -> Comparison:
    rows = read_rows(path)
    found = [
        line.plain()
        for kind, periods in _by_kind(rows).items()
        for line in index_values.index_changes(periods, visible_to=EVERYTHING, scope_kinds=[kind])
    ]
    keys = ("scope_kind", "scope", "period", "factor", "metric")
    return _compare_keyed(path.name, rows, found, keys, ("points",))


def compare_colour(path: Path) -> Comparison:
    rows = read_rows(path)
    periods = tuple(Period.parse(code) for code in dict.fromkeys(row["period"] for row in rows))
    found = [
        {
            **{name: getattr(record, name) for name in ("metric", "scope_kind", "scope", "period", "value")},
            "green": Thresholds.text(record.green),
            "amber": Thresholds.text(record.amber),
            "direction": record.direction,
            "colour": record.colour,
        }
        for record in values(ValueQuery(periods=periods), visible_to=EVERYTHING)
        if record.has_value and record.green is not None and record.amber is not None
    ]
    result = Comparison(path.name)
    by_key = {(row["metric"], row["scope_kind"], row["scope"], row["period"]): row for row in found}
    for row in rows:
        have = by_key.get((row["metric"], row["scope_kind"], row["scope"], row["period"]))
        texts = None if have is None else {column: cell_text(have[column]) for column in row}
        limits = () if " to " in row["green"] else ("green", "amber")
        result.add(" ".join(row.values()), row_difference(texts, row, ("value", *limits)))
    return result


def compare_rule360(path: Path) -> Comparison:
    rows = read_rows(path)
    periods = tuple(Period.parse(code) for code in dict.fromkeys(row["period"] for row in rows))
    usable: dict[tuple[str, str, str], list[str]] = {}
    for record in values(ValueQuery(periods=periods), visible_to=EVERYTHING):
        if record.has_value:
            usable.setdefault((record.scope_kind, record.scope, record.period), []).append(record.metric)
    found = []
    for (kind, scope, period), keys in usable.items():
        if financial := financial_count(keys):
            answer = rule_360(kind, keys, usable.get(("enterprise", "", period), ()))
            found.append(
                {
                    "scope_kind": kind,
                    "scope": scope,
                    "period": period,
                    "financial_metrics": financial,
                    "status": answer.status,
                    "missing": ";".join(answer.missing),
                }
            )
    wanted = {(row["scope_kind"], row["period"]) for row in rows}
    found = [row for row in found if (row["scope_kind"], row["period"]) in wanted]
    return _compare_keyed(path.name, rows, found, ("scope_kind", "scope", "period"), ("financial_metrics",))


def compare_explain(path: Path) -> Comparison:
    rows = read_rows(path)
    result = Comparison(path.name)
    for row in rows:
        found = explain(
            row["metric"],
            "",
            row["scope_kind"],
            row["scope"],
            Period.parse(row["period"]),
            visible_to=EVERYTHING,
            limit=100_000,
        )
        texts = dict(row)
        for name, side in (("numerator", found.numerator), ("denominator", found.denominator)):
            keys = sorted(unquote(line.key) for line in side.rows if line.feed == row["feed"])
            texts[f"{name}_count"] = str(side.count)
            texts[f"{name}_keys"] = ";".join(keys)
        result.add(" ".join(list(row.values())[:4]), row_difference(texts, row, ()))
    return result


def compare_relevance(path: Path) -> Comparison:
    """Verdicts over relevance_panel.csv; p must lie inside [p_low, p_high]."""
    panel = read_rows(path.with_name("relevance_panel.csv"))
    rows = read_rows(path)
    customers = list(dict.fromkeys(row["customer"] for row in panel))
    quarters = sorted({row["quarter"] for row in panel})

    def grid(column: str) -> np.ndarray:
        made = np.full((len(customers), len(quarters)), np.nan)
        for row in panel:
            if row[column]:
                made[customers.index(row["customer"]), quarters.index(row["quarter"])] = float(row[column])
        return made

    outcome = grid("outcome")
    found = {row["metric"]: association(grid(row["metric"]), outcome, seed=SEED) for row in rows}
    qs = dict(zip(found, q_values(list(found.values())), strict=True))
    result = Comparison(path.name)
    for row in rows:
        have = found[row["metric"]]
        texts = {
            "n": str(have.n),
            "lag": cell_text(have.lag),
            "rho": cell_text(_blank(have.rho)),
            "verdict": verdict(have, qs[row["metric"]]).value,
            **{f"rho_lag{lag}": cell_text(_blank(rho)) for lag, rho in enumerate(have.rho_by_lag)},
        }
        exact = {column: row[column] for column in texts}
        numbers = ("rho", "rho_lag0", "rho_lag1", "rho_lag2")
        difference = row_difference(texts, exact, numbers)
        if difference is None and row["p"] and not float(row["p_low"]) <= have.p <= float(row["p_high"]):
            difference = f"p is {have.p}, expected within {row['p_low']} to {row['p_high']}"
        result.add(row["metric"], difference)
    return result


def _blank(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


FILES: Final[dict[str, Callable[[Path], Comparison]]] = {
    "expected.csv": compare_expected,
    "contribution.csv": compare_contributions,
    "not_measurable.csv": compare_not_measurable,
    "index.csv": compare_index,
    "index_change.csv": compare_index_change,
    "colour.csv": compare_colour,
    "rule360.csv": compare_rule360,
    "explain.csv": compare_explain,
    "relevance_expected.csv": compare_relevance,
}


def grouped(differences: Iterable[str], limit: int = 20) -> list[str]:
    """The first differences of each metric, so that a long list stays readable."""
    shown: list[str] = []
    for _, group in groupby(differences, key=lambda text: text.split(" ", 1)[0]):
        shown += list(group)[:3]
    return shown[:limit]
