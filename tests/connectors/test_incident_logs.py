"""GitHub's status page and ServiceNow's event log: made records for the edges, the real files against profiles."""

from __future__ import annotations

import json

import pytest

from connectors.registry import connector_get
from connectors.sources import github_status, servicenow
from connectors.sources.base import SourceFile, SourceRefused, Translation
from connectors.sources.files import source_files
from portfolio.models import Incident, IncidentImpact
from portfolio.services.facts import facts_write
from tests.connectors.datasets import dataset, profile

OUTAGE = {
    "id": 7,
    "started_at": "2026-03-01T10:00:00Z",
    "resolved_at": "2026-03-01T12:00:00Z",
    "downtime_start": "2026-03-01T10:30:00+00:00",
    "downtime_end": "2026-03-01T11:30:00Z",
    "impact": "major",
    "components": ["Git Operations", "Actions", "Actions"],
    "updates": [{}, {}],
}
LOG = (
    "number,opened_at,resolved_at,closed_at,location,category,priority,made_sla\n"
    "INC1,29/2/2016 01:16,?,?,Location 1,Category 5,3 - Moderate,true\n"
    "INC1,29/2/2016 01:16,1/3/2016 02:00,5/3/2016 12:00,Location 1,Category 5,2 - High,false\n"
    "INC2,29/2/2016 01:16,28/2/2016 02:00,5/3/2016 12:00,?,Category 5,-,true\n"
    "INC3,soon,?,?,Location 1,Category 5,3 - Moderate,true\n"
)


def status(*records: object) -> Translation:
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in records)
    return github_status.translate([SourceFile("incidents.jsonl", text.encode)], {})


def log(text: str = LOG) -> Translation:
    return servicenow.translate([SourceFile("incident_event_log.csv", text.encode)], {})


def rows(done: Translation, feed: str) -> list[dict[str, str]]:
    return [cells for _place, cells in done.rows.get(feed, [])]


def test_an_outage_interrupts_every_component_once() -> None:
    done = status(OUTAGE)

    assert rows(done, "services") == [
        {"code": "git-operations", "name": "Git Operations"},
        {"code": "actions", "name": "Actions"},
    ]
    assert [row["code"] for row in rows(done, "incidents")] == ["7:git-operations", "7:actions"]
    assert rows(done, "incidents")[0] == {
        "code": "7:git-operations",
        "service": "git-operations",
        "started_at": "2026-03-01T10:30:00Z",
        "detected_at": "2026-03-01T10:00:00Z",
        "restored_at": "2026-03-01T11:30:00Z",
        "severity": "2",
        "planned": "false",
    }


def test_maintenance_is_planned_and_has_no_severity() -> None:
    (row,) = rows(status({**OUTAGE, "impact": "maintenance", "components": ["Pages"]}), "incidents")

    assert (row["planned"], row["severity"]) == ("true", "")


def test_an_incident_without_component_is_kept_and_told() -> None:
    done = status({key: value for key, value in OUTAGE.items() if key != "components"})

    assert [row["service"] for row in rows(done, "incidents")] == ["unnamed"]
    assert done.drops["incidents.jsonl", "component", "not named; the incident is kept under one service"] == 1


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({**OUTAGE, "started_at": "yesterday"}, "time not readable"),
        ({**OUTAGE, "started_at": "2026-03-01T10:00:00"}, "time not readable"),
        ({**OUTAGE, "resolved_at": "2026-02-01T10:00:00Z"}, "ends before it starts"),
        (OUTAGE, "named twice"),
    ],
)
def test_what_is_no_incident_is_told_by_reason(record: dict[str, object], reason: str) -> None:
    first = OUTAGE if record is OUTAGE else {**OUTAGE, "id": 8}

    assert status(first, record).drops["incidents.jsonl", "incident", reason] == 1


def test_lines_that_are_no_json_are_told_and_a_file_of_them_refused() -> None:
    assert status(OUTAGE, "{", "[1]").drops["incidents.jsonl", "line", "not an incident in JSON"] == 2
    with pytest.raises(SourceRefused, match="no incident"):
        status("{")


def test_the_last_row_of_a_ticket_counts() -> None:
    done = log()

    assert rows(done, "incidents") == [
        {
            "code": "INC1",
            "service": "Category 5",
            "started_at": "2016-02-29T01:16:00Z",
            "restored_at": "2016-03-01T02:00:00Z",
            "severity": "2",
            "planned": "false",
        },
        {
            "code": "INC2",
            "service": "Category 5",
            "started_at": "2016-02-29T01:16:00Z",
            "restored_at": "2016-03-05T12:00:00Z",
            "severity": "",
            "planned": "false",
        },
    ]
    assert rows(done, "incident_impacts") == [{"incident": "INC1", "customer": "Location 1"}]
    assert [(row["code"], row["passed"]) for row in rows(done, "standard_checks")] == [
        ("INC1", "false"),
        ("INC2", "true"),
    ]
    assert done.drops["incident_event_log.csv", "resolution time", "before the opening"] == 1
    assert done.drops["incident_event_log.csv", "incident", "without a category or an opening time"] == 1


def test_the_real_status_page_comes_out_as_its_profile_says() -> None:
    folder = dataset("github_status_incidents")
    stated = profile(folder)
    done = github_status.translate(source_files([folder], github_status.SOURCE.accepts), {})
    incidents = rows(done, "incidents")

    assert len({row["code"].partition(":")[0] for row in incidents}) == stated["incidents"]
    names = {row["code"]: row["name"] for row in rows(done, "services")}
    for name, count in stated["components"].items():
        assert sum(1 for row in incidents if names[row["service"]] == name) == count
    planned = {row["code"].partition(":")[0] for row in incidents if row["planned"] == "true"}
    assert len(planned) == stated["impact"]["maintenance"]


@pytest.mark.django_db
def test_the_real_status_page_is_imported_without_an_error() -> None:
    folder = dataset("github_status_incidents")
    connector = connector_get("github_status")
    assert connector is not None

    report = facts_write(delivery=connector.translate([folder], {}))

    assert (report.status, report.problems.errors) == ("imported", 0)
    assert Incident.objects.count() == report.feeds["incidents"]["created"]


@pytest.mark.django_db
def test_the_real_event_log_is_imported_as_its_profile_says() -> None:
    folder = dataset("servicenow_incident_log")
    stated = profile(folder)
    done = servicenow.translate(source_files([folder], servicenow.SOURCE.accepts), {})
    left_out = done.drops["incident_event_log.csv.gz", "incident", "without a category or an opening time"]
    earlier = done.drops["incident_event_log.csv.gz", "row", "an earlier update of the same incident"]

    report = facts_write(delivery=done.delivery())

    assert (report.status, report.problems.errors) == ("imported", 0)
    assert earlier == stated["events"] - stated["incidents"]
    assert Incident.objects.count() == stated["incidents"] - left_out
    assert IncidentImpact.objects.count() > 20_000
    resolved = done.drops["incident_event_log.csv.gz", "resolution time", "unknown"]
    assert stated["incidents"] - left_out - resolved == pytest.approx(stated["resolved_with_times"], abs=left_out)
