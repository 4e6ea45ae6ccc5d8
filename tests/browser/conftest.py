"""The real thing for browser tests: web server, worker and beat over the reference company."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import services
from tests.stack import PASSWORD, Stack, drop_database, make_database, make_stack

REFERENCE = Path(__file__).resolve().parents[1] / "data" / "reference"


@pytest.fixture(scope="package")
def company() -> Iterator[Stack]:
    """A running ePMO with the reference company, as of 2026-07-10, and one user of each kind."""
    name = f"epmo_browser_{services.WORKER or 'main'}_{os.getpid()}"
    database_url = make_database(os.environ["DATABASE_URL"], name)
    stack = make_stack(
        services.temporary_var(),
        database_url=database_url,
        redis_url=os.environ["REDIS_URL"],
        more={"EPMO_AS_OF": "2026-07-10"},
    )
    try:
        stack.manage("import_facts", str(REFERENCE / "facts"))
        stack.manage("compute_metrics")
        for user, role in (("lead", "pmo_lead"), ("chief", "executive"), ("viewer", "viewer")):
            stack.make_user(user, role)
        stack.python(
            "from django.contrib.auth.models import User\n"
            "from portfolio.models import Grant, Portfolio\n"
            "Grant.objects.create(user=User.objects.get(username='viewer'), "
            "portfolio=Portfolio.objects.get(code='PF-CUST'))"
        )
        for process in ("web", "worker", "beat"):
            stack.start(process)
        yield stack
    finally:
        stack.stop()
        drop_database(os.environ["DATABASE_URL"], name)


class Reader:
    """A person in a browser: logged in, with every console error noted."""

    def __init__(self, browser: Any, stack: Stack, name: str, **context: Any) -> None:
        self.stack = stack
        self.context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "timezone_id": "UTC", **context}
        )
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(stack.url + "/accounts/login/")
        self.page.fill("input[name=login]", name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(stack.url + "/")

    def open(self, path: str) -> int:
        """Go to a page and wait until its charts are drawn; answers the status."""
        response = self.page.goto(self.stack.url + path)
        assert response is not None
        for _attempt in range(200):
            if self.page.evaluate(
                "document.documentElement.dataset.charts === 'ready' || !document.querySelector('[data-fig]')"
            ):
                break
            self.page.wait_for_timeout(50)
        return int(response.status)

    def wait_for_text(self, path: str, text: str, seconds: float = 60) -> None:
        """Open a page again and again until it says the text."""
        for _attempt in range(int(seconds * 2)):
            self.open(path)
            if text in self.page.inner_text("main"):
                return
            self.page.wait_for_timeout(500)
        raise AssertionError(f"{path} never said {text!r}: {self.page.inner_text('main')[:1500]}")


@pytest.fixture
def reader(browser: Any, company: Stack) -> Iterator[Any]:
    """Opens browsers: reader(name, **context options) is a Reader."""
    opened: list[Reader] = []

    def open_as(name: str, **context: Any) -> Reader:
        opened.append(Reader(browser, company, name, **context))
        return opened[-1]

    yield open_as
    for person in opened:
        person.context.close()
