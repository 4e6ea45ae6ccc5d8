"""Swedish is complete for everything that pages say, and its texts keep what English puts into them."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

from dashboards import catalogue_text
from dashboards.catalogue_definitions import DEFINITIONS
from dashboards.catalogue_strings import TEXTS
from metrics.definition_words import definition, definitions_of
from metrics.registry import metrics
from tests.dashboards.test_assets import script

PO = Path(settings.BASE_DIR) / "locale/sv/LC_MESSAGES/django.po"


def entries():
    for block in re.split(r"\n\n+", PO.read_text(encoding="utf-8").strip())[1:]:
        if block.startswith("#~"):
            continue
        texts = {
            name: "".join(eval(part) for part in re.findall(r'".*"', body))
            for name, body in re.findall(r'^(msg\w+(?:\[\d\])?) ((?:".*"\n?)+)', block, re.MULTILINE)
        }
        yield block, texts


def test_every_text_is_translated():
    missing = [
        texts["msgid"]
        for block, texts in entries()
        if not (texts.get("msgstr") or texts.get("msgstr[1]")) or ", fuzzy" in block
    ]

    assert missing == []


CALLS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 1, "pgettext": 2, "pgettext_lazy": 2}
"""Functions that makemessages knows, with the place of the text among their arguments."""


def asked_for(source):
    """Texts that a module translates. Under another name of a function makemessages would not find them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for name in node.names:
                assert name.name not in CALLS or (name.asname or name.name) in CALLS, name.asname
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            text = node.args[CALLS[node.func.id] - 1]
            if isinstance(text, ast.Constant):
                yield text.value


def test_every_text_of_code_and_templates_is_among_the_translations():
    known = {texts["msgid"] for _block, texts in entries()}
    code = {
        text
        for package in ("api", "connectors", "dashboards", "epmo", "metrics", "portfolio")
        for file in (Path(settings.BASE_DIR) / package).rglob("*.py")
        for text in asked_for(file.read_text(encoding="utf-8"))
    }
    pages = {
        text
        for file in (Path(settings.BASE_DIR) / "templates").rglob("*.html")
        for text in asked_for(as_calls(templatize(file.read_text(encoding="utf-8"))))
    }

    assert len(pages) > 300
    assert sorted((code | pages) - known) == []


def as_calls(templatized):
    """The calls that Django makes of a template for xgettext, one a line."""
    found = re.findall(r"\b(?:n|p)?gettext\((?:u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"),? ?)+", templatized)
    found += re.findall(r"(?<!\w)_\(u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", templatized)
    return "\n".join(f"{call.rstrip(', ')})" for call in found)


PLACE = re.compile(r"%\(\w+\)(?:\.\d+f|[sd])|\{\w*\}|%[sd]")


def test_translations_keep_their_places():
    for _block, texts in entries():
        asked = set(PLACE.findall(texts["msgid"]))
        for name in ("msgstr", "msgstr[1]"):
            if texts.get(name):
                assert set(PLACE.findall(texts[name])) == asked | set(
                    PLACE.findall(texts.get("msgid_plural", ""))
                ) & set(PLACE.findall(texts[name])), texts


def test_the_catalogue_is_among_the_texts():
    written = script("catalogue_strings")

    assert written.texts() == list(TEXTS)
    assert written.definitions() == [str(text) for text in DEFINITIONS]


# Columns, statuses and components keep their names in every language; so do numbers, but for their decimal sign.
NAMES = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")
NUMBERS = re.compile(r"\d+(?:[.,]\d+)?")


def agreement(text):
    return set(NAMES.findall(text)), sorted(number.replace(",", ".") for number in NUMBERS.findall(text))


@pytest.mark.parametrize("key", metrics())
def test_definitions_are_swedish_and_keep_names_and_numbers(key):
    texts = list(definitions_of(metrics()[key]))
    with translation.override("sv"):
        swedish = [definition(text) for text in texts]

    assert [agreement(text) for text in swedish] == [agreement(text) for text in texts]
    # A text of words in both languages alike was left as it was; formulas of symbols and names of standards are alike.
    left = [text for text, told in zip(texts, swedish, strict=True) if text == told and ENGLISH.search(text)]
    assert left == []


ENGLISH = re.compile(
    r"\b(the|of|in|and|or|with|no|not|is|are|all|than|before|after|less|same|rows?|sum|days?|months?)\b"
)


@pytest.mark.parametrize("key", metrics())
def test_a_metric_reads_in_swedish(key):
    with translation.override("sv"):
        assert catalogue_text.title(key) != metrics()[key].title
        assert catalogue_text.why(key) != metrics()[key].why
