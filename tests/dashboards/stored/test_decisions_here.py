"""Decisions on the overview and on the pages that they concern, of the reference company."""

from datetime import date

import pytest
from django.utils import timezone

from metrics.models import Decision
from portfolio.models import Contract, Customer
from tests.dashboards.stored.test_pages import text_of


def raise_one(question, kind="enterprise", scope="", **more):
    return Decision.objects.create(
        question=question, state=more.pop("state", "open"), scope_kind=kind, scope=scope, raised_at=timezone.now(),
        **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "scope", "path"),
    [
        ("project", "P-5", "/projects/P-5/"),
        ("customer", "C-ALFA", "/customers/C-ALFA/"),
        ("portfolio", "PF-CUST", "/portfolios/PF-CUST/"),
        ("program", "PG-PLAT", "/portfolios/PG-PLAT/"),
        ("initiative", "I-1", "/initiatives/I-1/"),
    ],
)
def test_a_decision_stands_on_the_page_that_it_concerns(lead, kind, scope, path):
    raise_one("Move two testers here?", kind, scope)
    raise_one("Something else entirely?", "project", "P-2")
    html = text_of(lead.get(path))

    assert "Move two testers here?" in html
    assert "Something else entirely?" not in html
    assert f"scope_kind={kind}&amp;scope={scope}" in html  # raise another one about it


def test_the_page_of_a_metric_shows_decisions_on_it_whatever_their_scope(lead):
    raise_one("Slow down?", "project", "P-5", metric="cost_performance_index")
    raise_one("Sell more?", "customer", "C-ALFA", metric="gross_margin")
    html = text_of(lead.get("/metrics/cost_performance_index/"))

    assert "Cluster renewal: Slow down?" in html
    assert "Sell more?" not in html


def test_an_answered_decision_stays_on_its_page_with_its_answer(lead):
    raise_one("Pause it?", "project", "P-5", state="decided", answer="Yes, for six weeks.")
    html = text_of(lead.get("/projects/P-5/"))

    assert "Pause it?" in html
    assert "Yes, for six weeks." in html


def test_the_overview_asks_what_people_raised_before_what_signals_propose(lead):
    raise_one("Bring in two testers?", "project", "P-5", owner="Ines")
    for place in range(5):
        Decision.objects.create(
            state="proposed", source="off_target", metric="milestones_on_time_rate", signal_key=f"k{place}",
            signal={"period": "2026-Q2", "value": 0.4, "green": 0.9, "direction": "higher", "points": place,
                    "stake": place}, raised_at=timezone.now(),
        )  # fmt: skip
    html = text_of(lead.get("/"))

    assert html.index("Cluster renewal: Bring in two testers?") < html.index("About 4.0 points of the index")
    assert "About 1.0 points of the index" not in html
    assert "All 6 on the list of decisions" in html


def test_a_renewal_that_somebody_took_up_is_not_asked_again(lead):
    customer = Customer.objects.get(code="C-BETA")
    contract = Contract.objects.filter(customer=customer, deleted_at=None).latest("ends_on")
    Contract.objects.filter(pk=contract.pk).update(ends_on=date(2026, 9, 1), renewed_on=None, terminated_on=None)
    asked = f"Visit {customer.name} before it renews?"
    assert asked in text_of(lead.get("/"))
    raise_one("See them in person?", "customer", "C-BETA")

    assert asked not in text_of(lead.get("/"))


def test_readers_see_no_decision_outside_their_rights(client_of):
    raise_one("Move two testers to the cluster?", "project", "P-5")
    raise_one("Spend less?", "enterprise")
    for path in ("/", "/decisions/", "/metrics/cost_performance_index/"):
        html = text_of(client_of("viewer").get(path))
        assert "Move two testers" not in html, path
        assert "Spend less" not in html, path
