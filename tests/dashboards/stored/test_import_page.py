"""The page of one import: what a check found beside what is stored, and refused rows with their remedy."""

import pytest
from django.utils import translation

from connectors.readers.deliveries import delivery_read
from portfolio.models import ImportRun
from portfolio.services.facts import facts_write
from portfolio.services.imports import run_close, run_open

HEAD = "code,month,account,amount,currency\n"


@pytest.fixture
def imported(db, tmp_path):
    """An import of one file, closed with its report; answers its address."""

    def make(name, text, **options):
        (tmp_path / name).write_text(text, encoding="utf-8")
        delivery = delivery_read([tmp_path / name])
        run = run_open(actor=None, **options)
        run_close(run, facts_write(delivery=delivery, dry_run=run.dry_run), delivery)
        assert run.status in ImportRun.FINAL
        return f"/data/imports/{run.pk}/"

    return make


def page_of(client, path, language="en"):
    page = client.get(path, headers={"accept-language": language}).content.decode()
    return page.replace("\u00a0", " ")


def test_a_check_shows_columns_beside_what_is_stored_and_names_the_unlike(imported, lead):
    path = imported("ledger.csv", HEAD + "X1,2026-06,revenue,88000000.5,XTS\nX2,2026-07,revenue,1,XTS\n", dry_run=True)

    english, swedish = page_of(lead, path), page_of(lead, path, "sv")

    assert "Unlike what is stored: ledger.amount and ledger.currency." in english
    assert "88,000,000.5" in english
    assert "88,000,001.5" in english
    assert "XTS in 2 rows" in english
    assert "Jun 2026" in english
    assert "Another scale?" in english
    assert "A currency not seen before" in english
    assert "Olikt det som är lagrat: ledger.amount och ledger.currency." in swedish
    assert "88 000 001,5" in swedish
    assert "XTS på 2 rader" in swedish


def test_an_import_that_stored_shows_no_preview(imported, lead):
    path = imported("customers.csv", "code,name\nC-NEW,New one\n")

    assert "beside what is stored" not in page_of(lead, path)


@pytest.mark.parametrize(("language", "remedy"), [("en", "Write a day as"), ("sv", "Skriv")])
def test_refused_rows_stand_with_their_remedy(imported, lead, language, remedy):
    with translation.override(language):
        path = imported("customers.csv", "code,name,acquired_on\nC-NEW,New one,2026-02-30\n")

    page = page_of(lead, path, language)
    for said in ("customers.csv", "acquired_on", "2026-02-30", remedy):
        assert said in page
