"""Imports and runs over REST: asked for, watched, reported; only by who may."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from connectors.services import import_run
from metrics.models import Run
from portfolio.models import Customer, ImportRun
from portfolio.rights import Role
from portfolio.services.rights import role_set
from tests.api.test_facts_write import errors

pytestmark = pytest.mark.django_db(transaction=False)
IMPORTS, RUNS = "/api/v1/imports/", "/api/v1/runs/"
GOOD = b"code,name\nC-1,One\n"
BAD = b"code,name,acquired_on\nC-2,Two,2026-02-30\nC-3,,\n"


@pytest.fixture(autouse=True)
def uploads_in(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


def upload(client, content=GOOD, name="customers.csv", **fields):
    return client.post(IMPORTS, {"files": SimpleUploadedFile(name, content), **fields})


@pytest.fixture
def alone(monkeypatch):
    """An import keeps its own connection, which cannot see what this test has not committed."""

    class Alive:
        claimed = True

        def __init__(self, run):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def progress(self, stage, share):
            pass

    monkeypatch.setattr("connectors.services.Alive", Alive)


def test_an_import_is_taken_and_reported(client_of, alone):
    client = client_of("lead")
    taken = upload(client)
    assert taken.status_code == 202
    url = taken.json()["url"]
    assert client.get(url).json()["status"] == "queued"

    import_run(taken.json()["id"])
    report = client.get(url).json()
    assert (report["status"], report["progress"], report["error_count"]) == ("imported", 1.0, 0)
    assert report["feeds"]["customers"]["created"] == 1
    assert Customer.objects.filter(code="C-1").exists()


def test_who_lost_the_right_meanwhile_imports_nothing(client_of, alone, world):
    taken = upload(client_of("lead")).json()
    role_set(user=world.lead, role=Role.EXECUTIVE)
    assert import_run(taken["id"]) is None

    report = client_of("administrator").get(taken["url"]).json()
    assert report["status"] == "failed"
    assert not Customer.objects.filter(code="C-1").exists()


def test_every_error_is_reported(client_of, alone):
    client = client_of("lead")
    taken = upload(client, BAD).json()
    import_run(taken["id"])

    report = client.get(taken["url"]).json()
    assert report["status"] == "refused"
    assert [(one["line"], one["column"], one["code"]) for one in report["errors"]] == [
        (2, "acquired_on", "bad_date"), (3, "name", "missing_value"),
    ]  # fmt: skip
    page = client.get(f"{taken['url']}errors/?page_size=1").json()
    assert page["results"][0]["code"] == "bad_date"
    assert client.get(page["next"]).json()["results"][0]["code"] == "missing_value"
    assert client.get(f"{taken['url']}errors/?format=csv").getvalue().count(b"\r\n") == 3


def test_skip_and_dry_run(client_of, alone):
    client = client_of("lead")
    skipped = upload(client, BAD + b"C-4,Four,\n", on_error="skip").json()
    import_run(skipped["id"])
    checked = upload(client, b"code,name\nC-5,Five\n", dry_run="true").json()
    import_run(checked["id"])

    assert client.get(skipped["url"]).json()["feeds"]["customers"]["created"] == 1
    assert client.get(checked["url"]).json()["status"] == "valid"
    assert set(Customer.objects.filter(code__startswith="C-").values_list("code", flat=True)) == {"C-4"}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"dry_run": "maybe"}, "dry_run"),
        ({"on_error": "ignore"}, "on_error"),
        ({"connector": "nope"}, "connector"),
        ({"option": "nothing"}, "option"),
        ({"colour": "blue"}, "colour"),
        ({"connector": "a\x00b"}, "connector"),
    ],
)
def test_forms_that_are_refused(client_of, fields, field):
    assert errors(upload(client_of("lead"), **fields))[0][0] == field
    assert not ImportRun.objects.exists()


def test_no_file_and_other_bodies(client_of):
    client = client_of("lead")

    assert errors(client.post(IMPORTS, {}))[0] == ("files", "missing_value")
    assert errors(client.post(IMPORTS, {"files": "text"}))[0] == ("files", "bad_type")
    assert client.post(IMPORTS, "{}", "application/json").status_code == 415
    assert client.post(IMPORTS, b"broken", "multipart/form-data").status_code == 400
    assert client.post(IMPORTS, b"x", "multipart/form-data; boundary=b", CONTENT_LENGTH=str(2**40)).status_code == 413


def test_the_same_upload_twice_under_one_key(client_of):
    client = client_of("lead")
    client.defaults["HTTP_IDEMPOTENCY_KEY"] = "k"
    first, again = upload(client), upload(client)

    assert first.status_code == 202, first.content
    assert again.content == first.content
    assert ImportRun.objects.count() == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\x.csv", "a\x00b.csv", "/abs.csv", "customers.csv"])
def test_names_of_files_lead_nowhere(client_of, tmp_path, name):
    response = upload(client_of("lead"), name=name)

    assert response.status_code in (202, 400)
    stored = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(tmp_path / "imports" in path.parents for path in stored)


def test_a_run_is_wished_for_once(client_of):
    client = client_of("lead")
    body = json.dumps({"full": True, "as_of": "2026-07-10"})
    first, again = (client.post(RUNS, body, "application/json") for _time in range(2))

    assert first.status_code == 202
    assert first.json()["id"] == again.json()["id"]
    run = Run.objects.get()
    assert (run.state, run.is_full, run.as_of.isoformat(), run.requested_by) == ("wanted", True, "2026-07-10", "lead")
    assert client.get(first.json()["url"]).json()["progress"]["done"] == 0


def test_a_run_over_part(client_of):
    body = json.dumps(
        {"from": "2026-01", "to": "2026-Q1", "metrics": ["gross_margin"], "scopes": ["project:projects-A"]}
    )
    response = client_of("lead").post(RUNS, body, "application/json")

    assert response.status_code == 202
    request = Run.objects.get().request
    assert (request["from"], request["to"], request["metrics"]) == ("2026-01", "2026-Q1", ["gross_margin"])
    assert list(request["scopes"]) == ["project"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("[]", ""), ('{"fulll": true}', "fulll"), ('{"full": 1}', "full"), ('{"as_of": "2026-02-30"}', "as_of"),
        ('{"as_of": "0001-01-01"}', "as_of"), ('{"as_of": 20260101}', "as_of"), ('{"from": "2026-13"}', "from"),
        ('{"metrics": "gross_margin"}', "metrics"), ('{"metrics": ["nope"]}', "metrics"),
        ('{"metrics": [1]}', "metrics"),
        ('{"scopes": ["project:nope"]}', "scopes"), ('{"scopes": ["galaxy:x"]}', "scopes"),
        ('{"scopes": ["a\\u0000"]}', "scopes"), ('{"scopes": ["\\ud800"]}', "scopes"), ("{", ""),
    ],
)  # fmt: skip
def test_wishes_that_are_refused(client_of, body, field):
    assert errors(client_of("lead").post(RUNS, body, "application/json"))[0][0] == field
    assert not Run.objects.exists()


def test_runs_in_pages_newest_first(client_of):
    for _number in range(3):
        Run.objects.create(cause="x", state="failed")
    client = client_of("executive")
    page = client.get(f"{RUNS}?page_size=2&state=failed").json()
    rest = client.get(page["next"]).json()

    ids = [run["id"] for run in [*page["results"], *rest["results"]]]
    assert ids == sorted(ids, reverse=True)
    assert client.get(rest["previous"]).json()["results"] == page["results"]
    assert client.get(f"{RUNS}?format=csv").getvalue().count(b"\r\n") == 4


@pytest.mark.parametrize("key", ["0", "-1", "abc", "9" * 400, "1%00", "٣"])
def test_numbers_that_are_none(client_of, key):
    client = client_of("lead")

    assert client.get(f"{RUNS}{key}/").status_code == 404
    assert client.get(f"{IMPORTS}{key}/").status_code == 404
