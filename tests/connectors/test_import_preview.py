"""A checked import says what its columns hold beside what is stored: no scale or currency is changed in silence."""

import json
from decimal import Decimal

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from portfolio.models import ImportRun, LedgerEntry
from portfolio.services import preview as preview_module
from tests.connectors.deliveries import BASE, deliver, write

pytestmark = pytest.mark.django_db
HEAD = "code,month,account,amount,currency\n"


def ledger(*amounts, currency="EUR", first=1, month="2026-01"):
    rows = (f"L{place},{month},revenue,{amount},{currency}\n" for place, amount in enumerate(amounts, first))
    return {"ledger.csv": HEAD + "".join(rows)}


def columns(report, feed="ledger"):
    return {one["column"]: one for one in report.preview[feed]}


def test_numbers_days_and_currencies_stand_beside_what_is_stored(tmp_path):
    deliver(tmp_path, ledger("100.10", "200.2"))

    found = columns(deliver(tmp_path, ledger("0.1", "0.2", "-7", first=2, month="2026-03"), dry_run=True))

    amount = found["amount"]
    assert (amount["delivered"]["count"], amount["delivered"]["least"], amount["delivered"]["greatest"]) == (
        3,
        "-7",
        "0.2",
    )
    assert amount["delivered"]["total"] == "-6.7"
    assert (amount["stored"]["count"], amount["stored"]["total"]) == (2, "300.3")
    assert (found["month"]["delivered"]["least"], found["month"]["stored"]["greatest"]) == ("2026-03", "2026-01")
    assert found["currency"]["delivered"]["parts"] == {"EUR": 3}
    assert LedgerEntry.objects.count() == 2


def test_a_shifted_decimal_is_named(tmp_path):
    deliver(tmp_path, ledger("100", "200", "300"))

    assert columns(deliver(tmp_path, ledger("100", "200", "3000"), dry_run=True))["amount"]["unlike"] == "scale"
    assert columns(deliver(tmp_path, ledger("100", "200", "2999.99"), dry_run=True))["amount"]["unlike"] == ""
    thousands = deliver(tmp_path, ledger(*["0.1"] * 10), dry_run=True)
    assert columns(thousands)["amount"]["unlike"] == "scale"


def test_a_few_small_numbers_are_no_other_scale(tmp_path):
    deliver(tmp_path, ledger("100", "2000", "3000"))

    assert columns(deliver(tmp_path, ledger("1"), dry_run=True))["amount"]["unlike"] == ""


def test_a_currency_not_seen_before_is_named(tmp_path):
    deliver(tmp_path, ledger("100", "200"))

    found = columns(deliver(tmp_path, ledger("100", currency="SEK", first=3), dry_run=True))["currency"]

    assert (found["unlike"], found["stored"]["parts"]) == ("currency", {"EUR": 2})


def test_only_accepted_rows_count(tmp_path):
    files = {"ledger.csv": HEAD + "L1,2026-01,revenue,5,EUR\nL1,2026-01,revenue,999999,EUR\nL2,2026-13,revenue,7,EUR\n"}

    found = columns(deliver(tmp_path, files, dry_run=True, skip_bad_rows=True))

    assert (found["amount"]["delivered"]["count"], found["amount"]["delivered"]["greatest"]) == (1, "5")


def test_what_is_stored_is_not_previewed_and_a_first_delivery_is_unlike_nothing(tmp_path):
    checked = deliver(tmp_path, ledger("5"), dry_run=True)

    assert {one["unlike"] for one in checked.preview["ledger"]} == {""}
    assert columns(checked)["amount"]["stored"] == {
        "count": 0, "least": None, "greatest": None, "total": None, "parts": None,
    }  # fmt: skip
    assert deliver(tmp_path, ledger("5")).preview == {}


@given(st.lists(st.decimals("-1e15", "1e15", places=10), min_size=1, max_size=5))
def test_sums_are_exact_to_the_last_digit(tmp_path_factory, amounts):
    found = columns(deliver(tmp_path_factory.mktemp("exact"), ledger(*(f"{one:f}" for one in amounts)), dry_run=True))

    assert Decimal(found["amount"]["delivered"]["total"]) == sum(amounts)
    assert "E" not in found["amount"]["delivered"]["total"]


def test_the_command_adds_it_to_the_report_of_a_dry_run_and_keeps_it_with_the_run(tmp_path, capsys, transactional_db):
    folder = write(tmp_path, {**BASE, **ledger("5", "6")})

    call_command("import_facts", str(folder), "--dry-run", "--json")
    checked = json.loads(capsys.readouterr().out)
    call_command("import_facts", str(folder), "--json")
    stored = json.loads(capsys.readouterr().out)

    assert {one["column"] for one in checked["preview"]["ledger"]} == {"month", "amount", "currency"}
    assert "preview" not in stored
    assert ImportRun.objects.get(pk=checked["import_id"]).preview == checked["preview"]
    assert ImportRun.objects.get(pk=stored["import_id"]).preview == {}


def test_cells_are_counted_in_the_database_and_never_read(tmp_path, monkeypatch):
    """However many rows there are, what comes back is one row an aggregate and one a currency."""
    deliver(tmp_path, ledger("5", "6"))
    fetched = []

    def run(cursor, statement, params=None):
        cursor.execute(statement.as_string(cursor.cursor), params)
        fetched.append(cursor.rowcount)

    monkeypatch.setattr(preview_module, "run", run)
    deliver(tmp_path, ledger(*range(50)), dry_run=True)

    assert fetched
    assert max(fetched) == 2  # the currencies of the projects
