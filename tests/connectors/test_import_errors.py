"""Every error code of the contract: file, line, column, value, severity, and a remedy in one sentence."""

from pathlib import Path

import pytest

from connectors.readers.limits import Limits
from portfolio.models import Project
from tests.connectors.deliveries import deliver, found, rows, warned

pytestmark = pytest.mark.django_db

PROJECTS = "code,name,portfolio,status,currency"
SURVEYS = "code,kind,audience,score,scale_min,scale_max,answered_on"

ONE_ERROR = {
    "missing_column": ({"customers.csv": "code\nC-1\n"}, ("customers.csv", 1, "name", "")),
    "missing_value": ({"customers.csv": "code,name\nC-1,\n"}, ("customers.csv", 2, "name", "")),
    "bad_date": (
        {"customers.csv": "code,name,acquired_on\nC-1,A,2026-02-30\n"},
        ("customers.csv", 2, "acquired_on", "2026-02-30"),
    ),
    "bad_number": (
        {"customers.csv": 'code,name,importance\nC-1,A,"1,5"\n'},
        ("customers.csv", 2, "importance", "1,5"),
    ),
    "bad_enum": ({"projects.csv": f"{PROJECTS}\nP-1,One,PF,Active,EUR\n"}, ("projects.csv", 2, "status", "Active")),
    "unknown_reference": (
        {"projects.csv": f"{PROJECTS}\nP-1,One,PX,active,EUR\n"},
        ("projects.csv", 2, "portfolio", "PX"),
    ),
    "duplicate_key": (
        {"customers.csv": "code,name\nC-1,A\nC-2,B\nC-1,C\n"},
        ("customers.csv", 4, "code", "C-1"),
    ),
    "out_of_range": (
        {"customers.csv": "code,name,importance\nC-1,A,-1\n"},
        ("customers.csv", 2, "importance", "-1"),
    ),
    "overlap": (
        {
            "service_customers.csv": "service,customer,valid_from,valid_to\n"
            "S-1,C-1,2025-01-01,2025-06-01\nS-1,C-1,2025-05-31,\n"
        },
        ("service_customers.csv", 3, "valid_from", "2025-05-31"),
    ),
    "end_before_start": (
        {"projects.csv": f"{PROJECTS},actual_start_on,actual_finish_on\nP-1,One,PF,active,EUR,2025-02-01,2025-01-31\n"},
        ("projects.csv", 2, "actual_finish_on", "2025-01-31"),
    ),
    "bad_encoding": (
        {"customers.csv": "code,name\nC-1,A\nC-2,Ångström\n".encode("latin-1")},
        ("customers.csv", 3, "", ""),
    ),
    "bad_row": ({"customers.csv": "code,name\nC-1,A\nC-2,B,C\n"}, ("customers.csv", 3, "", "")),
    "duplicate_column": ({"customers.csv": "code,name,name\nC-1,A,A\n"}, ("customers.csv", 1, "name", "name")),
    "too_long": ({"customers.csv": f"code,name\n{'x' * 201},A\n"}, ("customers.csv", 2, "code", None)),
    "bad_character": ({"customers.csv": "code,name\nC-1,a\x00b\n"}, ("customers.csv", 2, "name", "a\\x00b")),
}


@pytest.mark.parametrize("code", ONE_ERROR)
def test_an_error_names_its_place_and_a_remedy_and_refuses_the_delivery(code: str, tmp_path: Path) -> None:
    files, (file, line, column, value) = ONE_ERROR[code]

    report = deliver(tmp_path, files)

    (error,) = [one for one in report.problems if one.is_error]
    assert (error.file, error.line, error.column, error.code, error.severity) == (file, line, column, code, "error")
    assert value is None or error.value == value
    assert error.message.endswith(".")
    assert error.remedy.endswith(".")
    assert report.status == "refused"
    assert rows(Project, "code") == []


@pytest.mark.parametrize("code", ONE_ERROR)
def test_skipping_leaves_out_what_is_wrong_and_stores_the_rest(code: str, tmp_path: Path) -> None:
    files, _place = ONE_ERROR[code]

    report = deliver(tmp_path, files, skip_bad_rows=True)

    assert report.status == "imported"
    assert report.problems.errors == 1
    assert report.feeds["portfolios"]["created"] == 1


def test_an_unknown_column_is_a_warning_and_ignored(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"customers.csv": "code,name,is_superuser\nC-1,A,1\n"})

    assert warned(report) == [("customers.csv", 1, "is_superuser", "unknown_column")]
    assert report.status == "imported"


def test_a_file_that_is_no_feed_is_a_warning(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"notes.txt": "hello"})

    assert warned(report) == [("notes.txt", 1, "", "unknown_file")]
    assert report.status == "imported"


def test_the_second_file_of_a_feed_is_ignored_with_a_warning(tmp_path: Path) -> None:
    import zipfile

    archive = tmp_path / "facts.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a/customers.csv", "code,name\nC-1,first\n")
        made.writestr("b/customers.csv", "code,name\nC-1,second\n")
    from connectors.readers.deliveries import delivery_read
    from portfolio.services.facts import facts_write

    report = facts_write(delivery=delivery_read([archive]))

    assert warned(report) == [("customers.csv", 1, "", "duplicate_file")]
    assert report.feeds["customers"]["created"] == 1


def test_a_passed_limit_refuses_the_import_even_when_bad_rows_are_skipped(tmp_path: Path) -> None:
    from connectors.readers.deliveries import delivery_read
    from portfolio.services.facts import facts_write

    (tmp_path / "customers.csv").write_text("code,name\n" + "C-1,A\n" * 50)
    delivery = delivery_read([tmp_path], held=Limits(file_bytes=100))

    report = facts_write(delivery=delivery, skip_bad_rows=True)

    assert [code for *_place, code in found(report)] == ["too_large"]
    assert report.status == "refused"


def test_all_errors_of_a_group_are_reported_and_later_groups_are_not(tmp_path: Path) -> None:
    line = "P-1,,PX,nope,eur,2025-01-01,2024-01-01"
    report = deliver(tmp_path, {"projects.csv": f"{PROJECTS},planned_start_on,planned_finish_on\n{line}\n"})

    assert found(report) == [
        ("projects.csv", 2, "name", "missing_value"),
        ("projects.csv", 2, "status", "bad_enum"),
        ("projects.csv", 2, "currency", "bad_enum"),
    ]


def test_both_ends_that_lie_before_their_starts_are_reported(tmp_path: Path) -> None:
    header = "code,started_at,finished_at,cancelled_at"
    line = "W-1,2025-01-02T00:00:00Z,2025-01-01T23:00:00Z,2025-01-02T00:59:00+01:00"
    report = deliver(tmp_path, {"work_items.csv": f"{header}\n{line}\n"})

    assert found(report) == [
        ("work_items.csv", 2, "finished_at", "end_before_start"),
        ("work_items.csv", 2, "cancelled_at", "end_before_start"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("R1,nps,customer,7.5,0,10,2025-01-01", [("score", "bad_number")]),
        ("R1,nps,customer,7,1,10,2025-01-01", [("scale_min", "out_of_range")]),
        ("R1,enps,employee,7,0,9,2025-01-01", [("scale_max", "out_of_range")]),
        ("R1,csat,customer,5.5,1,5,2025-01-01", [("score", "out_of_range")]),
        ("R1,csat,customer,1,1,1,2025-01-01", [("scale_max", "out_of_range")]),
        ("R1,csat,customer,4.5,1,5,2025-01-01", []),
        ("R1,nps,customer,3.0,0.0,10.00,2025-01-01", []),
    ],
)
def test_scores_lie_inside_their_scales(line: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    report = deliver(tmp_path, {"survey_responses.csv": f"{SURVEYS}\n{line}\n"})

    assert found(report) == [("survey_responses.csv", 2, column, code) for column, code in expected]


@pytest.mark.parametrize(
    ("kind", "delta", "good"),
    [("new", "1", True), ("new", "-1", False), ("new", "0", False), ("churn", "-1", True), ("churn", "0", False)],
)
def test_the_sign_of_revenue_fits_its_kind(kind: str, delta: str, good: bool, tmp_path: Path) -> None:
    text = f"customer,code,effective_on,kind,delta_arr,currency\nC-1,E1,2025-01-01,{kind},{delta},EUR\n"

    report = deliver(tmp_path, {"revenue_events.csv": text})

    assert found(report) == ([] if good else [("revenue_events.csv", 2, "delta_arr", "out_of_range")])


def test_no_more_users_are_active_than_entitled(tmp_path: Path) -> None:
    text = "customer,service,project,month,entitled_users,active_users\n"
    text += "C-1,,,2025-01,10,10\nC-1,,,2025-02,10,10.0001\n"

    report = deliver(tmp_path, {"adoption.csv": text})

    assert found(report) == [("adoption.csv", 3, "active_users", "out_of_range")]


def test_targets_name_metrics_of_the_catalogue_and_ranges_need_a_direction(tmp_path: Path) -> None:
    text = (
        "metric,component,scope_kind,scope,green,amber,direction,valid_from\n"
        "resource_utilisation,,,,1,2,,2025-01-01\nresource_utilisation,,,,1,2,higher,2025-02-01\n"
        "no_such_metric,,,,1,2,,2025-01-01\n"
    )

    report = deliver(tmp_path, {"targets.csv": text})

    assert found(report) == [
        ("targets.csv", 2, "direction", "missing_value"),
        ("targets.csv", 4, "metric", "unknown_reference"),
    ]


def test_a_range_metric_without_a_direction_column_is_the_same_missing_value(tmp_path: Path) -> None:
    text = "metric,component,scope_kind,scope,green,amber,valid_from\nresource_utilisation,,,,1,2,2025-01-01\n"

    report = deliver(tmp_path, {"targets.csv": text})

    assert found(report) == [("targets.csv", 2, "direction", "missing_value")]


def test_members_of_a_cycle_are_out_of_range_and_what_hangs_below_is_unknown(tmp_path: Path) -> None:
    tree = "A,A,portfolio,B\nB,B,program,A\nC,C,program,B\nD,D,program,C\nSELF,S,program,SELF\nTOP,T,portfolio,\n"

    report = deliver(
        tmp_path,
        {
            "portfolios.csv": f"code,name,kind,parent\n{tree}",
            "projects.csv": f"{PROJECTS}\nP-1,One,D,active,EUR\nP-2,Two,TOP,active,EUR\n",
        },
        skip_bad_rows=True,
    )

    assert found(report) == [
        ("portfolios.csv", 2, "parent", "out_of_range"),
        ("portfolios.csv", 3, "parent", "out_of_range"),
        ("portfolios.csv", 4, "parent", "unknown_reference"),
        ("portfolios.csv", 5, "parent", "unknown_reference"),
        ("portfolios.csv", 6, "parent", "out_of_range"),
        ("projects.csv", 2, "portfolio", "unknown_reference"),
    ]
    assert rows(Project, "code") == [("P-2",)]


def test_a_cycle_through_a_stored_portfolio_is_found(tmp_path: Path) -> None:
    deliver(tmp_path, {"portfolios.csv": "code,name,kind,parent\nA,A,portfolio,\nB,B,program,A\nPF,P,portfolio,\n"})

    report = deliver(
        tmp_path, {"portfolios.csv": "code,name,kind,parent\nA,A,portfolio,B\n"}, base=False, skip_bad_rows=True
    )

    assert found(report) == [("portfolios.csv", 2, "parent", "out_of_range")]


def test_a_row_left_out_for_its_references_still_blocks_a_later_one(tmp_path: Path) -> None:
    text = f"{PROJECTS}\nP-1,One,PX,active,EUR\nP-1,Two,PF,active,EUR\n"

    report = deliver(tmp_path, {"projects.csv": text}, skip_bad_rows=True)

    assert found(report) == [
        ("projects.csv", 2, "portfolio", "unknown_reference"),
        ("projects.csv", 3, "code", "duplicate_key"),
    ]
    assert rows(Project, "code") == []


def test_a_row_with_a_bad_form_does_not_block_a_later_one(tmp_path: Path) -> None:
    text = f"{PROJECTS}\nP-1,One,PF,nope,EUR\nP-1,Two,PF,active,EUR\n"

    report = deliver(tmp_path, {"projects.csv": text}, skip_bad_rows=True)

    assert found(report) == [("projects.csv", 2, "status", "bad_enum")]
    assert rows(Project, "code", "name") == [("P-1", "Two")]


def test_only_the_first_unknown_reference_of_a_row_is_reported(tmp_path: Path) -> None:
    text = "code,project,service,severity,validity,opened_at,found_phase,release\n"
    text += "D1,P-9,S-9,1,valid,2025-01-01T00:00:00Z,before_release,R-9\n"

    report = deliver(tmp_path, {"defects.csv": text})

    assert found(report) == [("defects.csv", 2, "project", "unknown_reference")]


def test_keys_that_differ_in_case_or_space_are_two_rows_and_warned_of(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"customers.csv": "code,name\nC 1,A\nc 1,B\nC1,C\n"})

    assert report.status == "imported"
    assert warned(report) == [
        ("customers.csv", 3, "code", "similar_key"),
        ("customers.csv", 4, "code", "similar_key"),
    ]
    assert report.feeds["customers"]["created"] == 3


def test_the_last_line_of_a_record_over_several_lines_is_named(tmp_path: Path) -> None:
    text = 'code,name,importance\nC-1,"one\ntwo\nthree",1\nC-2,"a\nb",x\nC-3,c,y\n'

    report = deliver(tmp_path, {"customers.csv": text})

    assert found(report) == [
        ("customers.csv", 6, "importance", "bad_number"),
        ("customers.csv", 7, "importance", "bad_number"),
    ]


def test_blank_lines_are_skipped_and_counted(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"customers.csv": "\n\ncode,name,importance\n\nC-1,A,1\n  \r\nC-2,B,x\n"})

    assert found(report) == [("customers.csv", 7, "importance", "bad_number")]


def test_a_quote_that_never_closes_is_a_bad_row(tmp_path: Path) -> None:
    text = 'code,name\nC-1,A\n"C-2,never closed\n' + "C-3,B\n" * 20

    report = deliver(tmp_path, {"customers.csv": text})

    assert found(report) == [("customers.csv", 23, "", "bad_row")]


def test_semicolons_are_refused_and_the_remedy_says_why(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"customers.csv": "code;name\nC-1;A\n"})

    assert found(report) == [
        ("customers.csv", 1, "code", "missing_column"),
        ("customers.csv", 1, "name", "missing_column"),
    ]
    assert "semicolons" in next(iter(report.problems)).remedy


def test_optional_columns_of_a_key_must_stand_in_the_first_line(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"adoption.csv": "customer,month,entitled_users,active_users\nC-1,2025-01,1,1\n"})

    assert found(report) == [
        ("adoption.csv", 1, "service", "missing_column"),
        ("adoption.csv", 1, "project", "missing_column"),
    ]


def test_an_empty_file_has_no_columns(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"customers.csv": ""})

    assert [code for *_place, code in found(report)] == ["missing_column", "missing_column"]


def test_utf16_is_named(tmp_path: Path) -> None:
    report = deliver(tmp_path, {"customers.csv": "code,name\nC-1,A\n".encode("utf-16")})

    assert found(report) == [("customers.csv", 1, "", "bad_encoding")]


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-inf", "1e3", "9" * 19, "0.12345678901", '"1.234,56"', "1 234", "12%", "€1", "١٢", "１２",
     "1_000", "0x10", "5.", ".5", "+", "--1", "1..2"],
)  # fmt: skip
def test_a_number_is_digits_and_a_point(number: str, tmp_path: Path) -> None:
    report = deliver(tmp_path, {"customers.csv": f"code,name,importance\nC-1,A,{number}\n"})

    assert found(report) == [("customers.csv", 2, "importance", "bad_number")]


@pytest.mark.parametrize("number", ["0", "-0", "+5", "007", "9" * 18, "0.1234567890", "3.0", " 1 "])
def test_numbers_of_the_stated_form_are_taken(number: str, tmp_path: Path) -> None:
    report = deliver(tmp_path, {"customers.csv": f"code,name,importance\nC-1,A,{number}\n"})

    assert found(report) == []


@pytest.mark.parametrize(
    "day",
    ["03/31/2026", "31.03.2026", "2026-02-30", "46112", "0000-01-01", "10000-01-01", "2026-3-1", "1900-02-29",
     "2026-31-03", "next Friday", "2026-03-31T00:00:00Z", "20260331", "２０26-01-01"],
)  # fmt: skip
def test_a_day_is_written_one_way(day: str, tmp_path: Path) -> None:
    report = deliver(tmp_path, {"customers.csv": f"code,name,acquired_on\nC-1,A,{day}\n"})

    assert found(report) == [("customers.csv", 2, "acquired_on", "bad_date")]


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "2026-1", "2026-01-01", "2026", "0000-01"])
def test_a_month_is_written_one_way(month: str, tmp_path: Path) -> None:
    report = deliver(tmp_path, {"fx_rates.csv": f"currency,month,rate\nSEK,{month},0.1\n"})

    assert found(report) == [("fx_rates.csv", 2, "month", "bad_date")]


@pytest.mark.parametrize(
    ("instant", "good"),
    [
        ("2026-01-21T08:50:00Z", True),
        ("2026-01-21T08:50Z", True),
        ("2026-01-21 08:50:00Z", True),
        ("2026-01-21T08:50:00.250Z", True),
        ("2026-01-21T08:50:00+02:00", True),
        ("2026-01-21T08:50:00+0200", True),
        ("2024-02-29T00:00:00-11:00", True),
        ("2026-01-21T08:50:00", False),
        ("2026-01-21", False),
        ("2026-01-21T24:00:00Z", False),
        ("2026-01-21T08:60:00Z", False),
        ("2026-02-29T08:00:00Z", False),
        ("2026-01-21T08:50:00+25:00", False),
        ("0001-01-01T00:00:00+10:00", False),
    ],
)
def test_an_instant_has_a_zone(instant: str, good: bool, tmp_path: Path) -> None:
    report = deliver(tmp_path, {"work_items.csv": f"code,started_at\nW-1,{instant}\n"})

    assert found(report) == ([] if good else [("work_items.csv", 2, "started_at", "bad_date")])


@pytest.mark.parametrize(("value", "code"), [("5", "out_of_range"), ("0", "out_of_range"), ("2.5", "bad_number")])
def test_a_severity_is_a_whole_number_from_1_to_4(value: str, code: str, tmp_path: Path) -> None:
    text = f"code,severity,validity,opened_at,found_phase\nD1,{value},valid,2025-01-01T00:00:00Z,before_release\n"

    report = deliver(tmp_path, {"defects.csv": text})

    assert found(report) == [("defects.csv", 2, "severity", code)]


@pytest.mark.parametrize("value", ["0", "1.01", "-0.5"])
def test_a_degradation_lies_above_0_and_up_to_1(value: str, tmp_path: Path) -> None:
    files = {
        "incidents.csv": "code,service,started_at,planned\nI1,S-1,2025-01-01T00:00:00Z,false\n",
        "incident_impacts.csv": f"incident,customer,degradation\nI1,C-1,{value}\nI1,C-2,1.0\n",
    }

    report = deliver(tmp_path, files)

    assert found(report) == [("incident_impacts.csv", 2, "degradation", "out_of_range")]


def test_text_is_stored_as_it_came(tmp_path: Path) -> None:
    texts = [
        "=1+1", "+1+1", "-1+1", "@SUM(1,1)", "</script><script>x</script>", "‮evil‬ שלום \U0001f469‍\U0001f680 á Åsa",
        'line1\nline2, "quoted"', "\\.", "a\n\\.\nb", "\\N", "a\tb", "%s%n",
    ]  # fmt: skip
    lines = "".join(f'P-{i:02d},"{text.replace(chr(34), chr(34) * 2)}",PF,active,EUR\n' for i, text in enumerate(texts))

    report = deliver(tmp_path, {"projects.csv": f"{PROJECTS}\n{lines}"})

    assert report.status == "imported"
    assert list(Project.objects.order_by("code").values_list("name", flat=True)) == texts
