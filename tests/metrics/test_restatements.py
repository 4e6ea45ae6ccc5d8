"""Late facts restate closed values visibly, what was open by rule does not, and a new definition is a new series."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from metrics import registry
from metrics.events import events
from metrics.models import DefinitionVersion, Restatement
from metrics.parts import count, ratio
from metrics.periods import Period, period_range
from metrics.registry import Formula, metrics
from metrics.restatements import restatements
from metrics.selectors import ValueQuery, values
from metrics.series import value_series
from metrics.versions import version_breaks, versions_stored
from portfolio.rights import EVERYTHING, NOBODY
from tests.metrics.written import compute, deliver

KEY = "milestones_on_time_rate"
Q1 = Period.parse("2026-Q1")
ALL = {"visible_to": EVERYTHING}


@pytest.fixture
def folder(tmp_path: Path, db: None) -> Path:
    """Two milestones due in the first quarter, one of them in time."""
    deliver(
        tmp_path / "facts",
        portfolios="code\nPF",
        projects="code portfolio\nP-1 PF",
        milestones="""
            project code name baseline_on actual_on  customer_facing
            P-1     M1   Go   2026-01-10  2026-01-09 true
            P-1     M2   Live 2026-02-10  2026-02-20 true
        """,
    )
    return tmp_path / "facts"


def enterprise(key: str = KEY, period: Period = Q1, version: int | None = None) -> Any:
    query = ValueQuery((key,), ("",), ("enterprise",), periods=(period,), version=version)
    return next(values(query, visible_to=EVERYTHING), None)


LATE = "project code name baseline_on actual_on customer_facing\nP-1 M3 Late 2026-03-10 - false"


def test_a_late_fact_restates_a_closed_period_with_old_new_cause_and_run(folder: Path) -> None:
    first = compute()
    assert restatements(**ALL) == []

    deliver(folder, milestones=LATE)
    run = compute(cause="change 2")

    found = restatements(**ALL, metric=KEY, component="", scope_kind="enterprise")
    (note,) = found  # March had no milestone before, the year is not over
    assert (note.old_value, note.new_value, note.change) == (0.5, pytest.approx(1 / 3), pytest.approx(-1 / 6))
    assert (note.old_status, note.new_status, note.version) == ("ok", "ok", 1)
    assert (note.old_run, note.run, note.cause) == (first.pk, run.pk, "change 2")
    assert [(write.kind, write.rows) for write in note.writes] == [("import", {"milestones": 1})]
    # The project, its portfolio and the enterprise are restated alike.
    kinds = {note.scope_kind for note in restatements(**ALL, metric=KEY, component="", periods=[Q1])}
    assert kinds == {"enterprise", "portfolio", "project"}
    assert restatements(visible_to=NOBODY) == []


def test_a_fact_of_an_open_period_restates_nothing(folder: Path) -> None:
    compute()

    deliver(folder, milestones="project code name baseline_on customer_facing\nP-1 M4 Soon 2026-07-05 false")
    compute()

    assert enterprise(period=Period.parse("2026-07")).status == "partial_period"
    assert not Restatement.objects.exists()


def test_a_period_is_closed_some_days_after_its_end(folder: Path) -> None:
    compute(as_of=date(2026, 4, 15))

    deliver(folder, milestones=LATE)
    compute(as_of=date(2026, 4, 15))
    assert restatements(**ALL, periods=[Q1]) == []  # closes on 21 April

    deliver(folder, milestones=LATE.replace("M3", "M5"))
    compute(as_of=date(2026, 4, 21))
    assert restatements(**ALL, periods=[Q1])


def test_an_answer_without_a_value_is_restated_as_well(folder: Path) -> None:
    answers = "\n".join(f"A{k} nps customer P-1 2026-01-{10 + k} 9 0 10" for k in range(4))
    head = "code kind audience project answered_on score scale_min scale_max\n"
    deliver(folder, survey_responses=head + answers)
    compute()
    deliver(folder, survey_responses=head + "A9 nps customer P-1 2026-01-20 9 0 10")
    compute()

    (note,) = restatements(**ALL, metric="net_promoter_score", component="", scope_kind="project", periods=[Q1])
    assert (note.old_value, note.old_status, note.new_value, note.new_status) == (
        None, "insufficient_n", 100.0, "ok",
    )  # fmt: skip


def test_provisional_to_final_is_no_restatement(folder: Path) -> None:
    deliver(
        folder,
        services="code\nS-1",
        releases="code service released_at\nR-1 S-1 2026-01-20T00:00:00Z",
        defects="""
            code service introduced_release opened_at            found_phase    validity severity
            D-1  S-1     R-1                2026-01-10T00:00:00Z before_release valid    1
            D-2  S-1     R-1                2026-03-10T00:00:00Z after_release  valid    1
        """,
    )
    january = Period.parse("2026-01")
    compute(as_of=date(2026, 3, 5))
    assert enterprise("escaped_defect_rate", january).status == "provisional"
    assert enterprise("escaped_defect_rate", january).value == 0.0

    compute(as_of=date(2026, 7, 10))

    assert enterprise("escaped_defect_rate", january).status == "ok"
    assert enterprise("escaped_defect_rate", january).value == 0.5
    assert restatements(**ALL, metric="escaped_defect_rate") == []


@pytest.fixture
def second_version(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Change the definition: only what customers see counts from now on."""

    def change() -> None:
        def parts(f: Any) -> Any:
            rows = f.table("milestones")
            period = f.period_of(rows.baseline_on)
            due = (period >= 0) & (rows.customer_facing == 1)
            for name in ("", "customer_facing"):
                yield ratio(
                    name, count(rows, due & (rows.actual_on <= rows.baseline_on), period), count(rows, due, period)
                )
            yield from (part for part in old.parts(f) if part.component == "slippage_days_median")

        old = registry.formulas()[KEY]
        monkeypatch.setitem(registry._FORMULAS, KEY, Formula(KEY, old.feeds, parts))
        monkeypatch.setitem(metrics(), KEY, replace(metrics()[KEY], version=2))

    return change


def test_a_new_version_leaves_the_old_values_readable_and_restates_nothing(folder: Path, second_version: Any) -> None:
    deliver(folder, milestones=LATE)
    compute(as_of=date(2026, 6, 1))
    assert enterprise().value == pytest.approx(1 / 3)
    assert versions_stored(KEY) == [1]
    assert version_breaks([KEY]) == []

    second_version()
    run = compute()

    assert (enterprise().version, enterprise().value) == (2, 0.5)
    before = enterprise(version=1)
    assert (before.version, before.value, before.denominator) == (1, pytest.approx(1 / 3), 3.0)
    assert restatements(**ALL) == []
    assert versions_stored(KEY) == [1, 2]
    months = period_range(Period.parse("2026-01"), Period.parse("2026-03"))
    old = value_series(KEY, "", "enterprise", "", months, version=1, **ALL)
    new = value_series(KEY, "", "enterprise", "", months, **ALL)
    assert (old.version, old.values) == (1, (1.0, 0.0, 0.0))
    assert (new.version, new.values) == (2, (1.0, 0.0, None))
    (broken,) = version_breaks([KEY])
    assert (broken.version, broken.on, broken.run) == (2, date(2026, 7, 10), run.pk)
    assert DefinitionVersion.objects.count() == len(metrics()) + 1

    told = events("enterprise", "", first=date(2026, 1, 1), last=date(2027, 1, 1), metric=KEY, **ALL)
    assert [(event.kind, event.on) for event in told if event.kind == "version"] == [("version", date(2026, 7, 10))]


def test_values_under_the_old_version_stay_when_facts_change_under_the_new(folder: Path, second_version: Any) -> None:
    compute(as_of=date(2026, 6, 1))
    second_version()
    compute()
    deliver(folder, milestones=LATE.replace("false", "true"))
    compute(cause="late")

    assert enterprise().value == pytest.approx(1 / 3)
    assert enterprise(version=1).value == 0.5
    assert {note.version for note in restatements(**ALL, metric=KEY)} == {2}


def test_events_of_a_line_are_launches_incidents_and_restatements(folder: Path) -> None:
    deliver(
        folder,
        customers="code\nC-1\nC-2",
        services="code\nS-1\nS-2",
        service_customers="service customer valid_from\nS-1 C-1 2025-01-01",
        releases="""
            code service project released_at
            R-1  S-1     P-1     2026-01-20T00:00:00Z
            R-2  S-2     -       2026-01-21T00:00:00Z
        """,
        incidents="""
            code service started_at           restored_at          planned severity
            I-1  S-1     2026-02-01T00:00:00Z 2026-02-01T02:00:00Z false   2
            I-2  S-1     2026-02-02T00:00:00Z 2026-02-02T09:00:00Z false   1
            I-3  S-2     2026-02-03T00:00:00Z -                    false   2
            I-4  S-1     2026-02-04T00:00:00Z -                    true    1
        """,
        incident_impacts="incident customer\nI-1 C-1\nI-2 C-2",
    )
    compute()
    deliver(folder, milestones=LATE)
    compute()

    def told(kind: str, code: str, **more: Any) -> list[tuple[str, str]]:
        found = events(kind, code, first=date(2026, 1, 1), last=date(2026, 4, 1), **{**ALL, **more})
        return [(event.kind, event.key or event.label) for event in found]

    assert sorted(told("project", "P-1", metric=KEY)) == [
        ("launch", "P-1|M1"),
        ("launch", "P-1|M2"),
        ("launch", "R-1"),
        ("restatement", "2026-Q1"),
    ]
    assert told("portfolio", "PF") == [("launch", "P-1|M1"), ("launch", "R-1"), ("launch", "P-1|M2")]
    assert told("customer", "C-1") == [("launch", "R-1"), ("incident", "I-1")]
    assert told("service", "S-1") == [("launch", "R-1"), ("incident", "I-1"), ("incident", "I-2")]
    assert told("enterprise", "", kinds=("incident",), most=2) == [("incident", "I-1"), ("incident", "I-2")]
    assert told("project", "P-1", visible_to=NOBODY) == []
