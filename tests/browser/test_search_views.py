"""Search, filters in the link, saved views, copied links and pictures of charts, as a person at a keyboard uses it."""

from __future__ import annotations

import csv
import re
import struct
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def suggestions(page: Any, text: str) -> Any:
    """Type into the search box, reached by its key, and wait for what it suggests."""
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type(text)
    found = page.locator("#found")
    expect(found.locator("a, [role=status]").first).to_be_attached()
    return found


@pytest.mark.parametrize(
    ("text", "leads_to"),
    [
        ("cluster", "/projects/P-5/"),
        ("alfa ret", "/customers/C-ALFA/"),
        ("quick st", "/initiatives/"),
        ("gross margin", "/metrics/gross_margin/"),
    ],
)
def test_one_box_finds_projects_customers_initiatives_and_metrics(reader, text, leads_to):
    lead = reader("lead")
    lead.open("/data/")
    page = lead.page
    expect(suggestions(page, text).locator(f"a[href^='{leads_to}']").first).to_be_visible()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(re.escape(leads_to)))
    assert lead.errors == []


def test_escape_closes_the_suggestions_and_enter_lists_all(reader):
    lead = reader("lead")
    lead.open("/")
    page = lead.page
    found = suggestions(page, "portal")
    page.keyboard.press("Escape")
    expect(found.locator("a")).to_have_count(0)
    expect(page.locator("#search")).to_be_focused()

    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/search/\?q=portal"))
    expect(page.locator("main")).to_contain_text("Self-service portal")
    assert lead.errors == []


def test_the_key_writes_a_stroke_where_somebody_is_writing(reader):
    lead = reader("lead")
    lead.open("/views/?of=/projects/")
    lead.page.focus("#v-name")
    lead.page.keyboard.type("a/b")

    assert lead.page.input_value("#v-name") == "a/b"


def test_filters_stay_in_the_link_and_a_view_of_them_is_saved_renamed_removed_and_had_back(reader):
    chief = reader("chief")
    page, main = chief.page, chief.page.locator("main")
    chief.open("/projects/")
    every = main.locator("table.cards tbody tr").count()
    main.locator("#f-p").select_option("PF-OPS")
    main.locator(".filters button[type=submit]").click()
    page.wait_for_url(re.compile(r"[?&]portfolio=PF-OPS"))
    shown = main.locator("table.cards tbody tr").count()
    assert 0 < shown < every
    filtered = urlsplit(page.url)

    page.click(".foot a:has-text('Save view')")
    page.fill("#v-name", "My projects")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("The view is saved.")
    main.locator("a:text-is('My projects')").click()
    assert (urlsplit(page.url).path, urlsplit(page.url).query) == (filtered.path, filtered.query)
    assert main.locator("table.cards tbody tr").count() == shown

    page.click(".rail a[href='/views/']")
    main.locator("summary:has-text('Rename')").click()
    main.locator("details[open] input[name=name]").fill("Our projects")
    page.keyboard.press("Enter")
    expect(main.locator("a:text-is('Our projects')")).to_be_visible()

    main.locator("tbody button:has-text('Remove')").click()
    expect(main.locator(".undo")).to_contain_text("“Our projects” is removed.")
    expect(main.locator("tbody tr")).to_have_count(0)
    main.locator(".undo button").click()
    expect(main.locator("a:text-is('Our projects')")).to_be_visible()
    main.locator("tbody button:has-text('Remove')").click()
    assert chief.errors == []


def test_the_link_of_a_page_with_its_state_is_copied(reader):
    lead = reader("lead", permissions=["clipboard-read", "clipboard-write"])
    lead.open("/projects/P-5/?period=2026-Q1")

    lead.page.click("[data-act=copy]")

    expect(lead.page.locator("#said")).to_have_text("Link copied")
    assert lead.page.evaluate("navigator.clipboard.readText()").endswith("/projects/P-5/?period=2026-Q1")
    assert lead.errors == []


def test_without_the_clipboard_of_https_the_link_is_copied_all_the_same(reader):
    lead = reader("lead", permissions=["clipboard-read", "clipboard-write"])
    lead.context.add_init_script(
        "window.held = navigator.clipboard; Object.defineProperty(navigator, 'clipboard', {value: undefined})"
    )
    lead.open("/customers/")
    lead.page.focus("[data-act=copy]")

    lead.page.keyboard.press("Enter")

    expect(lead.page.locator("#said")).to_have_text("Link copied")
    assert lead.page.evaluate("held.readText()").endswith("/customers/")
    expect(lead.page.locator("[data-act=copy]")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/projects/P-5/", "/customers/C-ALFA/", "/people/", "/metrics/cycle_time/"])
def test_every_chart_is_had_as_csv_svg_and_png(reader, path, tmp_path):
    lead = reader("lead")
    lead.open(path)
    page = lead.page
    page.evaluate("document.querySelectorAll('main details').forEach((box) => { box.open = true })")
    page.wait_for_function("[...document.querySelectorAll('[data-fig]')].every((f) => f.dataset.drawn)")
    keys = page.eval_on_selector_all("figure.fig", "(all) => all.map((one) => one.id)")
    assert keys
    for key in keys:
        figure = page.locator(f"figure[id='{key}']")
        title = figure.locator(f"[id='t-{key}']").inner_text()
        table = saved(page, figure.locator("a[href*='csv=']"), tmp_path).read_text(encoding="utf-8-sig")
        lines = list(csv.reader(table.splitlines()))
        assert len(lines) > 1, key
        assert len(lines) - 1 == figure.locator("tbody tr").count(), key
        assert saved(page, figure.locator("[data-save=svg]"), tmp_path).read_bytes().lstrip().startswith(b"<svg"), key
        picture = saved(page, figure.locator("[data-save=png]"), tmp_path).read_bytes()
        assert picture.startswith(b"\x89PNG"), (key, title)
        width, _height = struct.unpack(">II", picture[16:24])
        assert width == 2 * figure.locator("[data-fig]").evaluate("(e) => e.clientWidth"), key
    assert lead.errors == []


def saved(page: Any, link: Any, folder: Path) -> Path:
    """The file that a link or button downloads."""
    with page.expect_download() as download:
        link.click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file
