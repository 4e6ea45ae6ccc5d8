"""The UK major projects files: small made files for the edges, the real ones against their own profile."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.registry import connector_get
from connectors.sources.base import LINES_PER_FILE, SourceFile, SourceRefused, Translation
from connectors.sources.files import source_files
from connectors.sources.uk_gmpp import SOURCE, entries_read
from connectors.sources.uk_gmpp_cells import day_read, money_read, rag_read, reason_of
from connectors.sources.uk_gmpp_names import department_code, loose
from portfolio.models import Benefit, Project, StatusReport
from portfolio.services.facts import facts_write
from tests.connectors.datasets import dataset, profile

TRANSPOSED = (
    "Project name,Crossrail,Reset Programme,\n"
    "Department,DfT,DoH Non Capital,\n"
    '"MPA RAG rating\n(A Delivery Confidence Assessment)",Amber/ Green,Reset,\n'
    '"Project - Start Date\n(Latest approved start date)",22/07/2008,17/11/2011,\n'
    '"Project - End Date\n(Latest approved end date)",31/12/2019,Reset,\n'
    "2013/2014 Budget (£million),450.37,Exempt under Section 43 of the Freedom of Information Act,\n"
    "2013/2014 Forecast (£million),-£120.11m,TBC,\n"
    '"Total budgeted whole life costs (£million)\n(including non-government costs)","£14,519.00m",Reset,\n'
    ",,,\n"
    "* a footnote,,,\n"
)
BY_ROW = (
    "project_name,department,colour_rating,description_aims,rating_comment,start_date,end_date,schedule_comment,"
    "yearly_budget,yearly_forecast,wlc_baseline_incl_NCG,variance_comment,budget_comment,year,report_category\n"
    'Crossrail Programme,DFT,Red,Rail,"One\r\ntwo",22.07.08,Not provided,,"£1,200.50",£10.00,"£15,475.00",,,2019,'
    "Infrastructure and Construction\n"
)
SEMICOLON = (
    "year;project_number;project_name;department;report_category;description_aims;colour_rating;colour_rating;"
    "rating_comment;start_date;end_date;schedule_comment;total_baseline;forecast_incl_NGC;variance_comment;"
    "wlc_baseline_incl_NCG;budget_comment;TOTAL Baseline Benefits (£m);benefits_comment\n"
    "2023;DFT_0001;Crossrail Programme;DFT;Infrastructure and Construction;Rail;;Green;Done;22.07.2008;14.05.2023;;"
    "197;295.1;;18815;;-12.5;\n"
    "2023;MOD_0002;Radar;MOD;Military Capability;Radar;Amber;;;20.02.2023;20.01.2023;;1;2;;;;;\n"
)


def file(name: str, text: str, encoding: str = "cp1252") -> SourceFile:
    return SourceFile(name, lambda: text.encode(encoding))


def translate(*files: SourceFile, **options: str) -> Translation:
    return SOURCE.translate(files, SOURCE.options_read(options))


def rows(done: Translation, feed: str) -> list[dict[str, str]]:
    return [cells for _place, cells in done.rows.get(feed, [])]


@pytest.fixture
def three_years() -> Translation:
    return translate(file("uk_2014.csv", TRANSPOSED), file("uk_2019.csv", BY_ROW), file("uk_2023.csv", SEMICOLON))


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("450.37", "450.37"),
        ("£1.90m", "1.90"),
        ("-£120.11m", "-120.11"),
        ("£1,186.00", "1186.00"),
        ("7.9", "7.9"),
        ("0", "0"),
        ("£", None),
        ("", None),
        ("1,86", None),
        ("--1", None),
        ("Exempt under Section 43", None),
        ("12 to 14", None),
        ("1e3", None),
    ],
)
def test_money_counts_only_when_the_whole_cell_is_a_number(cell: str, amount: str | None) -> None:
    assert money_read(cell) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("31/05/2010", date(2010, 5, 31)),
        ("30.06.08", date(2008, 6, 30)),
        ("31.12.40", date(2040, 12, 31)),
        ("17.03.97", date(1997, 3, 17)),
        ("20.05.2020", date(2020, 5, 20)),
        ("2014-07-08", date(2014, 7, 8)),
        ("31/02/2010", None),
        ("1/042/2014", None),
        ("No end date", None),
        ("", None),
    ],
)
def test_days_have_four_forms(cell: str, day: date | None) -> None:
    assert day_read(cell) == day


@pytest.mark.parametrize(
    ("cell", "rag"),
    [("Amber/ Red", "amber"), ("Amber/red", "amber"), ("AMBER/GREEN", "amber"), ("Green", "green"), ("Red", "red"),
     ("No DCA", ""), ("Reset", ""), ("", ""), ("Exempt under Section 26", "")],
)  # fmt: skip
def test_ratings_of_five_points_become_three(cell: str, rag: str) -> None:
    assert rag_read(cell) == rag


def test_every_wording_has_a_reason() -> None:
    reasons = {cell: reason_of(cell) for cell in ("", "Date exempt  under section 43", "Reset", "TBC", "9/13/20145")}

    assert list(reasons.values()) == ["blank", "exempt from publication", "reset", "not provided", "not readable"]


@pytest.mark.parametrize("text", ["DoH", "DOH", "DH", "DHSC", "DoH Non Capital", "DoH Capital"])
def test_the_department_of_health_is_one(text: str) -> None:
    assert department_code(text) == "DHSC"


def test_brackets_and_plain_words_do_not_tell_projects_apart() -> None:
    assert loose("Search & Rescue Helicopters (SARH)") == loose("Search and Rescue Helicopters")
    assert loose("Crossrail Programme") == loose("Crossrail")
    assert loose("HS2 Phase 2a") != loose("HS2 Phase 2b")


def test_a_project_is_followed_through_three_layouts(three_years: Translation) -> None:
    crossrail = next(row for row in rows(three_years, "projects") if row["code"] == "DFT_0001")
    reports = [row for row in rows(three_years, "status_reports") if row["project"] == "DFT_0001"]

    assert crossrail["name"] == "Crossrail Programme"
    assert crossrail["portfolio"] == "DFT:infrastructure-and-construction"
    assert (crossrail["planned_start_on"], crossrail["planned_finish_on"]) == ("2008-07-22", "2019-12-31")
    assert (crossrail["budget"], crossrail["currency"]) == ("18815000000", "GBP")
    assert [(row["reported_on"], row["rag"], row["rating"]) for row in reports] == [
        ("2013-09-30", "amber", "Amber/ Green"),
        ("2018-09-30", "red", "Red"),
        ("2023-03-31", "green", "Green"),
    ]
    assert [row["forecast_cost"] for row in reports] == ["14519000000", "15475000000", "18815000000"]
    assert [row["forecast_finish_on"] for row in reports] == ["2019-12-31", "", "2023-05-14"]
    assert (reports[0]["year_budget"], reports[0]["year_forecast"]) == ("450370000", "-120110000")
    assert reports[1]["narrative"] == "One\ntwo"


def test_text_is_unknown_and_never_zero(three_years: Translation) -> None:
    report = next(row for row in rows(three_years, "status_reports") if row["project"] == "reset-programme")

    assert (report["rag"], report["rating"]) == ("", "Reset")
    assert [report[name] for name in ("forecast_finish_on", "forecast_cost", "year_budget", "year_forecast")] == [
        ""
    ] * 4
    dropped = {(one.file, one.what, one.reason): one.count for one in three_years.dropped}
    assert dropped["uk_2014.csv", "budget of the year", "exempt from publication"] == 1
    assert dropped["uk_2014.csv", "forecast of the year", "not provided"] == 1
    assert dropped["uk_2014.csv", "line", "footnote or unknown heading"] == 1


def test_departments_hold_programs_named_for_the_category(three_years: Translation) -> None:
    assert rows(three_years, "portfolios") == [
        {"code": "DFT", "name": "Transport", "kind": "portfolio"},
        {"code": "DHSC", "name": "Health and Social Care", "kind": "portfolio"},
        {"code": "MOD", "name": "Defence", "kind": "portfolio"},
        {"code": "DFT:infrastructure-and-construction", "name": "Infrastructure and Construction", "kind": "program",
         "parent": "DFT"},
        {"code": "MOD:military-capability", "name": "Military Capability", "kind": "program", "parent": "MOD"},
    ]  # fmt: skip


def test_an_end_before_the_start_is_dropped_and_told(three_years: Translation) -> None:
    radar = next(row for row in rows(three_years, "projects") if row["code"] == "MOD_0002")

    assert (radar["planned_start_on"], radar["planned_finish_on"]) == ("2023-02-20", "")
    assert any(one.what == "baseline end date" and one.reason == "before the start" for one in three_years.dropped)


def test_planned_benefits_may_be_negative_and_stand_in_the_month_of_the_report(three_years: Translation) -> None:
    assert rows(three_years, "benefits") == [
        {"project": "DFT_0001", "code": "BASELINE", "month": "2023-03", "planned": "-12500000"}
    ]


def test_each_row_knows_its_file_and_line(three_years: Translation) -> None:
    places = [place for place, row in three_years.rows["status_reports"] if row["project"] == "DFT_0001"]

    assert [three_years.source(place.number) for place in places] == [
        ("uk_2014.csv", 2),  # the second column: projects are columns in this layout
        ("uk_2019.csv", 3),  # the record ends in line 3
        ("uk_2023.csv", 2),
    ]
    assert places[0].number == LINES_PER_FILE + 2


def test_without_rates_money_stays_undefined_and_that_is_said() -> None:
    assert any("fx_rates of GBP" in text for text in translate(file("uk_2019.csv", BY_ROW)).undefined)
    pounds = translate(file("uk_2019.csv", BY_ROW), base_currency="GBP")
    assert not any("fx_rates" in text for text in pounds.undefined)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("uk_2019.csv", "a,b\n1,2\n", "No heading stands for name"),
        ("uk_2019.csv", "", "The file is empty"),
        ("uk_2019.csv", BY_ROW.replace("2019", "soon"), "does not hold one year"),
        ("uk_2014.csv", TRANSPOSED.replace("2013/2014 ", "Year "), "No heading stands for year_budget"),
    ],
)
def test_a_file_that_is_none_of_them_is_refused_by_name(name: str, text: str, says: str) -> None:
    with pytest.raises(SourceRefused, match=says) as refused:
        translate(file(name, text))
    assert refused.value.file == name


def test_two_files_of_one_year_are_refused() -> None:
    with pytest.raises(SourceRefused, match="report year 2019"):
        translate(file("uk_2018.csv", BY_ROW), file("uk_2019.csv", BY_ROW))


def test_two_projects_of_one_year_are_never_one() -> None:
    head, _newline, first = BY_ROW.partition("\n")
    two = f"{head}\n{first}{first.replace('Crossrail Programme', 'Crossrail (west)')}"

    assert len(rows(translate(file("uk_2019.csv", two)), "projects")) == 2


def test_a_row_with_fields_too_few_is_dropped_and_told() -> None:
    done = translate(file("uk_2019.csv", BY_ROW + "Half a row,DFT\n"))

    assert len(rows(done, "projects")) == 1
    assert done.drops["uk_2019.csv", "row", "more or fewer fields than headings"] == 1


def real() -> tuple[Translation, dict[str, Any]]:
    folder = dataset("uk_gmpp")
    return SOURCE.translate(source_files([folder], SOURCE.accepts), {"base_currency": "GBP"}), profile(folder)


def of_file(done: Translation, feed: str, name: str) -> list[dict[str, str]]:
    number = done.files.index(name) + 1
    return [cells for place, cells in done.rows[feed] if place.file == number]


def millions(reports: list[dict[str, str]], column: str) -> tuple[int, float]:
    known = [Decimal(row[column]) for row in reports if row[column]]
    return len(known), float(sum(known) / 1_000_000)


def test_the_real_files_come_out_as_their_profile_says() -> None:
    done, stated = real()

    for one in stated["files"]:
        reports = of_file(done, "status_reports", one["file"])
        assert len(reports) == one["projects"], one["file"]
        for column, key in (
            ("year_budget", "in_year_budget_gbp_m"),
            ("year_forecast", "in_year_forecast_gbp_m"),
            ("forecast_cost", "whole_life_cost_gbp_m"),
        ):
            count, total = millions(reports, column)
            assert count == one[key]["numeric"], (one["file"], column)
            assert total == pytest.approx(one[key]["sum"], abs=0.005), (one["file"], column)
        assert sum(1 for row in reports if row["forecast_finish_on"]) == one["end_dates_parsed"]
        finishes = sorted(row["forecast_finish_on"] for row in reports if row["forecast_finish_on"])
        assert [finishes[0], finishes[-1]] == one["end_range"]
        counted = Counter(row["rag"] for row in reports)
        named = Counter()
        for rating, count in one["rag"].items():
            named[rag_read(rating)] += count
        assert counted == named, one["file"]


def test_the_real_ratings_keep_their_own_words() -> None:
    done, stated = real()

    for one in stated["files"]:
        words = Counter(
            row["rating"].replace("/ ", "/").title() for row in of_file(done, "status_reports", one["file"])
        )
        for rating in ("Amber/Green", "Amber/Red", "Amber", "Green", "Red"):
            assert words[rating] == one["rag"].get(rating, 0), (one["file"], rating)


def test_the_real_departments_and_start_dates_are_those_of_the_profile() -> None:
    folder = dataset("uk_gmpp")
    done = Translation([])
    stated = {one["file"]: one for one in profile(folder)["files"]}

    for found in source_files([folder], SOURCE.accepts):
        entries = entries_read(found, 1, done)
        assert Counter(entry.first("department") for entry in entries) == stated[found.name]["departments"]
        starts = sorted(day for entry in entries if (day := day_read(entry.first("start"))))
        assert len(starts) == stated[found.name]["start_dates_parsed"]
        assert [starts[0].isoformat(), starts[-1].isoformat()] == stated[found.name]["start_range"]


def test_the_real_benefits_are_all_there() -> None:
    done, stated = real()
    benefits = stated["files"][-1]["baseline_benefits_gbp_m"]

    assert millions(rows(done, "benefits"), "planned") == (benefits["numeric"], pytest.approx(benefits["sum"]))


def test_the_real_crossrail_is_one_project_with_seven_reports() -> None:
    done, _stated = real()
    reports = [row for row in rows(done, "status_reports") if row["project"] == "DFT_0001_1112-Q1"]

    assert [(row["reported_on"], row["rag"]) for row in reports] == [
        ("2013-09-30", "amber"),
        ("2014-09-30", "amber"),
        ("2016-09-30", "amber"),
        ("2017-09-30", "amber"),
        ("2018-09-30", "red"),
        ("2021-03-31", "amber"),
        ("2023-03-31", "green"),
    ]
    assert reports[4]["forecast_finish_on"] == ""
    assert reports[5]["forecast_finish_on"] == "2023-05-14"


def test_names_are_followed_at_least_as_far_as_letters_and_digits_go() -> None:
    done, _stated = real()
    by_file: dict[int, set[str]] = {}
    for place, row in done.rows["status_reports"]:
        by_file.setdefault(place.file, set()).add(row["project"])

    assert len(by_file[1] & by_file[2]) >= 127
    assert len(by_file[4] & by_file[5]) >= 98


@pytest.mark.django_db
def test_the_real_files_are_imported_whole_and_twice_changes_nothing() -> None:
    folder = dataset("uk_gmpp")
    connector = connector_get("uk_gmpp")
    assert connector is not None

    first = facts_write(delivery=connector.translate([folder], {}))
    second = facts_write(delivery=connector.translate([folder], {}))

    assert (first.status, first.problems.errors) == ("imported", 0)
    assert StatusReport.objects.count() == 1_224
    assert Project.objects.count() == first.feeds["projects"]["created"]
    assert Benefit.objects.count() == 110
    assert second.change_set is None
    assert all(counts["unchanged"] == counts["rows"] for counts in second.feeds.values())
