"""Fixtures for all tests: a clock that stands still, three people, servers of one's own, a running ePMO, a browser."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as settings_of_django
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone, translation
from hypothesis import HealthCheck, settings

from epmo.embedded import Servers, Urls
from tests import services
from tests.stack import Stack, drop_database, make_database, make_stack

NOON = datetime(2026, 7, 10, 12, tzinfo=UTC)
CI = os.environ.get("CI", "").lower() == "true"

# A busy machine is no failure of an example.
settings.register_profile("epmo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("epmo")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    """Django's clock stands at noon of 10 July 2026 until the test moves it: `clock.now = ...`."""
    clock = Clock(NOON)
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@dataclass(slots=True)
class Clock:
    """The instant that `django.utils.timezone.now()` answers."""

    now: datetime


@dataclass(frozen=True, slots=True)
class People:
    """Three people, as rights are tested with."""

    owner: User  # PMO lead: reads all, edits facts
    team_mate: User  # project manager without a grant; the test grants what it needs
    outsider: User  # viewer without a grant


@pytest.fixture
def people(db: None) -> People:
    """The three people, in the database."""
    from portfolio.rights import Role
    from portfolio.services.rights import role_set

    roles = {"owner": Role.PMO_LEAD, "team_mate": Role.PROJECT_MANAGER, "outsider": Role.VIEWER}
    users = {name: User.objects.create_user(name, f"{name}@example.org") for name in roles}
    for name, role in roles.items():
        role_set(user=users[name], role=role)
    return People(**users)


@pytest.fixture(scope="module")
def own_servers() -> Iterator[Urls]:
    """Embedded servers that a `fault` test may kill: addresses of both; no other test uses them."""
    servers = Servers(services.temporary_var(), durable=True)
    try:
        yield servers.start(tied=True)
    finally:
        servers.stop()


@pytest.fixture(scope="session")
def live_stack() -> Iterator[Stack]:
    """A running ePMO (web server, worker, beat) on an empty database of its own, for the whole session.

    `live_stack.manage("import_facts", ...)` fills it, `live_stack.make_user(name, role)` opens accounts,
    `live_stack.url` is where it answers.
    """
    name = f"epmo_live_{services.WORKER or 'main'}_{os.getpid()}"
    database_url = make_database(os.environ["DATABASE_URL"], name)
    stack = make_stack(services.temporary_var(), database_url=database_url, redis_url=os.environ["REDIS_URL"])
    try:
        for process in ("web", "worker", "beat"):
            stack.start(process)
        yield stack
    finally:
        stack.stop()
        drop_database(os.environ["DATABASE_URL"], name)


def find_chromium() -> str | None:
    """The path of a Chromium on this machine."""
    named = os.environ.get("CHROMIUM", "")
    return next(
        (found for name in (named, "chromium", "google-chrome") if name and (found := shutil.which(name))), None
    )


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Chromium, or a skip that says how to install it; an error on CI."""
    path = find_chromium()
    if path is None:
        message = "Chromium is not installed: apt-get install chromium, or set CHROMIUM to its path"
        if CI:
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Any]:
    """Playwright's browser on the machine's own Chromium."""
    from playwright.sync_api import sync_playwright

    # While an event loop runs in this thread Django keeps connections apart for it: one that is open when it begins or
    # ends would stay open out of reach, and its database could be neither copied nor dropped.
    connections.close_all()
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
        yield browser
        browser.close()
        connections.close_all()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page in a context of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    yield page
    context.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Each test begins in English: a page read in Swedish leaves the thread's language behind, as Django does."""
    translation.activate(settings_of_django.LANGUAGE_CODE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses a browser; leave drills out unless they are asked for; keep `fault` tests on one worker each."""
    wanted = config.getoption("-m") or ""
    for item in items:
        if "page" in getattr(item, "fixturenames", ()) or "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("drill") and "drill" not in wanted:
            item.add_marker(pytest.mark.skip(reason="a drill: run make drill"))


def datasets() -> Path:
    """The folder of real data sets; skips when EPMO_DATASETS is unset."""
    from django.conf import settings

    if settings.EPMO_DATASETS is None:
        pytest.skip("EPMO_DATASETS is not set: the real data sets are not at hand")
    return settings.EPMO_DATASETS


@pytest.fixture
def datasets_folder() -> Path:
    """The folder of real data sets, or a skip with the reason."""
    return datasets()
