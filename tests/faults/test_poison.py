"""A chunk that can never be computed: its run ends as failed and says why, and nothing else is kept from going on."""

import pytest

from tests.faults.company import REFERENCE, Company, differences
from tests.faults.conftest import Clean

pytestmark = pytest.mark.fault


@pytest.mark.parametrize(
    ("what", "text", "reason"),
    [
        ("raise", "the drawer is stuck", "checks: RuntimeError: the drawer is stuck"),
        ("kill", "", "checks: its worker died at every attempt"),
        ("spend", "600", "checks: SoftTimeLimitExceeded: SoftTimeLimitExceeded()"),
    ],
)
def test_a_poison_chunk_fails_with_its_reason_and_does_not_block_the_rest(
    computed: Company, clean: Clean, what: str, text: str, reason: str
) -> None:
    computed.start("beat-1")
    computed.start("worker-1", EPMO_FAULT_SOFT_TIME_LIMIT="2" if what == "spend" else "")
    computed.tell(what, "start.checks", text)
    run = computed.wish()

    computed.until(lambda: computed.run_state(run) == "failed", "the run is given up")

    # Tried three times, said why, and what was published before stays.
    assert computed.one("SELECT error FROM metrics_run WHERE id = %s", run) == reason
    tried = computed.ask("SELECT attempts, state FROM metrics_runchunk WHERE run_id = %s AND name = 'checks'", run)
    assert tried == [(3, "failed")]
    assert reason in shown(computed)
    assert computed.one("SELECT count(*) FROM metrics_series_staging") == 0
    assert computed.shadows() == []
    assert differences(computed.cells(), clean.facts) == []

    # A run of other measures, and an import, are done by the same worker while the poison is there.
    other = computed.do(
        "run = runs.run_request(cause='fault test', request={'metrics': ['tenure_survival']})\n"
        "tasks.advance.delay()\n"
        "answer = run.pk"
    )
    computed.until_published(other)
    # An import makes it whole once the cause is gone: nobody has to press anything.
    computed.untell(what, "start.checks")
    computed.manage("import_facts", str(REFERENCE / "update" / "facts"), "--json")
    computed.until_current()
    assert differences(computed.cells(), clean.update) == []


def shown(company: Company) -> str:
    """The data page, as an administrator sees it."""
    return str(
        company.do(
            "import html\n"
            "from django.contrib.auth.models import User\n"
            "from django.test import Client\n"
            "from portfolio.rights import Role\n"
            "from portfolio.services.rights import role_set\n"
            "user = User.objects.create_user('watcher')\n"
            "role_set(user=user, role=Role.ADMINISTRATOR)\n"
            "client = Client(HTTP_HOST='localhost')\n"
            "client.force_login(user)\n"
            "answer = html.unescape(client.get('/data/').content.decode())"
        )
    )
