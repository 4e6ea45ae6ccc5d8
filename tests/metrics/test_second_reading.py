"""Made-up companies, imported and computed: what is derived from values agrees with a second reading of the rules."""

import random
from collections.abc import Iterable
from math import nan
from pathlib import Path
from urllib.parse import unquote

import pytest

from metrics.explain import explain
from metrics.index_values import index_changes, index_records
from metrics.periods import Period
from metrics.records import ValueRecord
from metrics.rule360 import rule_360
from metrics.selectors import ValueQuery, values
from portfolio.feeds import FEEDS
from portfolio.rights import EVERYTHING
from tests.metrics.random_company import CUSTOMERS, PROJECTS, random_rows
from tests.metrics.second_reading import (
    BEHIND,
    FACTORS,
    Asked,
    Company,
    keys_behind,
    missing_families,
    read_change,
    read_colour,
    read_index,
)
from tests.metrics.written import AS_OF, compute, deliver

QUARTERS = ("2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3")
PERIODS = tuple(map(Period.parse, (*QUARTERS, "2026-05", "2026-06", "2026-07", "2025", "2026")))
EXPLAINED = 25
HEADLINES = ("resource_utilisation", "net_promoter_score", "recurring_revenue", "milestones_on_time_rate", *BEHIND)


def random_targets(rng: random.Random) -> list[dict[str, str]]:
    """Targets of every exactness, some of them later than others, some to come."""
    found = {}
    for _ in range(40):
        kind = rng.choice(("", "enterprise", "project", "customer"))
        codes = {"project": list(PROJECTS), "customer": list(CUSTOMERS)}.get(kind, [])
        row = {
            "metric": rng.choice(HEADLINES),
            "component": "",
            "scope_kind": kind,
            "scope": rng.choice([*codes, ""]),
            "green": rng.choice(("0.5", "0.9", "30")),
            "amber": rng.choice(("0", "0.5", "20")),
            "direction": rng.choice(("higher", "lower")),
            "valid_from": rng.choice(("2025-01-01", "2025-10-01", "2026-05-31", "2026-07-10")),
        }
        found[tuple(row[name] for name in FEEDS["targets"].key)] = row
    return list(found.values())


class Computed:
    """A company with its stored records."""

    def __init__(self, company: Company) -> None:
        self.company = {
            feed: [dict.fromkeys(column_names(feed), "") | row for row in rows] for feed, rows in company.items()
        }
        query = ValueQuery(periods=PERIODS)
        self.records = [record for record in values(query, visible_to=EVERYTHING) if record.has_value]
        self.usable: dict[tuple[str, str, str], dict[str, ValueRecord]] = {}
        for record in self.records:
            self.usable.setdefault((record.scope_kind, record.scope, record.period), {})[record.metric] = record

    def numbers(self, kind: str, scope: str, period: str) -> dict[str, float]:
        return {key: record.value for key, record in self.usable.get((kind, scope, period), {}).items()}  # type: ignore[misc]


def column_names(feed: str) -> list[str]:
    return [column.name for column in FEEDS[feed].columns]


@pytest.fixture(params=[1, 3])
def computed(request: pytest.FixtureRequest, db: None, tmp_path: Path) -> Computed:
    company = random_rows(request.param, complete=True)
    company["targets"] = random_targets(random.Random(request.param))
    deliver(tmp_path / "facts", **company)
    compute(full=True)
    return Computed(company)


def test_what_is_derived_from_the_values_agrees(computed: Computed) -> None:
    """One test, so that each company is computed once."""
    check_index_and_its_change(computed)
    check_colours(computed)
    check_rule_360(computed)
    check_rows_behind(computed)


def check_index_and_its_change(computed: Computed) -> None:
    readings = {}
    for record in index_records(PERIODS, visible_to=EVERYTHING):
        place = (record.scope_kind, record.scope, record.period)
        reading = readings[place] = read_index(computed.numbers(*place), record.scope_kind)
        period = Period.parse(record.period)
        begun = "partial_period" if period.end > AS_OF else "ok"
        assert record.status == (begun if reading.index is not None else "insufficient_coverage"), place
        assert record.coverage == pytest.approx(reading.coverage), place
        found = [record.index, *(record.factors[factor] for factor in FACTORS)]
        wanted = [reading.index, *(reading.factors[factor] for factor in FACTORS)]
        assert blank_is_nan(found) == pytest.approx(blank_is_nan(wanted), rel=1e-9, nan_ok=True), place
    assert sum(reading.index is not None for reading in readings.values()) > 5

    points_of = {}
    for (kind, scope, period), reading in readings.items():
        before = readings.get((kind, scope, Period.parse(period).previous.code))
        for (factor, metric), points in read_change(before, reading).items() if before is not None else ():
            points_of[kind, scope, period, factor, metric] = points
    later = [period for period in PERIODS if period.previous in PERIODS]
    lines = {
        (line.scope_kind, line.scope, line.period, line.factor, line.metric): line.points
        for line in index_changes(later, visible_to=EVERYTHING)
        if line.metric != "floor" or abs(line.points) > 1e-9
    }
    assert lines == pytest.approx(points_of, rel=1e-9, abs=1e-9)
    assert len(lines) > 50


def blank_is_nan(numbers: Iterable[float | None]) -> list[float]:
    return [nan if number is None else number for number in numbers]


def check_colours(computed: Computed) -> None:
    targets = computed.company["targets"]
    seen = set()
    for record in computed.records:
        cut = min(Period.parse(record.period).end, AS_OF)
        wanted = read_colour(record.value, targets, record.metric, record.scope_kind, record.scope, cut)  # type: ignore[arg-type]
        assert record.colour == wanted, record
        seen.add(wanted)
    assert seen == {"", "green", "amber", "red"}


def check_rule_360(computed: Computed) -> None:
    answers = []
    for (kind, _, period), held in computed.usable.items():
        company = computed.usable.get(("enterprise", "", period), {})
        answer = rule_360(kind, held, company)
        missing = missing_families(kind, held, company)
        assert (answer.status == "complete", list(answer.missing)) == (not missing, missing)
        answers.append(answer.status)
    assert len(set(answers)) == 2


def check_rows_behind(computed: Computed) -> None:
    explained = [record for record in computed.records if record.metric in BEHIND]
    for record in random.Random(7).sample(explained, EXPLAINED):
        period = Period.parse(record.period)
        asked = Asked(computed.company, record.scope_kind, record.scope, period, AS_OF)
        found = explain(record.metric, "", record.scope_kind, record.scope, period, visible_to=EVERYTHING, limit=10_000)
        sides = tuple(sorted(unquote(row.key) for row in side.rows) for side in (found.numerator, found.denominator))
        assert sides == keys_behind(record.metric, asked), record
