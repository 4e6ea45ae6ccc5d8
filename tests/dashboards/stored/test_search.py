"""Search: what is found, in which order, for whom, and what an empty answer says."""

import re

import pytest

from portfolio.models import Customer, Project
from portfolio.rights import EVERYTHING
from portfolio.selectors.search import folded, search
from portfolio.selectors.visibility import visibility_of


def found(text, visible=EVERYTHING):
    return {g.kind: [h.code for h in g.hits] for g in search(text, visible_to=visible)}


def test_case_and_accents_do_not_matter(db):
    Customer.objects.filter(code="C-BETA").update(name="Ångström Möbler Łódź")

    for text in ("angstrom", "ÅNGSTRÖM", "mobler ang", "lodz", "A\u030angstro\u0308m"):
        assert found(text)["customer"] == ["C-BETA"], text
    assert folded("  Åre   Öst ") == "are ost"


def test_the_best_match_stands_first(db):
    Project.objects.filter(code="P-1").update(name="Something about gate")
    Project.objects.filter(code="P-2").update(name="Gate")
    Project.objects.filter(code="P-3").update(name="Gateway")
    Project.objects.filter(code="P-4").update(name="Aggregate")

    assert found("gate")["project"] == ["P-2", "P-3", "P-1", "P-4"]
    assert found("p-4")["project"][0] == "P-4"


@pytest.mark.parametrize("text", ["%", "_", "\\", "P_1", "", "   ", "\0", "' OR 1=1 --", "☃"])
def test_signs_are_taken_letter_by_letter(db, text):
    assert "project" not in found(text)


def test_every_word_must_occur_and_incidents_are_found_by_their_beginning(db):
    assert "P-1" in found("P-1")["project"]
    assert found("inc0004") == {"incident": ["INC0004"]}
    assert "incident" not in found("0004")


def test_only_what_the_reader_may_see_is_found(users):
    viewer, account, outsider = (visibility_of(users[name]) for name in ("viewer", "account", "outsider"))

    assert found("P-5", viewer) == {}
    assert "P-1" in found("P-1", viewer)["project"]
    assert found("C-", account)["customer"] == ["C-ALFA"]
    assert set(found("INC", account)) == {"incident"}
    assert "INC0010" not in found("INC", account)["incident"]
    assert found("P-", outsider) == {}
    assert {k for text in ("a", "P", "C") for k in found(text, outsider)} == set()


def test_the_page_groups_and_counts(lead):
    html = lead.get("/search/", {"q": "a"}).content.decode()

    assert re.search(r"<h1[^>]*>.*matches for", html, re.DOTALL)
    assert 'href="/customers/C-ALFA/"' in html
    assert 'href="/metrics/' in html


def test_a_measure_is_found_in_the_readers_language(lead):
    from django.utils import translation

    from dashboards.catalogue_text import title

    with translation.override("sv"):
        name = title("gross_margin")
    html = lead.get("/search/", {"q": name}, headers={"accept-language": "sv"}).content.decode()

    assert 'href="/metrics/gross_margin/"' in html


def test_nothing_found_says_what_to_do(lead):
    html = lead.get("/search/", {"q": "no such thing"}).content.decode()

    assert "Leave a word out" in html
    assert "Write a name or a code" in lead.get("/search/").content.decode()


def test_suggestions_are_a_fragment(lead):
    html = lead.get("/search/", {"q": "alfa"}, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in html
    assert 'href="/customers/C-ALFA/"' in html
    assert 'role="status"' in html
    assert lead.get("/search/", {"q": ""}, headers={"HX-Request": "true"}).content.decode().strip() == ""
    assert "No match" in lead.get("/search/", {"q": "zzz"}, headers={"HX-Request": "true"}).content.decode()
