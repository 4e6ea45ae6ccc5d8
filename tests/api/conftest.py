"""Clients of the API: one for each person of the small company, by session or by token."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from portfolio.rights import TokenScope
from portfolio.services.tokens import token_create
from tests.portfolio.world import World, make_world


class _Undone(Exception):
    """Ends the transaction of a module."""


@pytest.fixture(scope="module")
def stored_world(django_db_setup: Any, django_db_blocker: Any) -> Iterator[World]:
    """The company, stored once a module; what a test changes is undone after it."""
    with django_db_blocker.unblock():
        try:
            with transaction.atomic():
                yield make_world()
                raise _Undone
        except _Undone:
            pass


@pytest.fixture
def world(stored_world: World, db: Any) -> World:
    return stored_world.again()


@pytest.fixture(autouse=True)
def no_requests_counted(settings: Any) -> None:
    settings.API_RATE = 100_000
    cache.clear()


@pytest.fixture
def client_of(world: World) -> Callable[[str], Client]:
    """A client with a token that may do what its owner may."""

    def make(person: str) -> Client:
        user = world.people[person]
        scope = TokenScope.WRITE if person in ("administrator", "lead") else TokenScope.READ
        _token, text = token_create(user=user, name="test", scope=scope)
        return Client(headers={"authorization": f"Bearer {text}"})

    return make
