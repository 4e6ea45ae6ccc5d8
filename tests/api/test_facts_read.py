"""Reading facts: lists, filters, pages, formats, keys; rights are walked in test_walk."""

import csv
import io
import json

import brotli
import pyarrow.parquet as pq
import pytest
from django.test import Client

from portfolio.models import Project
from tests.portfolio.world import make_fact

pytestmark = pytest.mark.django_db
PROJECTS = "/api/v1/facts/projects/"


def codes(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["code"] for row in response.json()["results"]]


def test_a_row_as_the_contract_names_it(client_of):
    row = client_of("lead").get(f"{PROJECTS}projects-A/").json()

    assert row == {
        "key": "projects-A", "url": "http://testserver/api/v1/facts/projects/projects-A/", "code": "projects-A",
        "name": "name-canary-A", "portfolio": "portfolios-A", "status": "proposed", "priority": 1,
        "manager": "manager-canary-A", "sponsor": "sponsor-canary-A", "currency": "EUR", "budget": 1,
        "planned_start_on": "2026-01-01", "planned_finish_on": "2026-01-01", "actual_start_on": "2026-01-01",
        "actual_finish_on": "2026-01-01", "description": "description-canary-A", "not_visible": [],
    }  # fmt: skip


def test_amounts_keep_every_digit(client_of):
    Project.objects.filter(code="projects-A").update(budget="123456789012345678.0123456789")

    assert b'"budget":123456789012345678.0123456789' in client_of("lead").get(f"{PROJECTS}projects-A/").content


def test_pages_forth_and_back(client_of):
    client, seen, urls = client_of("lead"), [], []
    for n in range(5):
        make_fact("projects", code=f"P{n}", name="x", portfolio="portfolios-A", status="active", currency="EUR")
    url = f"{PROJECTS}?page_size=3"
    while url:
        page = client.get(url).json()
        seen.append([row["code"] for row in page["results"]])
        urls.append(url)
        url = page["next"]
    assert seen == [["projects-A", "projects-B", "deep-A"], ["P0", "P1", "P2"], ["P3", "P4"]]

    back = client.get(page["previous"]).json()
    assert [row["code"] for row in back["results"]] == seen[1]
    first = client.get(back["previous"]).json()
    assert [row["code"] for row in first["results"]] == seen[0]
    assert first["previous"] is None
    assert client.get(urls[0]).json()["count"] == 8


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("portfolio=portfolios-B", ["projects-B"]),
        ("status=active", ["deep-A"]),
        ("currency=EUR", ["projects-A", "deep-A"]),
        ("code=deep-A", ["deep-A"]),
        ("planned_start_on_from=2026-01-01", ["projects-A", "projects-B"]),
        ("planned_start_on_before=2026-01-01", []),
        ("changed_since=2020-01-01T00:00:00Z", ["projects-A", "projects-B", "deep-A"]),
        ("changed_since=2100-01-01T00:00:00%2B02:00", []),
    ],
)
def test_filters(client_of, query, found):
    assert codes(client_of("lead").get(f"{PROJECTS}?{query}")) == found


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("portfolioo=portfolios-A", "portfolioo", "unknown_parameter"),
        ("ordering=name", "ordering", "unknown_parameter"),
        ("status=asleep", "status", "bad_value"),
        ("planned_start_on_from=2026-02-30", "planned_start_on_from", "bad_value"),
        ("planned_start_on_from=1.1.2026", "planned_start_on_from", "bad_value"),
        ("changed_since=2026-01-01T00:00:00", "changed_since", "bad_value"),
        ("page_size=0", "page_size", "bad_value"),
        ("page_size=1001", "page_size", "bad_value"),
        ("page_size=" + "9" * 400, "page_size", "bad_value"),
        ("cursor=nonsense", "cursor", "bad_value"),
        ("cursor=WyJhIiw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OV0", "cursor", "bad_value"),
        ("format=xml", "format", "bad_value"),
        ("code=a&code=b", "code", "repeated"),
        ("code=a%00b", "code", "bad_character"),
    ],
)
def test_what_is_wrong_with_a_query_is_named(client_of, query, field, code):
    response = client_of("lead").get(f"{PROJECTS}?{query}")

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]
    assert problem["request_id"] == response["X-Request-ID"]


def test_a_filter_by_what_does_not_exist_is_no_empty_list(client_of):
    response = client_of("lead").get(f"{PROJECTS}?portfolio=nope")

    assert response.status_code == 404
    assert response.json()["errors"][0]["field"] == "portfolio"


def test_csv_is_the_fact_file(client_of):
    Project.objects.filter(code="projects-A").update(name='=HYPERLINK("x")', manager="-5", budget=5)
    response = client_of("lead").get(f"{PROJECTS}?format=csv")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="projects.csv"'
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode())))
    assert [row["code"] for row in rows] == ["projects-A", "projects-B", "deep-A"]
    assert rows[0]["name"] == '\'=HYPERLINK("x")'
    assert (rows[0]["manager"], rows[0]["budget"]) == ("-5", "5")


def test_json_lines_and_parquet_hold_the_same_rows(client_of):
    client = client_of("lead")
    lines = [json.loads(line) for line in client.get(f"{PROJECTS}?format=jsonl").getvalue().splitlines()]
    table = pq.read_table(io.BytesIO(client.get(f"{PROJECTS}?format=parquet").getvalue())).to_pylist()

    assert [line["code"] for line in lines] == [row["code"] for row in table] == ["projects-A", "projects-B", "deep-A"]
    assert str(table[0]["budget"]) == "1.0000000000"
    assert table[0]["planned_start_on"].isoformat() == lines[0]["planned_start_on"]


def test_a_page_of_csv_links_to_the_next(client_of):
    response = client_of("lead").get(f"{PROJECTS}?format=csv&page_size=2")

    assert response.content.count(b"\r\n") == 3
    assert 'rel="next"' in response["Link"]


@pytest.mark.parametrize(("accept", "kind"), [("text/csv", "text/csv"), ("*/*", "application/json")])
def test_accept_chooses_too(client_of, accept, kind):
    assert client_of("lead").get(PROJECTS, HTTP_ACCEPT=accept)["Content-Type"].startswith(kind)


def test_what_cannot_be_given_is_406(client_of):
    response = client_of("lead").get(PROJECTS, HTTP_ACCEPT="text/html")

    assert (response.status_code, response["Content-Type"]) == (406, "application/problem+json")


def test_an_unchanged_answer_is_not_sent_again(client_of):
    client = client_of("lead")
    for url in (PROJECTS, f"{PROJECTS}projects-A/"):
        first = client.get(url)
        assert client.get(url, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
        assert client.get(url, HTTP_IF_NONE_MATCH=f"W/{first['ETag']}").status_code == 304
        assert client.get(url, HTTP_IF_NONE_MATCH='"other"').status_code == 200
        assert "private" in first["Cache-Control"]


def test_compression(client_of):
    client = client_of("lead")
    plain = client.get(PROJECTS).content
    packed = client.get(PROJECTS, HTTP_ACCEPT_ENCODING="gzip, br")
    whole = client.get(f"{PROJECTS}?format=jsonl", HTTP_ACCEPT_ENCODING="br")

    assert packed["Content-Encoding"] == "br"
    assert brotli.decompress(packed.content) == plain
    assert brotli.decompress(whole.getvalue()).count(b"\n") == 3
    assert client.get(PROJECTS, HTTP_ACCEPT_ENCODING="gzip, br;q=0")["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    "key",
    ["projects-A|milestones-A", "projects-A%7Cmilestones-A", "projects%2DA|milestones-A"],
)
def test_composite_keys(client_of, key):
    assert client_of("lead").get(f"/api/v1/facts/milestones/{key}/").json()["key"] == "projects-A|milestones-A"


def test_bars_slashes_and_blanks_in_keys(client_of):
    client = client_of("lead")
    make_fact("projects", code="a|b/c%7C", name="x", portfolio="portfolios-A", status="active", currency="EUR")
    make_fact("milestones", project="a|b/c%7C", code="m|1", name="x", baseline_on="2026-01-01", customer_facing=True)
    make_fact("adoption", customer="customers-A", month="2026-05-01", entitled_users=2, active_users=1)

    assert client.get("/api/v1/facts/projects/a%7Cb%2Fc%257C/").json()["code"] == "a|b/c%7C"
    row = client.get("/api/v1/facts/milestones/?code=m%7C1").json()["results"][0]
    assert row["key"] == "a%7Cb%2Fc%257C|m%7C1"
    assert client.get(row["url"]).json()["key"] == row["key"]
    assert client.get("/api/v1/facts/milestones/a%7Cb%2Fc%257C|m%7C1/").json()["code"] == "m|1"
    blank = client.get("/api/v1/facts/adoption/customers-A|||2026-05/").json()
    assert (blank["key"], blank["service"]) == ("customers-A|||2026-05", None)


@pytest.mark.parametrize(
    "key",
    [
        "nope",
        "%00",
        "a%00",
        "+projects-A",
        "%20projects-A",
        "projects-A%0a",
        "PROJECTS-A",
        "9" * 3000,
        "%F0%9F%98%80",
        "%ff",
    ],
)
def test_no_other_spelling_finds_a_row(client_of, key):
    assert client_of("lead").get(f"{PROJECTS}{key}/").status_code == 404


@pytest.mark.parametrize("path", ["nope/", "facts/", "facts/nope/", "", "metrics/nope/", "%ff%fe/"])
def test_addresses_that_lead_nowhere(client_of, path):
    response = client_of("lead").get(f"/api/v1/{path}")

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


def test_a_missing_last_slash_leads_on(client_of):
    response = client_of("lead").get("/api/v1/facts/projects?page_size=1")

    assert response.status_code == 301
    assert response["Location"] == "http://testserver/api/v1/facts/projects/?page_size=1"


def test_removed_rows_are_gone(client_of):
    Project.objects.filter(code="deep-A").update(deleted_at="2026-01-01T00:00:00Z")
    client = client_of("lead")

    assert codes(client.get(PROJECTS)) == ["projects-A", "projects-B"]
    assert client.get(f"{PROJECTS}deep-A/").status_code == 404


def test_a_list_costs_the_same_for_any_number_of_rows(client_of, django_assert_num_queries):
    client = client_of("lead")
    client.get(PROJECTS)
    with django_assert_num_queries(5):  # token, role, rows, and the savepoint around them
        client.get(PROJECTS)
    for n in range(30):
        make_fact("projects", code=f"P{n}", name="x", portfolio="portfolios-A", status="active", currency="EUR")
    with django_assert_num_queries(5):
        client.get(PROJECTS)


def test_the_catalogue(client_of):
    client = client_of("portfolio_viewer")
    page = client.get("/api/v1/metrics/?page_size=2&family=financial").json()

    assert [metric["family"] for metric in page["results"]] == ["financial", "financial"]
    key = page["results"][0]["key"]
    assert client.get(f"/api/v1/metrics/{key}/").json()["formula"]
    assert client.get("/api/v1/metrics/?format=csv").getvalue().startswith(b"key,title,family")


def test_the_schema_and_its_page(client_of, world):
    document = client_of("nobody").get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/facts/milestones/{key}/" in document["paths"]

    client = Client()
    client.force_login(world.nobody)
    page = client.get("/api/v1/docs/").content.decode()
    assert "/api/v1/facts/milestones/{key}/" in page
    assert "<script" not in page
    assert " style=" not in page
