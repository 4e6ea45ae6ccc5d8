"""In this folder `db` is the database of the reference company, imported and computed once; see company.py."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.metrics.stored.company import Company, company_database, connected_to


@pytest.fixture(scope="session")
def company_stored(django_db_setup: None, django_db_blocker: Any) -> Iterator[Company]:
    """The reference company in a database of its own; use `company`."""
    made = company_database()
    with django_db_blocker.unblock():
        found = made.__enter__()
    yield found
    with django_db_blocker.unblock():
        made.__exit__(None, None, None)


@pytest.fixture
def db(company_stored: Company, django_db_blocker: Any) -> Iterator[None]:
    """The reference company's database, connected; what the test writes is rolled back."""
    with django_db_blocker.unblock(), connected_to(company_stored.database), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def company(db: None, company_stored: Company) -> Company:
    """The company whose values are stored."""
    return company_stored
