"""The pages of incidents: what they say, what a filter does, what stays hidden, what the file holds."""

import csv
import io
import re

import pytest


def text_of(response):
    return response.content.decode()


def test_the_finding_names_the_worst_and_where_duration_misleads(lead):
    html = text_of(lead.get("/incidents/", {"period": "2025"}))

    finding = re.sub(r"<[^>]+>", "", re.search(r"<h1.*?</h1>", html, re.DOTALL)[0])
    assert "hurt customers most in 2025" in finding
    assert "Duration misleads for" in html
    assert "Where duration misleads" in html
    assert 'data-fig="fig-ranks"' in html


def test_the_finding_in_swedish(lead):
    html = text_of(lead.get("/incidents/", {"period": "2025"}, headers={"accept-language": "sv"}))

    assert "skadade kunderna mest" in html
    assert "Varaktigheten vilseleder" in html


def test_a_quiet_period_says_so_and_where_to_go(lead):
    html = text_of(lead.get("/incidents/", {"period": "2014-Q1"}))

    assert "No unplanned incident" in html
    assert "period=2013-Q4" in html


def test_every_condition_can_be_dropped(lead):
    html = text_of(lead.get("/incidents/", {"period": "2025", "customer": "C-NOBODY", "severity": "1"}))

    assert "No incident matches" in html
    assert "Any customer" in html
    assert "Any severity" in html


@pytest.mark.parametrize("sort", ["-harm", "harm", "-minutes", "revenue", "-renewals", "time", "-duration", "start"])
def test_the_file_holds_every_row_in_the_order_asked_for(lead, sort):
    body = lead.get("/incidents/", {"period": "2025", "format": "csv", "sort": sort}).content.decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(body)))
    column = {
        "harm": "harm_rank", "minutes": "customer_minutes", "revenue": "revenue_exposed", "time": "duration_rank",
        "renewals": "renewals_at_stake", "duration": "duration_minutes", "start": "started_at",
    }[sort.lstrip("-")]  # fmt: skip
    values = [row[column] if column == "started_at" else float(row[column]) for row in found]

    # The worse rank is the lower one: falling by rank begins with number 1.
    falling = sort.startswith("-") != column.endswith("_rank")
    assert len(found) == 17
    assert values == sorted(values, reverse=falling)


def test_an_account_manager_sees_own_rows_and_how_many_others(client_of):
    account = client_of("account")
    html = text_of(account.get("/incidents/", {"period": "2026-Q1"}))

    assert "INC0004" in html
    assert "INC0010" not in html
    assert "not visible to you (1)" in html
    one = text_of(account.get("/incidents/INC0004/"))
    assert "not visible to you (1)" in one
    assert "C-GAMMA" not in one
    assert account.get("/incidents/INC0010/").status_code == 404
    assert account.get("/incidents/INC9999/").status_code == 404
    assert client_of("viewer").get("/incidents/INC0004/").status_code == 404
    assert "No customer is visible to you" in text_of(client_of("viewer").get("/incidents/"))


def test_money_is_read_with_customers(lead):
    html = text_of(lead.get("/incidents/INC0004/"))

    assert "Read with:" in html
    assert html.index("customer minutes") < html.index("Revenue exposed")
    assert "Planned" in text_of(lead.get("/incidents/INC0020/"))
