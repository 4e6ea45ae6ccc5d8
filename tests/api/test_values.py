"""Values, explanations, contributions, index: filters, pages, files, and money that is never alone."""

import csv
import io

import pyarrow.parquet as pq
import pytest

from metrics import runs
from metrics.records import COLUMNS
from metrics.registry import FAMILIES, metrics
from tests.api.test_facts_write import errors
from tests.portfolio.world import make_fact

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/"
VALUES = f"{ROOT}values/"


@pytest.fixture(scope="module")
def computed(stored_world, django_db_blocker):
    """Values computed by a run, with money at both customers."""
    with django_db_blocker.unblock():
        for month in ("2026-01-01", "2026-02-01"):
            for account, amount in (("revenue", 100), ("cogs", 40)):
                code = f"{account} {month}"
                make_fact(
                    "ledger", code=code, month=month, account=account, amount=amount, currency="EUR",
                    customer="customers-A",
                )  # fmt: skip
        runs.run_compute(runs.run_request(cause="test").pk)


@pytest.fixture
def lead(computed, client_of):
    return client_of("lead")


def records(client, query):
    response = client.get(f"{VALUES}?{query}")
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_a_record_has_the_columns_of_the_contract(lead):
    record = records(lead, "metric=gross_margin&scope_kind=customer&scope=customers-A&period=2026-02")[0]

    assert tuple(record) == COLUMNS
    assert (record["value"], record["numerator"], record["denominator"], record["status"]) == (0.6, 60.0, 100.0, "ok")


@pytest.mark.parametrize(
    ("query", "field", "values"),
    [
        ("metric=gross_margin&metric=adoption_rate", "metric", {"gross_margin", "adoption_rate"}),
        ("family=longevity", "metric", None),
        ("scope_kind=project&scope=projects-A", "scope", {"projects-A"}),
        ("scope=customers-A", "scope", {"customers-A"}),
        ("period=2026-Q1&period=2026-02", "period", {"2026-Q1", "2026-02"}),
        ("grain=year", "period", {"2026"}),
        ("from=2026-02&to=2026-02", "period", {"2026-02"}),
        ("colour=green", "colour", {"green"}),
        ("status=ok", "status", {"ok"}),
        ("component=*&metric=gross_margin", "metric", {"gross_margin"}),
        ("component=estimate_at_completion&metric=cost_performance_index", "component", {"estimate_at_completion"}),
        ("changed_since=2000-01-01T00:00:00Z&factor=value", "metric", None),
    ],
)
def test_filters(lead, query, field, values):
    found = {record[field] for record in records(lead, f"{query}&page_size=1000")}

    assert found
    assert values is None or found == values


def test_cells_that_need_not_be_stored_are_listed_when_asked_for(lead):
    later = records(lead, "metric=gross_margin&scope_kind=customer&period=2199-01&status=not_due")
    empty = records(lead, "metric=gross_margin&scope_kind=customer&period=2020-01&status=no_data")

    assert {record["status"] for record in later} == {"not_due"}
    assert [record["scope"] for record in empty] == ["customers-A", "customers-B"]
    assert records(lead, "metric=gross_margin&scope_kind=customer&period=2020-01") == []


def test_nothing_changed_since_the_future(lead):
    assert records(lead, "changed_since=2199-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("metric=nope", "metric"),
        ("metrc=gross_margin", "metrc"),
        ("component=nope", "component"),
        ("scope_kind=galaxy", "scope_kind"),
        ("period=2026-13", "period"),
        ("period=0000", "period"),
        ("period=99999-01", "period"),
        ("from=2026-02&to=2026-01", "to"),
        ("grain=week", "grain"),
        ("status=fine", "status"),
        ("colour=blue", "colour"),
        ("changed_since=yesterday", "changed_since"),
        ("cursor=WyJhIixbWyJhIiwiYiIsImMiLCJkIiwiZSJdXV0", "cursor"),
        ("cursor=WyJhIiwxXQ", "cursor"),
        ("page_size=5000", "page_size"),
    ],
)
def test_what_is_wrong_with_a_query_is_named(lead, query, field):
    assert {name for name, _code in errors(lead.get(f"{VALUES}?{query}"))} == {field}


def test_pages_forth_and_back_hold_every_record_once(lead):
    query = "period=2026-01&component=*&page_size=37"
    whole = records(lead, query.replace("37", "1000"))
    pages, url = [], f"{VALUES}?{query}"
    while url:
        page = lead.get(url).json()
        pages.append(page["results"])
        url, back = page["next"], page["previous"]
    assert [record for page in pages for record in page] == whole

    for expected in reversed(pages[:-1]):
        page = lead.get(back).json()
        assert page["results"] == expected
        back = page["previous"]
    assert back is None


def test_files_hold_the_same_records(lead):
    query = f"{VALUES}?period=2026-01&component=*"
    whole = records(lead, "period=2026-01&component=*&page_size=1000")
    lines = list(csv.DictReader(io.StringIO(lead.get(f"{query}&format=csv").getvalue().decode())))
    table = pq.read_table(io.BytesIO(lead.get(f"{query}&format=parquet").getvalue())).to_pylist()

    assert tuple(lines[0]) == COLUMNS
    assert [float(line["value"]) if line["value"] else None for line in lines] == [r["value"] for r in whole]
    assert [line["value"] for line in table] == [record["value"] for record in whole]
    assert [line["green"] or None for line in lines] == [None if r["green"] is None else str(r["green"]) for r in whole]


# --- money is never alone --------------------------------------------------------------------------------------------
MONEY = "metric=gross_margin&scope_kind=customer&scope=customers-A&period=2026-02"


def test_money_says_whether_it_is_complete(lead):
    answer = lead.get(f"{VALUES}?period=2026-01&scope=customers-A").json()
    rule = answer["rule_360"]

    assert rule["status"] == ("incomplete_360" if rule["missing"] else "complete")
    assert [(place["scope"], place["period"]) for place in rule["scopes"]] == [("customers-A", "2026-01")]
    assert "context" not in answer


def test_an_answer_without_money_has_no_rule(lead):
    assert lead.get(f"{VALUES}?metric=net_promoter_score").json()["rule_360"] is None


def test_a_request_for_money_alone_gets_the_others_beside_it(lead):
    answer = lead.get(f"{VALUES}?{MONEY}").json()
    present = {"tactical", "value_creation", "longevity"} - set(answer["rule_360"]["missing"])
    families = {lead.get(f"{ROOT}metrics/{r['metric']}/").json()["family"] for r in answer["context"]}

    assert families == present
    assert {record["period"] for record in answer["context"]} == {"2026-02"}
    assert all(record["component"] == "" and record["value"] is not None for record in answer["context"])


@pytest.mark.parametrize("paged", ["", "&page_size=10"])
def test_in_files_the_context_follows_and_is_marked(lead, paged):
    context = lead.get(f"{VALUES}?{MONEY}").json()["context"]
    lines = list(csv.DictReader(io.StringIO(lead.get(f"{VALUES}?{MONEY}&format=csv{paged}").getvalue().decode())))

    assert [(line["metric"], line["context"]) for line in lines] == [
        ("gross_margin", ""), *[(record["metric"], "context") for record in context],
    ]  # fmt: skip


def test_context_never_shows_what_is_outside_the_rights(computed, client_of):
    answer = client_of("customer_viewer").get(f"{VALUES}?family=financial&page_size=1000").json()

    assert {r["scope"] for r in [*answer["results"], *answer["context"]]} <= {"customers-A", "initiatives-A"}


# --- explain ---------------------------------------------------------------------------------------------------------
EXPLAIN = f"{VALUES}explain/?{MONEY}"


def test_explain_adds_up(lead):
    found = lead.get(EXPLAIN).json()

    assert found["record"]["value"] == 0.6
    assert sum(row["weight"] for row in found["denominator"]["rows"]) == found["denominator"]["total"] == 100.0
    assert found["metric"]["key"] == "gross_margin"
    assert found["rule_360"] is not None
    assert "context" in found
    assert [row["key"] for row in found["denominator"]["rows"]] == ["revenue%202026-02-01"]


def test_explain_is_for_what_the_reader_sees(computed, client_of):
    assert client_of("customer_viewer").get(EXPLAIN).status_code == 200
    assert client_of("portfolio_viewer").get(EXPLAIN).status_code == 404
    assert client_of("customer_viewer").get(EXPLAIN.replace("customers-A", "customers-B")).status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("metric=gross_margin&scope_kind=customer&scope=customers-A", 400),
        ("metric=gross_margin&scope_kind=customer&scope=nothing&period=2026-01", 404),
        ("metric=gross_margin&component=nothing&scope_kind=customer&scope=customers-A&period=2026-01", 404),
        ("metric=gross_margin&scope_kind=project&scope=customers-A&period=2026-01", 404),
        ("metric=gross_margin&scope_kind=team&scope=team-A&period=2026-01", 404),
        ("metric=gross_margin&scope_kind=customer&scope=customers-A&period=2199-01", 200),
        ("metric=gross_margin&scope_kind=customer&scope=customers-A&period=1901", 200),
    ],
)
def test_explain_of_other_places(lead, query, status):
    assert lead.get(f"{VALUES}explain/?{query}").status_code == status


@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_can_be_explained(lead, family):
    """One scope of each kind, every component; the answer is an explanation, whatever the status."""
    wrong = {}
    for entry in (entry for entry in metrics().values() if entry.family == family):
        for kind, component in [(kind, "") for kind in entry.scopes] + [(entry.scopes[0], c) for c in entry.components]:
            code = {"enterprise": "", "program": "program-A", "team": "team-A"}.get(kind, f"{kind}s-A")
            query = {
                "metric": entry.key,
                "component": component,
                "scope_kind": kind,
                "scope": code,
                "period": "2026-02",
            }
            status = lead.get(f"{VALUES}explain/", query).status_code
            if status != 200:
                wrong[entry.key, component, kind] = status
    assert wrong == {}


def test_people_rows_are_private_to_leads(computed, client_of):
    query = f"{VALUES}explain/?metric=voluntary_turnover_rate&scope_kind=enterprise&period=2026-01"
    executive, lead = client_of("executive").get(query), client_of("lead").get(query)

    assert executive.status_code == lead.status_code == 200
    assert b"people-A" not in executive.content
    assert executive.json()["denominator"]["rows"] == []


# --- contributions and index -----------------------------------------------------------------------------------------
def test_contributions_by_project_customer_and_method(lead):
    for query in ("project=projects-A", "customer=customers-A", "initiative=initiatives-A", "method=shapley"):
        lines = lead.get(f"{ROOT}contributions/?period=2026-01&{query}").json()["results"]
        assert lines
        if "=" in query and not query.startswith("method"):
            name, value = query.split("=")
            assert {line[name] for line in lines} <= {value, "(unattributed)"}


def test_contributions_as_a_file(lead):
    text = lead.get(f"{ROOT}contributions/?period=2026-01&format=csv").getvalue().decode()

    assert text.startswith("method,period,customer,initiative,outcome,project,attained_progress")
    assert "(unattributed)" in text


def test_the_index_with_its_factors(lead):
    page = lead.get(f"{ROOT}index/?period=2026-01&period=2026-02&scope_kind=customer").json()

    assert [(record["scope"], record["period"]) for record in page["results"]] == [
        ("customers-A", "2026-01"), ("customers-A", "2026-02"), ("customers-B", "2026-01"), ("customers-B", "2026-02"),
    ]  # fmt: skip
    assert {"index", "quality", "coverage_value", "status", "change"} <= set(page["results"][0])
    text = lead.get(f"{ROOT}index/?period=2026-01&format=csv").getvalue().decode()
    assert text.splitlines()[0] == (
        "scope_kind,scope,period,index,quality,performance,value,compliance,"
        "coverage_quality,coverage_performance,coverage_value,coverage_compliance,status"
    )
    changes = lead.get(f"{ROOT}index/?period=2026-01&format=csv&changes=true").getvalue().decode()
    assert changes.splitlines()[0] == "scope_kind,scope,period,factor,metric,points"


def test_index_pages(lead):
    first = lead.get(f"{ROOT}index/?period=2026-01&page_size=2").json()
    second = lead.get(first["next"]).json()

    assert len(first["results"]) == 2
    assert lead.get(second["previous"]).json()["results"] == first["results"]
