"""In this folder `db` is the database of the reference company, imported and computed; people with rights on it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from dashboards.selectors.remembered import forget
from portfolio.models import Customer, Portfolio
from portfolio.rights import Role
from portfolio.services.rights import grant_add, role_set
from tests.metrics.stored.company import Company, company_database, connected_to


@pytest.fixture(scope="session")
def pages_stored(django_db_setup: None, django_db_blocker: Any) -> Iterator[Company]:
    """The reference company in a database of the pages' own."""
    made = company_database("pages")
    with django_db_blocker.unblock():
        found = made.__enter__()
    yield found
    with django_db_blocker.unblock():
        made.__exit__(None, None, None)


@pytest.fixture
def db(pages_stored: Company, django_db_blocker: Any) -> Iterator[None]:
    """The reference company's database, connected; what the test writes is rolled back."""
    forget()  # what an earlier test wrote without a change set
    with django_db_blocker.unblock(), connected_to(pages_stored.database), transaction.atomic():
        yield
        transaction.set_rollback(True)
    forget()


@pytest.fixture
def users(db: None) -> dict[str, User]:
    """A lead, an executive, a viewer of one portfolio, an account manager of one customer, and an outsider."""
    roles = {
        "lead": Role.PMO_LEAD,
        "executive": Role.EXECUTIVE,
        "viewer": Role.VIEWER,
        "account": Role.VIEWER,
        "outsider": Role.VIEWER,
    }
    found = {}
    for name, role in roles.items():
        found[name] = User.objects.create_user(name, f"{name}@example.org", "a long enough password")
        role_set(user=found[name], role=role, actor="test")
    grant_add(user=found["viewer"], portfolio=Portfolio.objects.get(code="PF-CUST"))
    grant_add(user=found["account"], customer=Customer.objects.get(code="C-ALFA"))
    return found


@pytest.fixture
def client_of(users: dict[str, User]) -> Any:
    """A logged-in client by name."""

    def make(name: str) -> Client:
        client = Client()
        client.force_login(users[name])
        return client

    return make


@pytest.fixture
def lead(client_of: Any) -> Client:
    return client_of("lead")
