"""Web server, worker and beat together: facts that come in are computed by themselves."""

import json
import urllib.error
import urllib.request

import pytest

from tests.epmo.test_demo import FACTS
from tests.stack import PASSWORD, Stack, wait_until

pytestmark = pytest.mark.served


def ask(stack: Stack, path: str) -> dict[str, object]:
    """The JSON answer at an address."""
    with urllib.request.urlopen(stack.url + path, timeout=30) as answer:
        return json.load(answer)


def test_a_run_starts_by_itself_after_an_import_and_is_published(live_stack, tmp_path):
    for name, text in FACTS.items():
        (tmp_path / name).write_text(text)

    live_stack.manage("import_facts", str(tmp_path))

    wait_until(lambda: ask(live_stack, "/readyz")["newest_run_age_seconds"] is not None, seconds=120, every=0.5)


def test_a_person_logs_in_and_sees_no_violation_of_the_policy(live_stack, page):
    live_stack.make_user("walker", "executive")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(live_stack.url + "/accounts/login/")
    page.fill("input[name=login]", "walker")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(live_stack.url + "/")

    assert complaints == []


def test_an_unknown_address_is_a_page_with_the_request_id_and_no_traceback(live_stack):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(live_stack.url + "/no/such/page", timeout=30)

    body = refusal.value.read().decode()
    assert refusal.value.code == 404
    assert refusal.value.headers["X-Request-ID"] in body
    assert "Traceback" not in body
