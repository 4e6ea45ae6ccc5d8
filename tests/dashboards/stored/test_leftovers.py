"""No page speaks English to a Swedish reader: what both languages say alike is a name, a code or a figure."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.db.models import CharField, TextField

from metrics.registry import metrics
from portfolio.feeds import FEEDS
from tests.dashboards.stored.test_pages import PAGES

WORDS = re.compile(r"[A-Za-zÅÄÖåäö’']{2,}")
SILENT = {"script", "style", "code", "kbd", "svg"}
SPOKEN = ("aria-label", "title", "placeholder", "data-done", "alt")
VOID = {"input", "link", "meta", "br", "img", "hr", "path", "circle", "use", "line", "rect"}


class Spoken(HTMLParser):
    """The texts of a page that a person reads or hears, element by element; what names its own language is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        if tag not in VOID and (self.silent or tag in SILENT or ("lang" in held and tag != "html")):
            self.silent.append(tag)
        if not self.silent:
            self.texts += [held[name] for name in SPOKEN if held.get(name)]

    def handle_endtag(self, tag):
        if self.silent and tag not in VOID:
            self.silent.pop()

    def handle_data(self, data):
        if not self.silent and data.strip():
            self.texts.append(" ".join(data.split()))


def spoken(client, path, language):
    response = client.get(path, headers={"accept-language": language})
    assert response.status_code == 200, path
    reader = Spoken()
    reader.feed(response.content.decode())
    return reader.texts


def told_in_both(client, path):
    """What both languages say, without what is written in facts, and names of feeds, columns and metrics."""
    return set(spoken(client, path, "en")) & set(spoken(client, path, "sv"))


@pytest.fixture
def facts(db):
    """Every text of the facts, longest first."""
    found = set()
    for model in apps.get_app_config("portfolio").get_models():
        for field in model._meta.get_fields():
            if isinstance(field, CharField | TextField) and not field.choices:
                found.update(model._default_manager.values_list(field.name, flat=True).distinct())
    return sorted((text for text in found if text and len(text) > 2), key=len, reverse=True)


# Names that are no words of ours: the product, codes of the reference company, standards and formulas of symbols.
NAMES = re.compile(
    r"ePMO|[A-Z]+[A-Z0-9]*-[\w-]+|INC\d+|\b[a-z]+(?:_[a-z0-9]+)+\b|\b[A-Z]{2,}\b|Earned value management|Milestone \d"
)
CODES = {feed.name for feed in FEEDS.values()} | {c.name for feed in FEEDS.values() for c in feed.columns}
# Words that both languages have, where a page sets two of them together.
SHARED = {"data", "team", "incident", "sponsor", "start", "budget", "version", "definition", "import", "status"}


def words_left(text, facts):
    """Words of a text that neither facts nor names explain."""
    text = NAMES.sub(" ", text)
    for known in facts:
        text = text.replace(known, " ")
    words = [word.casefold() for word in WORDS.findall(text)]
    return [word for word in words if word not in CODES | SHARED]


PATHS = [
    *(path for path in PAGES.values() if path != "/styleguide/"),  # a page for builders, of made-up texts
    *(f"/metrics/{key}/" for key in list(metrics())[::6]),
    *(f"/explain/{key}/?scope=enterprise:" for key in list(metrics())[1::6]),
    "/explain/gross_margin/?scope=enterprise:&period=2020-Q1",
    "/explain/project_contribution/?scope=project:P-8&period=2024-Q1",
    "/data/?page=1",
    "/projects/?q=nothing+like+it",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_page_speaks_english_to_a_swedish_reader(lead, facts, path):
    left = {text: words for text in told_in_both(lead, path) if len(words := words_left(text, facts)) >= 2}

    assert left == {}


def test_the_search_for_leftovers_finds_one(facts):
    assert words_left("Rows of the register", facts) == ["rows", "of", "the", "register"]
    assert words_left("Alfa Retail · P-5: defect_time_to_fix, hired_on < T", facts) == []


def test_rows_behind_a_number_read_as_people_write_them(lead):
    page = lead.get("/explain/reputation_index/?scope=enterprise:").content.decode()

    assert "review site · 2026-05-01" in page
    assert "%20" not in "".join(spoken(lead, "/explain/reputation_index/?scope=enterprise:", "en"))
    assert "press, 2026-05-19, 70<" in page.replace("</", "<")
