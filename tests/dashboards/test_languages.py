"""Swedish is complete for everything that pages say, and its texts keep what English puts into them."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from dashboards import catalogue_text
from dashboards.catalogue_strings import TEXTS
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
    assert script("catalogue_strings").texts() == list(TEXTS)


@pytest.mark.parametrize("key", metrics())
def test_a_metric_reads_in_swedish(key):
    with translation.override("sv"):
        assert catalogue_text.title(key) != metrics()[key].title
        assert catalogue_text.why(key) != metrics()[key].why
