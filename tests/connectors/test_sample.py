"""The made-up company is valid by the registry of feeds, the same for the same arguments, and as large as agreed."""

from __future__ import annotations

import filecmp
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from connectors.sample.company import company_write
from portfolio.feeds import FEEDS, Column, Feed

AS_OF = date(2026, 7, 10)
FORMS = {
    "code": r"^\S.{0,199}$",
    "ref": r"^\S.{0,199}$",
    "team": r"^\S.{0,199}$",
    "text": r"^\S",
    "date": r"^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])$",
    "month": r"^\d{4}-(0[1-9]|1[0-2])$",
    "instant": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
    "number": r"^-?\d{1,18}(\.\d{1,10})?$",
    "integer": r"^-?\d{1,18}$",
    "bool": r"^(true|false)$",
    "currency": r"^[A-Z]{3}$",
}
FACT_DATES = {
    "outcome_measurements": ["measured_on"],
    "contributions": ["valid_from"],
    "status_reports": ["reported_on"],
    "milestones": ["actual_on"],
    "work_items": ["started_at", "finished_at", "cancelled_at"],
    "releases": ["released_at"],
    "defects": ["opened_at", "fixed_at"],
    "deployments": ["deployed_at", "restored_at"],
    "people": ["left_on"],
    "development_plans": ["documented_on", "last_reviewed_on"],
    "ideas": ["submitted_on", "implemented_on", "rejected_on"],
    "survey_responses": ["answered_on"],
    "touchpoints": ["held_on"],
    "reputation_signals": ["observed_on"],
    "contracts": ["renewed_on", "terminated_on"],
    "revenue_events": ["effective_on"],
    "incidents": ["started_at", "detected_at", "restored_at"],
    "standard_checks": ["checked_on"],
}


def read(folder: Path, feed: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{feed}.csv", infer_schema=False)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    company_write(size="demo", as_of=AS_OF, folder=folder)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    company_write(size="S", as_of=AS_OF, folder=folder)
    return folder


@pytest.fixture(params=["demo", "small"])
def folder(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


def bad_cells(column: Column, cells: pl.Series) -> pl.Series:
    """Cells that break the form or the bounds of a column."""
    filled = cells.drop_nulls()
    if column.choices:
        return filled.filter(~filled.is_in(list(column.choices)))
    bad = filled.filter(~filled.str.contains(FORMS[column.kind]))
    if column.kind in ("number", "integer") and not len(bad):
        numbers = filled.cast(pl.Float64)
        low = column.minimum is not None and (
            numbers <= float(column.minimum) if column.exclusive_minimum else numbers < float(column.minimum)
        )
        high = column.maximum is not None and numbers > float(column.maximum)
        for flags in (low, high):
            if isinstance(flags, pl.Series):
                bad = bad.append(filled.filter(flags))
    return bad


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS.keys())
def test_every_row_keeps_the_rules_of_its_feed(folder: Path, feed: Feed) -> None:
    rows = read(folder, feed.name)

    assert rows.height > 0
    assert set(rows.columns) == set(feed.by_name)
    assert rows.select(feed.key).n_unique() == rows.height
    for column in feed.columns:
        cells = rows[column.name]
        assert not bad_cells(column, cells).to_list()[:3], column.name
        if column.required:
            assert cells.null_count() == 0, column.name
        if column.kind == "ref":
            known = read(folder, column.ref)["code"]
            assert cells.drop_nulls().is_in(known.implode()).all(), column.name
    for rule in feed.end_rules:
        of_kind = pl.Float64 if feed.column(rule.column).is_number else pl.String
        ends = rows.filter(pl.col(rule.column).cast(of_kind) < pl.col(rule.others[0]).cast(of_kind))
        assert not ends.height, rule


def test_scores_users_and_signs_fit(folder: Path) -> None:
    answers = read(folder, "survey_responses").with_columns(pl.col("score", "scale_min", "scale_max").cast(pl.Int64))
    users = read(folder, "adoption").with_columns(pl.col("active_users", "entitled_users").cast(pl.Int64))
    events = read(folder, "revenue_events").with_columns(pl.col("delta_arr").cast(pl.Float64))
    falls = pl.col("kind").is_in(["contraction", "churn"])

    assert answers.filter(~pl.col("score").is_between("scale_min", "scale_max")).height == 0
    assert answers.filter(pl.col("kind").is_in(["nps", "enps"]) & (pl.col("scale_max") != 10)).height == 0
    assert users.filter(pl.col("active_users") > pl.col("entitled_users")).height == 0
    assert events.filter(falls != (pl.col("delta_arr") < 0)).height == 0
    assert events.filter(pl.col("delta_arr") == 0).height == 0


@pytest.mark.parametrize("feed", FACT_DATES)
def test_facts_end_the_day_before_the_as_of_day(folder: Path, feed: str) -> None:
    rows = read(folder, feed)

    for column in FACT_DATES[feed]:
        assert rows[column].drop_nulls().max() < AS_OF.isoformat(), column


def test_the_same_arguments_give_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    company_write(size="demo", as_of=AS_OF, folder=tmp_path)

    names = [f"{feed}.csv" for feed in FEEDS]
    assert filecmp.cmpfiles(demo, tmp_path, names, shallow=False)[0] == names


@pytest.mark.parametrize("as_of", [date(2026, 7, 1), date(2026, 7, 2), date(2024, 2, 29), date(2026, 12, 31)])
def test_any_day_can_be_the_as_of_day(as_of: date, tmp_path: Path) -> None:
    company_write(size="demo", as_of=as_of, folder=tmp_path)

    for feed, columns in FACT_DATES.items():
        for column in columns:
            assert read(tmp_path, feed)[column].drop_nulls().max() < as_of.isoformat(), (feed, column)


def test_the_demo_has_names_people_know_their_way_by(demo: Path) -> None:
    portfolios = read(demo, "portfolios")

    assert portfolios["kind"].value_counts().sort("kind").rows() == [("portfolio", 4), ("program", 8)]
    assert read(demo, "projects").height == 40
    assert "Self-service portal" in read(demo, "projects")["name"].to_list()
    assert read(demo, "customers").height == 12
    assert set(read(demo, "projects")["currency"]) == {"EUR", "SEK", "USD"}
    assert read(demo, "people")["team"].n_unique() == 6


def test_size_s_is_a_fiftieth_of_size_l_exactly(small: Path) -> None:
    rows = {feed: read(small, feed).height for feed in FEEDS}

    assert {
        "projects": 200,
        "project_months": 7_200,
        "person_months": 28_800,
        "ledger": 28_800,
        "defects": 20_000,
        "survey_responses": 20_000,
        "incidents": 6_000,
        "incident_impacts": 12_000,
        "revenue_events": 800,
        "people": 400,
    }.items() <= rows.items()
    assert 135_000 < sum(rows.values()) < 155_000
