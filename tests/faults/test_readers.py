"""Readers read while runs are published one after another: each answer is of one run, never of two."""

import hashlib
import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.faults.company import Company
from tests.faults.reading import READ
from tests.faults.test_superseded import project_months

PUBLICATIONS = 8


def publish(company: Company, row: list[str]) -> None:
    """Write a row and compute what it changes, in this process of the company."""
    head, _, _ = project_months()
    company.write("project_months", head, row)
    company.do(
        "from metrics import runs\n"
        "wish = runs.facts_changed() or runs.run_request(cause='fault test')\n"
        "answer = runs.run_compute(wish.pk).values_written"
    )


@pytest.mark.fault
def test_a_reader_of_values_ledger_and_index_never_sees_two_runs(computed: Company) -> None:
    _, row, other = project_months()
    known = set()
    for written in (other, row):
        publish(computed, written)
        known.add(computed.do(READ + "answer = look()", hand="left"))
    assert len(known) == 2
    stop, looks = computed.folder / "stop", computed.folder / "looks"
    looks.touch()
    seen: dict[str, int] = {}

    def read() -> None:
        seen.update(
            computed.do(
                "from collections import Counter; from pathlib import Path\n"
                "seen = Counter()\n"
                f"while not Path({str(stop)!r}).exists():\n"
                "    seen[look_at_one_moment()] += 1\n"
                f"    Path({str(looks)!r}).write_text('.' * sum(seen.values()))\n"
                "answer = seen",
                hand="left",
            )
        )

    reader = threading.Thread(target=read)
    reader.start()
    try:
        number = 0
        while number < PUBLICATIONS or (looks.stat().st_size < PUBLICATIONS and number < 10 * PUBLICATIONS):
            publish(computed, row if number % 2 else other)
            number += 1
    finally:
        stop.touch()
        reader.join()

    assert set(seen) <= known
    assert sum(seen.values()) >= PUBLICATIONS


@pytest.mark.fault
def test_answers_of_the_api_are_of_one_run_and_come_back_after_the_database_does(computed: Company) -> None:
    _, row, other = project_months()
    token = computed.do(
        "from django.contrib.auth.models import User\n"
        "from portfolio.rights import Role, TokenScope\n"
        "from portfolio.services.rights import role_set\n"
        "from portfolio.services.tokens import token_create\n"
        "user = User.objects.create_user('reader')\n"
        "role_set(user=user, role=Role.EXECUTIVE)\n"
        "answer = token_create(user=user, name='test', scope=TokenScope.READ)[1]"
    )
    computed.start("web", EPMO_API_RATE="100000")
    computed.until(lambda: answers(computed, token, "/healthz"), "the web server answers")
    paths = [
        "/api/v1/values/?format=jsonl&component=*&period=2026-Q1&period=2026-Q2",
        "/api/v1/contributions/?format=jsonl&period=2026-Q2",
        "/api/v1/index/?format=jsonl&period=2026-Q2",
    ]
    known: dict[str, set[str]] = {path: set() for path in paths}
    for written in (other, row):
        publish(computed, written)
        for path in paths:
            known[path].add(digest(answer(computed, token, path)))
    seen: dict[str, set[str]] = {path: set() for path in paths}
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            for path in paths:
                seen[path].add(digest(answer(computed, token, path)))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(PUBLICATIONS // 2):
            publish(computed, row if number % 2 else other)
    finally:
        done.set()
        reader.join()

    assert seen.keys() == known.keys()
    assert all(seen[path] <= known[path] for path in paths)
    assert len(known[paths[0]]) == 2

    begun = time.monotonic()
    assert answers(computed, token, paths[0])
    plain = time.monotonic() - begun
    computed.servers.postgres_restart("immediate")
    begun = time.monotonic()
    computed.until(lambda: answers(computed, token, paths[0]), "the web server answers again")
    assert time.monotonic() - begun < 10 + 5 * plain  # of a machine that may be busy


def answer(company: Company, token: str, path: str) -> bytes:
    """The body at an address."""
    request = urllib.request.Request(company.url + path, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return bytes(response.read())
    except urllib.error.HTTPError as refused:
        raise AssertionError(f"{path}: {refused.code} {refused.read()[:500]!r}") from refused


def answers(company: Company, token: str, path: str) -> bool:
    """Whether there is a body at an address."""
    try:
        return bool(answer(company, token, path))
    except (AssertionError, OSError):
        return False


def digest(body: bytes) -> str:
    """A mark of an answer but for the numbers of runs."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in body.splitlines()]
    for row in rows:
        row.pop("run", None), row.pop("computed_at", None)
    assert rows
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


@pytest.mark.django_db(transaction=True)
def test_a_page_is_read_in_one_moment_and_a_form_is_not() -> None:
    user = User.objects.create_user("reader")
    client = Client()
    client.force_login(user)
    said: list[str] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        said.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        client.get("/projects/")
        begun = [place for place, sql in enumerate(said) if "REPEATABLE READ, READ ONLY" in sql]
        assert len(begun) == 1
        assert any("metrics_run" in sql for sql in said[begun[0] :])
        said.clear()
        client.post("/projects/")
        assert not any("READ ONLY" in sql for sql in said)
