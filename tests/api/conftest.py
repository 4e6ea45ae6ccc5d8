"""Clients of the API: one for each person of the small company, by session or by token."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from portfolio.rights import TokenScope
from portfolio.services.tokens import token_create
from tests.portfolio.world import World, make_world


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


@pytest.fixture(autouse=True)
def no_requests_counted() -> None:
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
