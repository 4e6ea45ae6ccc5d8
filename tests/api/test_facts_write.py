"""Writing facts: PUT, PATCH with If-Match, DELETE, bulk, Idempotency-Key; every refusal leaves things as they were."""

import json
from typing import Any

import pytest

from portfolio.models import ChangeSet, Customer, IdempotencyKey, Milestone, Project
from tests.portfolio.world import make_fact

pytestmark = pytest.mark.django_db
PROJECTS = "/api/v1/facts/projects/"
BULK = f"{PROJECTS}bulk/"
NEW = {"name": "New", "portfolio": "portfolios-A", "status": "active", "currency": "EUR"}


def put(client: Any, url: str, body: Any, **headers: str) -> Any:
    return client.put(url, body if isinstance(body, str | bytes) else json.dumps(body), "application/json", **headers)


def patch(client: Any, url: str, body: Any, **headers: str) -> Any:
    return client.patch(url, json.dumps(body), "application/json", **headers)


def errors(response: Any, status: int = 400) -> list[tuple[str, str]]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return [(error["field"], error["code"]) for error in response.json()["errors"]]


def test_put_makes_a_row_and_says_where_it_is(client_of):
    response = put(client_of("lead"), f"{PROJECTS}P%2FNew/", {**NEW, "budget": 0.1})

    assert response.status_code == 201
    assert response.json()["code"] == "P/New"
    assert response["Location"] == response.json()["url"]
    stored = Project.objects.get(code="P/New")
    assert (str(stored.budget), stored.created_in.kind, stored.created_in.actor.username) == (
        "0.1000000000", "api", "lead",
    )  # fmt: skip


def test_put_replaces_the_row_whole(client_of):
    response = put(client_of("lead"), f"{PROJECTS}projects-A/", NEW)

    assert response.status_code == 200
    stored = Project.objects.get(code="projects-A")
    assert (stored.name, stored.budget, stored.manager, stored.planned_start_on) == ("New", None, None, None)


def test_what_was_read_can_be_put_back_and_changes_nothing(client_of):
    client = client_of("lead")
    before = client.get(f"{PROJECTS}projects-A/")
    sets = ChangeSet.objects.count()
    response = put(client, f"{PROJECTS}projects-A/", before.content)

    assert (response.status_code, response.json(), response["ETag"]) == (200, before.json(), before["ETag"])
    assert ChangeSet.objects.count() == sets


def test_put_again_brings_a_removed_row_back(client_of):
    client = client_of("lead")
    assert client.delete(f"{PROJECTS}deep-A/").status_code == 204
    assert client.get(f"{PROJECTS}deep-A/").status_code == 404
    assert client.delete(f"{PROJECTS}deep-A/").status_code == 404

    assert put(client, f"{PROJECTS}deep-A/", NEW).status_code == 201
    assert client.get(f"{PROJECTS}deep-A/").json()["name"] == "New"


def test_patch_keeps_the_rest(client_of):
    client = client_of("lead")
    etag = client.get(f"{PROJECTS}projects-A/")["ETag"]
    response = patch(client, f"{PROJECTS}projects-A/", {"name": "Other", "budget": None}, HTTP_IF_MATCH=etag)

    assert response.status_code == 200
    stored = Project.objects.get(code="projects-A")
    assert (stored.name, stored.budget, stored.manager) == ("Other", None, "manager-canary-A")
    assert response["ETag"] != etag


def test_the_second_of_two_editors_is_told(client_of):
    one, other = client_of("lead"), client_of("administrator")
    url = f"{PROJECTS}projects-A/"
    etag = other.get(url, HTTP_ACCEPT_ENCODING="gzip")["ETag"]
    assert patch(one, url, {"name": "First"}, HTTP_IF_MATCH=etag).status_code == 200

    assert patch(other, url, {"name": "Second"}, HTTP_IF_MATCH=etag).status_code == 412
    assert put(other, url, NEW, HTTP_IF_MATCH=etag).status_code == 412
    assert other.delete(url, HTTP_IF_MATCH=etag).status_code == 412
    assert put(other, url, NEW, HTTP_IF_NONE_MATCH="*").status_code == 412
    assert Project.objects.get(code="projects-A").name == "First"


def test_patch_wants_if_match(client_of):
    assert errors(patch(client_of("lead"), f"{PROJECTS}projects-A/", {"name": "x"}), 428) == [
        ("If-Match", "missing_value")
    ]


def test_patch_of_what_is_not_there(client_of):
    assert patch(client_of("lead"), f"{PROJECTS}nope/", {"name": "x"}, HTTP_IF_MATCH="*").status_code == 404


def test_composite_key_with_blank_parts(client_of):
    client = client_of("lead")
    url = "/api/v1/facts/adoption/customers-A||projects-A|2026-03/"
    body = {"entitled_users": 5, "active_users": 4}

    assert put(client, url, body).status_code == 201
    assert client.get(url).json()["key"] == "customers-A||projects-A|2026-03"
    etag = client.get(url)["ETag"]
    assert patch(client, url, {"active_users": 3}, HTTP_IF_MATCH=etag).json()["active_users"] == 3
    assert errors(put(client, url, {"entitled_users": 2, "active_users": 3})) == [("active_users", "out_of_range")]
    assert client.delete(url).status_code == 204


def test_bars_inside_a_part_need_plain_bars_between_the_parts(client_of):
    client = client_of("lead")
    url = "/api/v1/facts/milestones/projects-A%7Ca%7Cb/"
    body = {"name": "M", "baseline_on": "2026-01-01", "customer_facing": True}

    assert errors(put(client, url, body)) == [("key", "ambiguous_key")]
    sent = "/api/v1/facts/milestones/projects-A|a%7Cb/"
    assert put(client, url, body, RAW_URI=sent).json()["code"] == "a|b"
    assert client.get(url).json()["code"] == "a|b"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": None}, [("name", "missing_value")]),
        ({"name": "a\x00b"}, [("name", "bad_character")]),
        ({"name": 5}, [("name", "bad_type")]),
        ({"name": ["x"]}, [("name", "bad_type")]),
        ({"name": "x" * 10_001}, [("name", "too_long")]),
        ({"portfolio": "nope"}, [("portfolio", "unknown_reference")]),
        ({"portfolio": True}, [("portfolio", "bad_type")]),
        ({"status": "asleep"}, [("status", "bad_enum")]),
        ({"currency": "euro"}, [("currency", "bad_enum")]),
        ({"budget": "1,5"}, [("budget", "bad_number")]),
        ({"budget": "NaN"}, [("budget", "bad_number")]),
        ({"budget": -1}, [("budget", "out_of_range")]),
        ({"budget": {}}, [("budget", "bad_type")]),
        ({"budget": True}, [("budget", "bad_type")]),
        ({"planned_start_on": "2026-02-30"}, [("planned_start_on", "bad_date")]),
        ({"planned_start_on": 20260101}, [("planned_start_on", "bad_type")]),
        (
            {"planned_start_on": "2026-02-01", "planned_finish_on": "2026-01-01"},
            [("planned_finish_on", "end_before_start")],
        ),
        ({"code": "other"}, [("code", "key_mismatch")]),
        ({"id": 7}, [("id", "unknown_column")]),
        ({"is_superuser": True}, [("is_superuser", "unknown_column")]),
        ({"created_in": 1}, [("created_in", "unknown_column")]),
        ({"deleted": True}, [("deleted", "unknown_column")]),
    ],
)
def test_what_is_wrong_with_a_row_is_named_and_nothing_is_stored(client_of, change, expected):
    before = list(Project.objects.order_by("pk").values())

    assert errors(put(client_of("lead"), f"{PROJECTS}projects-A/", {**NEW, **change})) == expected
    assert list(Project.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400, "1e-400", "0." + "3" * 30, "9" * 19, "1e19"])
def test_numbers_that_cannot_be_stored(client_of, number):
    body = json.dumps(NEW)[:-1] + f', "budget": {number}}}'

    assert errors(put(client_of("lead"), f"{PROJECTS}projects-A/", body))[0][0] == "budget"


@pytest.mark.parametrize(("number", "stored"), [("1e3", "1000"), ("12.50", "12.5"), ("1E-2", "0.01"), ('"7"', "7")])
def test_numbers_in_other_clothes(client_of, number, stored):
    body = json.dumps(NEW)[:-1] + f', "budget": {number}}}'

    assert f'"budget":{stored}'.encode() in put(client_of("lead"), f"{PROJECTS}projects-A/", body).content


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'"x"', b"null", b"1", b"[" * 50_000 + b"]" * 50_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"name":"a","name":"b"}', '{"name":"x"}'.encode("utf-16"), b'{"name":"\xff\xfe"}', b'{"name":"\\ud800"}',
        b'{"\\ud800":1}', b'{"name":"a\\u0000b"}', b'{"budget":NaN}', b'{"budget":-Infinity}',
        b'{"budget":' + b"9" * 5000 + b"}", b'{"name":"' + b"A" * 200_000 + b'"}',
    ],
    ids=range(18),
)  # fmt: skip
def test_bodies_that_are_no_row(client_of, body):
    assert errors(put(client_of("lead"), f"{PROJECTS}projects-A/", body))


def test_a_body_beyond_the_limit(client_of, settings):
    settings.API_MAX_BODY_BYTES = 100

    assert put(client_of("lead"), f"{PROJECTS}projects-A/", {**NEW, "name": "x" * 100}).status_code == 413


def test_a_body_of_another_kind(client_of):
    assert client_of("lead").put(f"{PROJECTS}x/", "<a/>", "application/xml").status_code == 415


@pytest.mark.parametrize("person", ["executive", "manager", "portfolio_viewer", "customer_viewer", "nobody"])
@pytest.mark.parametrize("url", [f"{PROJECTS}projects-A/", f"{PROJECTS}projects-B/", f"{PROJECTS}nope/", BULK])
def test_who_may_not_write_is_told_before_anything_is_read(client_of, person, url):
    client = client_of(person)
    answers = {
        getattr(client, method)(url, "{not json", "application/json").status_code
        for method in ("put", "patch", "post", "delete")
    }
    assert answers == {403}


def test_a_reading_token_of_a_lead_does_not_write(world, client):
    from portfolio.rights import TokenScope
    from portfolio.services.tokens import token_create

    _token, text = token_create(user=world.lead, name="r", scope=TokenScope.READ)
    response = put(client, f"{PROJECTS}x/", NEW, HTTP_AUTHORIZATION=f"Bearer {text}")
    assert response.status_code == 403


# --- bulk ------------------------------------------------------------------------------------------------------------
def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def bulk(client: Any, body: str | bytes, kind: str = "application/jsonl", url: str = BULK, **headers: str) -> Any:
    return client.post(url, body, kind, **headers)


def test_many_rows_at_once(client_of):
    response = bulk(
        client_of("lead"),
        lines({"code": "N1", **NEW}, {"code": "N2", **NEW}) + "\n\n" + lines({"code": "projects-A", **NEW}),
    )

    assert response.status_code == 200
    report = response.json()
    assert report["feeds"] == {"projects": {"rows": 3, "created": 2, "updated": 1, "unchanged": 0, "rejected": 0}}
    assert ChangeSet.objects.get(pk=report["change_set"]).kind == "api"


def test_csv_round_trip(client_of):
    client = client_of("lead")
    Customer.objects.filter(code="customers-A").update(name="=1+1")
    url = "/api/v1/facts/customers/"
    text = client.get(f"{url}?format=csv").getvalue()
    report = bulk(client, text, "text/csv", f"{url}bulk/").json()

    assert report["feeds"]["customers"]["unchanged"] == 2
    assert bulk(client, client.get(f"{url}?format=jsonl").getvalue(), url=f"{url}bulk/").json()["change_set"] is None


def test_all_or_nothing_with_every_error_by_line(client_of):
    before = Project.objects.count()
    rows = lines({"code": "N1", **NEW}, {"code": "N2", **NEW, "status": "x"}, {"code": "N3", **NEW, "portfolio": "no"})
    response = bulk(client_of("lead"), rows)

    assert sorted(errors(response)) == [("portfolio", "unknown_reference"), ("status", "bad_enum")]
    assert sorted(error["line"] for error in response.json()["errors"]) == [2, 3]
    assert Project.objects.count() == before


def test_removal_in_bulk(client_of):
    body = lines({"code": "deep-A", "deleted": True}, {"code": "N1", **NEW})

    assert bulk(client_of("lead"), body).status_code == 200
    assert Project.objects.get(code="deep-A").deleted_at is not None


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("", "application/jsonl", ("", "missing_value")),
        ("", "text/csv", ("", "missing_value")),
        ("[1]", "application/jsonl", ("", "bad_type")),
        ('{"code": "a"}\n{', "application/jsonl", ("", "bad_json")),
        ('{"code": "a", "name": "x"}\n{"code": "b"}', "application/jsonl", ("name", "missing_field")),
        ('{"code": "a", "nme": "x"}', "application/jsonl", ("nme", "unknown_column")),
        ("code,name\nx", "text/csv", None),
        ('code,name\n"x,y\n', "text/csv", ("", "bad_row")),
        ("code,name,code\nx,y,z", "text/csv", None),
        (b"code,name\nx,\xff", "text/csv", ("", "bad_encoding")),
        ("code\n" + "x" * 200_000, "text/csv", ("", "bad_row")),
    ],
)  # fmt: skip
def test_bulk_bodies_that_are_refused(client_of, body, kind, expected):
    found = errors(bulk(client_of("lead"), body, kind))

    assert found
    assert expected is None or expected in found


def test_bulk_of_another_kind(client_of):
    assert bulk(client_of("lead"), "x", "application/xml").status_code == 415


def test_a_row_whose_key_is_bulk(client_of):
    client = client_of("lead")

    assert put(client, BULK, NEW).status_code == 201
    assert client.get(BULK).json()["code"] == "bulk"
    assert client.get("/api/v1/facts/milestones/bulk/").status_code == 404


# --- Idempotency-Key -------------------------------------------------------------------------------------------------
def test_the_same_request_twice_takes_effect_once(client_of):
    client, body = client_of("lead"), lines({"code": "N1", **NEW})
    first = bulk(client, body, HTTP_IDEMPOTENCY_KEY="k1")
    again = bulk(client, body, HTTP_IDEMPOTENCY_KEY="k1")

    assert first.content == again.content
    assert again["Idempotency-Replayed"] == "true"
    assert first.json()["feeds"]["projects"]["created"] == 1


def test_another_body_under_the_same_key(client_of):
    client = client_of("lead")
    bulk(client, lines({"code": "N1", **NEW}), HTTP_IDEMPOTENCY_KEY="k1")
    other = bulk(client, lines({"code": "N2", **NEW}), HTTP_IDEMPOTENCY_KEY="k1")

    assert errors(other, 422) == [("Idempotency-Key", "key_reused")]
    assert bulk(client_of("administrator"), lines({"code": "N2", **NEW}), HTTP_IDEMPOTENCY_KEY="k1").status_code == 200


def test_a_refusal_frees_the_key(client_of):
    client = client_of("lead")
    assert bulk(client, lines({"code": "N1"}), HTTP_IDEMPOTENCY_KEY="k1").status_code == 400

    assert bulk(client, lines({"code": "N1", **NEW}), HTTP_IDEMPOTENCY_KEY="k1").status_code == 200


def test_a_repeat_while_the_first_is_running(client_of, world):
    client, body = client_of("lead"), lines({"code": "N1", **NEW})
    bulk(client, body, HTTP_IDEMPOTENCY_KEY="k1")
    IdempotencyKey.objects.update(status=None)

    assert bulk(client, body, HTTP_IDEMPOTENCY_KEY="k1").status_code == 409
    IdempotencyKey.objects.update(created_at="2026-01-01T00:00:00Z")
    assert bulk(client, body, HTTP_IDEMPOTENCY_KEY="k1").json()["feeds"]["projects"]["unchanged"] == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "é"])
def test_keys_that_are_none(client_of, key):
    assert bulk(client_of("lead"), lines({"code": "N1", **NEW}), HTTP_IDEMPOTENCY_KEY=key).status_code == 400


def test_the_change_is_in_the_log(client_of):
    make_fact("milestones", project="projects-A", code="m", name="x", baseline_on="2026-01-01", customer_facing=True)
    url = "/api/v1/facts/milestones/projects-A|m/"
    client = client_of("lead")
    etag = client.get(url)["ETag"]
    patch(client, url, {"name": "y"}, HTTP_IF_MATCH=etag)

    change = Milestone.objects.get(code="m").changed_in.changes.get()
    assert (change.feed, change.action, change.before["name"]) == ("milestones", "update", "x")
