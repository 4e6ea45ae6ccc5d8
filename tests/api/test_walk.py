"""Every address of the API as each kind of reader and as an outsider: who gets what, and that nothing leaks.

The table below is the whole of it; a new address that is not in the table fails `test_every_address_is_in_the_table`.
"""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from metrics import runs
from metrics.scorecards.services import scorecard_change, scorecard_draft, scorecard_publish
from portfolio.feeds import FEEDS
from portfolio.models import ImportRun, SurveyResponse
from portfolio.selectors.visibility import visibility_of
from tests.portfolio.test_rights import SEES
from tests.portfolio.world import World

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/"
PEOPLE = tuple(SEES)
WRITERS = {"administrator", "lead"}
READ_ALL = {"administrator", "lead", "executive"}
METHODS = ("get", "post", "put", "patch", "delete")

# Address -> who may read it (200); others get 404. Feeds are added below.
READERS: dict[str, set[str]] = {
    "openapi.json": set(PEOPLE),
    "metrics/": set(PEOPLE),
    "metrics/<str:key>/": set(PEOPLE),
    "values/": set(PEOPLE),
    "values/explain/": READ_ALL,
    "contributions/": set(PEOPLE),
    "index/": set(PEOPLE),
    "imports/": WRITERS,
    "imports/<str:key>/": WRITERS,
    "imports/<str:key>/errors/": WRITERS,
    "runs/": READ_ALL,
    "runs/<str:key>/": READ_ALL,
    "scorecards/": set(PEOPLE),
    "scorecards/<str:period>/": READ_ALL,
    "scorecards/<str:period>/publish/": set(),
    "scorecards/<str:period>/verify/": READ_ALL,
    "scorecards/<str:period>/export/": READ_ALL,
}
# Address -> methods beyond GET that there are.
UNSAFE: dict[str, set[str]] = {
    "imports/": {"post"},
    "runs/": {"post"},
    "scorecards/": {"post"},
    "scorecards/<str:period>/": {"post"},
    "scorecards/<str:period>/publish/": {"post"},
}
# Addresses that cannot be read at all.
WRITE_ONLY = {"scorecards/<str:period>/publish/"}
NOT_API = {"docs/", "^(?P<rest>.*)$"}
OPEN_TO_GRANTS = set().union(*[SEES[person] for person in ("portfolio_viewer", "customer_viewer")])
SIDE_B = re.compile(rb"-B\b")


def feed_of(address: str) -> str:
    return address.split("/")[1]


def opens(feed: str, person: str) -> bool:
    """Whether the list of a feed answers; a feed without a visible row is an empty list where grants could open it."""
    return feed in SEES[person] or feed in OPEN_TO_GRANTS


for _feed in FEEDS:
    READERS[f"facts/{_feed}/"] = {person for person in PEOPLE if opens(_feed, person)}
    READERS[f"facts/{_feed}/<path:key>/"] = {person for person in PEOPLE if _feed in SEES[person]}
    READERS[f"facts/{_feed}/bulk/"] = set()
    UNSAFE[f"facts/{_feed}/<path:key>/"] = {"put", "patch", "delete"}
    UNSAFE[f"facts/{_feed}/bulk/"] = {"post", "put", "patch", "delete"}
# Keys of these rows name both sides of a grant, so one grant alone does not give the address.
READERS["facts/contributions/<path:key>/"] = {*READ_ALL, "both_viewer"}
READERS["facts/adoption/<path:key>/"] = READ_ALL


def addresses() -> list[str]:
    """Every address of the API, from its URLconf."""
    api = next(part for part in get_resolver().url_patterns if str(part.pattern) == "api/v1/")
    return [str(part.pattern) for part in api.url_patterns if isinstance(part, URLPattern)]


ADDRESSES = [address for address in READERS if address]


def filled(address: str, side: str) -> str:
    """The address with a key of one side in it."""
    if address == "values/explain/":
        return f"{ROOT}{address}?metric=milestones_on_time_rate&scope_kind=enterprise&period=2026-01"
    if address.startswith("facts/"):
        return ROOT + address.replace("<path:key>", KEYS[feed_of(address)].replace("?", side))
    if address.startswith("scorecards/"):
        return ROOT + address.replace("<str:period>", QUARTER) + ("?format=csv" if "export" in address else "")
    key = {
        "metrics": "gross_margin",
        "imports": str(ImportRun.objects.order_by("pk").values_list("pk", flat=True).first()),
    }
    return ROOT + address.replace("<str:key>", key.get(feed_of("/" + address), str(RUN_ID[0] if RUN_ID else 0)))


RUN_ID: list[int] = []
QUARTER = "2026-Q1"
DAY, MONTH = "2026-01-01", "2026-01"
KEYS = {name: f"{name}-?" for name in FEEDS} | {
    "service_customers": f"services-?|customers-?|{DAY}",
    "outcome_measurements": f"outcomes-?|{DAY}",
    "contributions": f"projects-?|outcomes-?|{DAY}",
    "project_months": f"projects-?|{MONTH}",
    "status_reports": f"projects-?|{DAY}",
    "milestones": "projects-?|milestones-?",
    "benefits": f"projects-?|benefits-?|{MONTH}",
    "person_months": f"people-?|projects-?|{MONTH}",
    "capacity": f"people-?|{MONTH}",
    "touchpoints": f"customers-?|kind-canary-?|{DAY}",
    "reputation_signals": f"source-canary-?|{DAY}",
    "revenue_events": "customers-?|revenue_events-?",
    "incident_impacts": "incidents-?|customers-?",
    "adoption": f"customers-?|services-?|projects-?|{MONTH}",
    "fx_rates": f"CUR?|{MONTH}",
    "targets": f"adoption_rate||customer|customers-?|{DAY}",
}


@pytest.fixture(scope="module")
def computed(stored_world: World, django_db_blocker: Any) -> None:
    """An import, and values computed by a run."""
    with django_db_blocker.unblock():
        ImportRun.objects.create(status="imported")
        RUN_ID[:] = [runs.run_compute(runs.run_request(cause="test").pk).pk]
        lead = stored_world.people["lead"]
        who = {"by": lead, "visible": visibility_of(lead)}
        card, _new = scorecard_draft(period=QUARTER, **who)
        scorecard_change(card_id=card.pk, revision=None, metrics=["milestones_on_time_rate"], **who)
        scorecard_publish(card_id=card.pk, **who)


@pytest.fixture
def company(computed: None, world: World) -> World:
    return world


def currency(url: str) -> str:
    return url.replace("CURA", "EUR").replace("CURB", "SEK")


def test_every_address_is_in_the_table():
    assert set(addresses()) - NOT_API == set(READERS)


def test_outsiders_get_401_everywhere(company):
    answers = {
        (address, method): getattr(Client(), method)(currency(filled(address, "A"))).status_code
        for address in ADDRESSES
        for method in METHODS
    }
    assert {key: status for key, status in answers.items() if status != 401} == {}


def test_a_wrong_token_is_an_outsider(company):
    response = Client(headers={"authorization": "Bearer epmo_abc_def"}).get(f"{ROOT}metrics/")

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert Client().get(f"{ROOT}docs/").status_code == 302


@pytest.mark.parametrize("person", PEOPLE)
def test_reading_every_address(company, client_of, person):
    client, wrong = client_of(person), {}
    for address, readers in READERS.items():
        expected = 200 if person in readers else 404
        for side in "AB" if "<path:key>" in address else "A":
            if side == "B" and person not in READ_ALL:
                expected = 404
            status = client.get(currency(filled(address, side))).status_code
            if address in WRITE_ONLY:
                expected = 405
            if status != expected:
                wrong[address, side] = (status, expected)
    assert wrong == {}


@pytest.mark.parametrize("person", PEOPLE)
def test_writing_is_refused_before_anything_is_read(company, client_of, person):
    """Who may not write gets 403; who may gets what is wrong with the body, or 405."""
    client, wrong = client_of(person), {}
    for address in ADDRESSES:
        there = UNSAFE.get(address, set())
        for method in METHODS[1:]:
            if person in WRITERS and (method == "delete" or address == "runs/" or address in WRITE_ONLY):
                continue
            if person not in WRITERS and method not in (there or {"post"}):
                continue
            status = getattr(client, method)(currency(filled(address, "A")), "{", "application/json").status_code
            expected = {403} if person not in WRITERS else {400, 404, 415, 428} if method in there else {405}
            if status not in expected:
                wrong[address, method] = status
    assert wrong == {}


@pytest.mark.parametrize("person", [person for person in PEOPLE if person not in READ_ALL])
def test_nothing_of_the_other_side_is_in_any_answer(company, client_of, person):
    """Every text of side B says so: it must be in no body, header or file that side A's people get."""
    client, leaks = client_of(person), []
    for address in ADDRESSES:
        url = currency(filled(address, "A"))
        forms = (
            ("json", "csv", "jsonl", "parquet") if address.startswith("facts/") and "<" not in address else ("json",)
        )
        for form in forms if "bulk" not in address else ():
            if "export" in address:
                continue
            response = client.get(f"{url}{'&' if '?' in url else '?'}format={form}")
            body = response.getvalue() + str(response.headers).encode()
            if address != "openapi.json" and SIDE_B.search(body):
                leaks.append((address, form))
    assert leaks == []


@pytest.mark.parametrize(
    ("person", "canary"),
    [("executive", b"respondent-canary"), ("customer_viewer", b"respondent-canary"), ("executive", b"people-")],
)
def test_private_columns_are_in_no_answer(company, client_of, person, canary):
    client = client_of(person)
    bodies = {
        (feed, form): client.get(f"{ROOT}facts/{feed}/?format={form}").getvalue()
        for feed in FEEDS
        for form in ("json", "csv", "jsonl", "parquet")
    }
    assert [place for place, body in bodies.items() if canary in body] == []


def test_a_lead_sees_the_private_columns(company, client_of):
    assert b"respondent-canary-B" in client_of("lead").get(f"{ROOT}facts/survey_responses/").content


@pytest.mark.parametrize("person", PEOPLE)
def test_counts_are_of_what_is_visible(company, client_of, person):
    client, all_rows = client_of(person), client_of("lead")
    for feed in FEEDS:
        response = client.get(f"{ROOT}facts/{feed}/")
        if response.status_code == 404:
            continue
        page, whole = response.json(), all_rows.get(f"{ROOT}facts/{feed}/").json()
        assert page["count"] == len(page["results"]), feed
        assert page["count"] + page["not_visible"] == whole["count"], feed


def test_filters_by_what_is_outside_answer_as_for_what_is_not_there(company, client_of):
    client, told = client_of("both_viewer"), {}
    for feed in FEEDS.values():
        for column in feed.columns:
            if column.kind not in ("ref", "team") or not opens(feed.name, "both_viewer"):
                continue
            outside = "team-B" if column.kind == "team" else f"{column.ref}-B"
            answers = [
                client.get(f"{ROOT}facts/{feed.name}/?{column.name}={code}").status_code
                for code in (outside, "nothing")
            ]
            if answers != [404, 404]:
                told[feed.name, column.name] = answers
    assert told == {}


@pytest.mark.parametrize(
    ("person", "query", "status"),
    [
        ("portfolio_viewer", "scope_kind=enterprise", 404),
        ("portfolio_viewer", "scope_kind=service", 404),
        ("portfolio_viewer", "scope_kind=team", 404),
        ("portfolio_viewer", "scope_kind=customer", 404),
        ("portfolio_viewer", "scope_kind=project&scope=projects-B", 404),
        ("portfolio_viewer", "scope=projects-B", 404),
        ("portfolio_viewer", "scope=nothing", 404),
        ("portfolio_viewer", "scope_kind=project&scope=projects-A", 200),
        ("portfolio_viewer", "scope=projects-A&scope=projects-B", 404),
        ("customer_viewer", "scope_kind=customer&scope=customers-B", 404),
        ("customer_viewer", "scope_kind=customer", 200),
        ("nobody", "", 200),
        ("executive", "scope_kind=team", 200),
    ],
)
def test_values_outside_the_rights_are_404_never_a_smaller_number(company, client_of, person, query, status):
    client = client_of(person)
    response = client.get(f"{ROOT}values/?{query}")

    assert response.status_code == status
    if status == 200 and person != "executive":
        assert {record["scope_kind"] for record in response.json()["results"]} <= {
            "portfolio",
            "program",
            "project",
            "customer",
            "initiative",
        }


def test_values_are_the_same_for_every_reader(company, client_of):
    url = f"{ROOT}values/?page_size=1000&component=*&period=2026-01"

    def records(person: str) -> set[tuple]:
        return {tuple(record.items()) for record in client_of(person).get(url).json()["results"]}

    everything = records("lead")
    for person in ("portfolio_viewer", "customer_viewer", "both_viewer"):
        mine = records(person)
        assert mine
        assert mine < everything


@pytest.mark.parametrize(
    "path",
    [
        "contributions/?project=projects-B",
        "contributions/?customer=customers-B",
        "contributions/?initiative=initiatives-B",
        "contributions/?project=nothing",
        "index/?scope=customers-B",
        "index/?scope_kind=enterprise",
        "index/?scope=nothing",
    ],
)
def test_contributions_and_index_of_the_other_side(company, client_of, path):
    assert client_of("both_viewer").get(ROOT + path).status_code == 404


def test_writing_to_what_is_referred_to_outside_is_no_oracle(company, client_of):
    """Only roles that read all may write, so a body can name nothing its sender may not see."""
    assert {person for person in PEOPLE if SEES[person] != set(FEEDS)} & WRITERS == set()


def test_a_session_needs_its_csrf_token(company):
    client = Client(enforce_csrf_checks=True)
    client.force_login(company.lead)
    for address in ADDRESSES:
        for method in UNSAFE.get(address, ()):
            response = getattr(client, method)(
                currency(filled(address, "A")), "{}", "application/json", headers={"origin": "https://evil.example"}
            )
            assert response.status_code == 403, (address, method)
    assert client.get(f"{ROOT}metrics/").status_code == 200


def test_a_session_with_its_csrf_token_writes_and_nothing_is_read_before(company):
    client = Client(enforce_csrf_checks=True)
    for person, status in (("lead", 415), ("executive", 403)):
        client.force_login(company.people[person])
        client.get("/accounts/logout/")
        token = client.cookies["csrftoken"].value
        response = client.post(f"{ROOT}imports/", "{}", "application/json", headers={"x-csrftoken": token})
        assert response.status_code == status, response.content


def test_deactivated_and_demoted_people_are_out_at_once(company, client_of):
    client, lead = client_of("executive"), client_of("lead")
    assert client.get(f"{ROOT}values/?scope_kind=enterprise").status_code == 200
    company.executive.profile.role = "viewer"
    company.executive.profile.save()
    assert client.get(f"{ROOT}values/?scope_kind=enterprise").status_code == 404

    company.lead.is_active = False
    company.lead.save()
    assert lead.get(f"{ROOT}metrics/").status_code == 401


def test_one_readers_answer_is_never_anothers(company, client_of):
    readers = [client_of(person) for person in ("lead", "portfolio_viewer", "customer_viewer", "nobody")]
    first = [client.get(f"{ROOT}facts/projects/").content for client in readers]
    for _time in range(3):
        assert [client.get(f"{ROOT}facts/projects/").content for client in readers] == first
    assert len(set(first)) == 3 or len(set(first)) == 4
    for client in readers:
        answer = client.get(f"{ROOT}facts/projects/")
        assert "private" in answer["Cache-Control"]
        assert "no-cache" in answer["Cache-Control"] or "no-store" in answer["Cache-Control"]
        assert "Authorization" in answer["Vary"]


def test_surveys_of_employees_are_in_no_answer_of_an_executive(company, client_of):
    SurveyResponse.objects.update(audience="employee")

    assert client_of("executive").get(f"{ROOT}facts/survey_responses/").json()["results"] == []


def contributions(client: Any, query: str = "") -> list[dict[str, Any]]:
    return client.get(f"{ROOT}contributions/?period=2026-01&page_size=1000{query}").json()["results"]


def test_folded_contributions_keep_their_sums(company, client_of):
    whole = contributions(client_of("lead"))
    assert whole, "the company has contributions"
    for person, mine in (("portfolio_viewer", "project"), ("customer_viewer", "customer")):
        shown = contributions(client_of(person))
        of_mine = [line for line in whole if line[mine].endswith("-A")]
        if mine == "project":
            assert sum(line["points"] for line in shown) == pytest.approx(sum(line["points"] for line in of_mine))
            assert {line["outcome"] for line in shown} == {"(not visible)"}
        else:
            assert sum(line["points"] for line in shown) == pytest.approx(sum(line["points"] for line in of_mine))
            assert "projects-A" not in {line["project"] for line in shown}
