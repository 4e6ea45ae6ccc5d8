"""The schema holds: schemathesis sends what it allows and what it forbids, and judges every answer by it.

Bounded: a few examples for each operation, four feeds for all (their views are one class).
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks

from api.schema import document
from portfolio.feeds import FEEDS
from portfolio.rights import TokenScope
from portfolio.services.tokens import token_create

pytestmark = pytest.mark.django_db
FEW = (
    r"/api/v1/(metrics|values|contributions|index|runs|imports|scorecards|"
    r"facts/(projects|adoption|targets|person_months))/"
)
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def token(world: Any) -> str:
    return token_create(user=world.lead, name="schema", scope=TokenScope.WRITE)[1]


@pytest.fixture(autouse=True)
def connection_stays() -> Iterator[None]:
    """A server ends each request by closing its connection; here that one holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def api_schema(token: str, connection_stays: None) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application(), headers=headers)


def test_answers_are_as_the_schema_says(api_schema: Any, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    seen = 0
    for found in api_schema.include(path_regex=FEW).get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=6,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            case.validate_response(case.call(headers=headers), checks=CHECKS)

        send()
        seen += 1
    assert seen > 30


def test_every_operation_has_its_own_name_and_every_feed_is_there() -> None:
    paths = document()["paths"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]

    assert len(set(names)) == len(names)
    for feed in FEEDS:
        assert {"get"} <= set(paths[f"/api/v1/facts/{feed}/"])
        assert {"get", "put", "patch", "delete"} <= set(paths[f"/api/v1/facts/{feed}/{{key}}/"])
        assert {"post"} <= set(paths[f"/api/v1/facts/{feed}/bulk/"])


def test_references_lead_somewhere() -> None:
    text = str(document())
    shapes = document()["components"]["schemas"]

    assert all(f"schemas/{name}'" in text for name in shapes)
    assert {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]} <= set(shapes)


def test_the_schema_is_for_people_who_are_logged_in(world: Any) -> None:
    assert Client().get("/api/v1/openapi.json").status_code == 401
