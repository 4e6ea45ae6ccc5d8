"""One whole path for each kind of user, in a real browser on the real stack: import to number, draft to signature."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

HEADING = "project,code,name,baseline_on,forecast_on,actual_on,customer_facing,cancelled_on\n"
BAD = HEADING + "P-8,M10,Training held,2026-05-20,2026-05-20,2026-05-32,true,\n"
MENDED = BAD.replace("2026-05-32", "2026-05-18")
EXPLAIN = "/explain/milestones_on_time_rate/?scope=project:P-8&period=2026-Q2"

EXPORTS = {"pdf": b"%PDF", "xlsx": b"PK", "pptx": b"PK", "csv": b"\xef\xbb\xbf"}


def upload(page: Any, folder: Path, text: str) -> None:
    """Give the data page a file of milestones, and wait for the page of that import."""
    file = folder / "milestones.csv"
    file.write_text(text, encoding="utf-8")
    page.set_input_files("#u-files", str(file))
    page.click("form.upload button[type=submit]")
    page.wait_for_url(re.compile(r"/data/imports/\d+/"))


def draft_and_send(lead: Any) -> None:
    """The lead's part before: a draft of 2026-Q1 with its three notes, sent to review."""
    page = lead.page
    lead.open("/scorecards/")
    page.select_option("#n-p", "2026-Q1")
    page.click("text=Start the draft")
    page.wait_for_url(re.compile(r"/scorecards/2026-Q1/"))
    page.click("text=Edit texts and measures")
    for note in page.locator("main textarea[maxlength='4000']").all():
        note.fill("Two outages and what they cost us.")
    page.click("main button:has-text('Save')")
    page.click("main button:has-text('Send to review')")
    expect(page.locator("main")).to_contain_text("In review")


def publish(lead: Any) -> None:
    """The lead's part after: publish what was signed."""
    lead.open("/scorecards/2026-Q1/")
    lead.page.click("main button:has-text('Publish')")
    expect(lead.page.locator("main")).to_contain_text("Published")


def fetched(page: Any, link: Any, folder: Path) -> Path:
    """The file that a link downloads."""
    with page.expect_download() as download:
        link.click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def altered(file: Path, folder: Path) -> Path:
    """A copy of a file with one figure changed."""
    changed = folder / f"altered{file.suffix}"
    changed.write_bytes(re.sub(rb"0\.(\d)", rb"0.9\1", file.read_bytes(), count=1))
    return changed


def test_a_lead_imports_mends_sees_the_number_change_and_finds_its_rows(reader, tmp_path):
    lead = reader("lead")
    page, main = lead.page, lead.page.locator("main")
    lead.open(EXPLAIN)
    expect(main).to_contain_text("0%")
    lead.open("/data/")
    upload(page, tmp_path, BAD)
    expect(main).to_contain_text("Refused", timeout=60_000)
    for said in ("milestones.csv", "actual_on", "2026-05-32", "Write a day as 2026-07-31"):
        expect(main).to_contain_text(said)

    page.click("text=Import the mended files")
    upload(page, tmp_path, MENDED)
    expect(main).to_contain_text("Imported", timeout=60_000)

    lead.wait_for_text("/projects/P-8/", "33%")
    page.click("a[href*='/explain/milestones_on_time_rate/']")
    expect(page.locator("body")).to_contain_text("Training held")
    lead.open(EXPLAIN)
    expect(main).to_contain_text("33%")
    expect(main).to_contain_text("Training held")
    expect(main).to_contain_text("milestones.csv")
    assert lead.errors == []


def test_an_executive_reads_comments_signs_exports_and_prints_a_quarter(reader, tmp_path):
    draft_and_send(reader("lead"))
    chief = reader("chief")
    page, main = chief.page, chief.page.locator("main")
    chief.open("/scorecards/")
    page.click("main table a[href*='2026-Q1']")
    page.wait_for_url(re.compile(r"/scorecards/2026-Q1/"))
    page.locator("main .tbl.sc a", has_text="Comment").first.click()
    page.fill("#f-text", "Discussed with the customers’ council.")
    page.click("main button:has-text('Save')")
    expect(main).to_contain_text("Discussed with the customers’ council.")
    page.click("main button:has-text('Sign as')")
    expect(main.locator(".sign")).to_contain_text("chief")

    publish(reader("lead"))
    chief.open("/scorecards/2026-Q1/")
    seal = re.search(r"[0-9a-f]{4,}", main.locator(".sign .mono").inner_text().removeprefix("sha256"))
    assert seal is not None
    files = {kind: fetched(page, main.locator(f"a.btn[href*='{kind}']").first, tmp_path) for kind in EXPORTS}
    for kind, begins in EXPORTS.items():
        assert files[kind].read_bytes().startswith(begins), kind
    chief.open("/scorecards/2026-Q1/verify/")
    for kind, file in files.items():
        page.set_input_files("#v-file", str(file))
        page.click("main form button:has-text('Verify')")
        expect(main.locator(".title[role=status]"), kind).to_contain_text("Verified")
        expect(main).to_contain_text(seal[0])
    page.set_input_files("#v-file", str(altered(files["csv"], tmp_path)))
    page.click("main form button:has-text('Verify')")
    expect(main.locator(".title[role=status]")).not_to_contain_text("Verified")

    chief.open("/scorecards/2026-Q1/")
    page.click("main a:has-text('Print page')")
    page.emulate_media(media="print")
    assert page.pdf(format="A4", landscape=True).startswith(b"%PDF")
    expect(page.locator("body")).to_contain_text("Discussed with the customers’ council.")
    assert chief.errors == []


def test_a_viewer_of_one_portfolio_sees_only_that(reader):
    viewer = reader("viewer")
    page, main = viewer.page, viewer.page.locator("main")
    viewer.open("/projects/")
    shown = sorted(set(re.findall(r"/projects/(P-\d+)/", page.content())))
    assert shown == ["P-1", "P-2", "P-3", "P-4", "P-7"]
    page.click("main a[href='/projects/P-1/']")
    expect(main).to_contain_text("P-1")
    viewer.open("/")
    page.keyboard.press("/")
    page.keyboard.type("P-8")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search/"))
    assert "/projects/P-8/" not in page.content()
    for hidden in ("/projects/P-8/", EXPLAIN, "/data/imports/1/"):
        assert viewer.open(hidden) == 404, hidden
    viewer.open("/data/")
    assert page.locator("#u-files").count() == 0
