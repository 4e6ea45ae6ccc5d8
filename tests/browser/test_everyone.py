"""Every page for everyone: axe, strict CSP, no sideways scroll, in light, dark and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = [
    "/",
    "/customers/",
    "/customers/C-ALFA/",
    "/projects/",
    "/projects/P-1/",
    "/portfolios/PF-CUST/",
    "/initiatives/",
    "/initiatives/I-1/",
    "/people/",
    "/incidents/",
    "/incidents/INC0001/",
    "/scorecards/",
    "/scorecards/2026-Q2/",
    "/scorecards/subscriptions/",
    "/scorecards/templates/",
    "/decisions/",
    "/decisions/new/",
    "/search/?q=portal",
    "/settings/",
    "/views/",
    "/metrics/",
    "/metrics/defect_time_to_fix/",
    "/explain/defect_time_to_fix/?scope=project:P-1&period=2026-Q2",
    "/data/",
    "/data/imports/1/",
    "/api/v1/docs/",
]
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 390, "height": 844}},
    "swedish": {"locale": "sv-SE", "viewport": {"width": 1024, "height": 768}, "reduced_motion": "reduce"},
}


def shape_faults(page: Any, path: str, status: int) -> list[str]:
    """What is wrong with a page's status and width."""
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{path}: status {status}, {beyond} px beyond the window"] if status != 200 or beyond > 0 else []


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_clean_for_everyone(reader, look):
    person = reader("lead", **LOOKS[look])
    source = AXE.read_text(encoding="utf-8")
    wrong = []
    language = "sv" if look == "swedish" else "en"
    for path in PAGES:
        status = person.open(path)
        # axe is evaluated by the debugger, not by the page: its CSP stays as it is.
        person.page.evaluate(source)
        found = person.page.evaluate("(rules) => axe.run(document, {runOnly: rules})", RULES)
        wrong += [f"{path} {v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]]
        wrong += shape_faults(person.page, path, status)
        if (spoken := person.page.evaluate("document.documentElement.lang")[:2]) != language:
            wrong.append(f"{path}: in {spoken}")
    assert wrong == []
    assert person.errors == []


def test_text_of_twice_the_size_stays_inside_the_window(reader):
    person = reader("lead", viewport={"width": 1280, "height": 900})
    wrong = []
    for path in PAGES:
        status = person.open(path)
        person.page.evaluate("document.documentElement.style.fontSize = '200%'")
        person.page.wait_for_timeout(50)
        wrong += shape_faults(person.page, path, status)
    assert wrong == []


def test_states_that_no_address_shows_are_clean_too(reader, tmp_path):
    """A checked import with its preview, and saved views with a form open and one just removed."""
    lead = reader("lead", viewport={"width": 390, "height": 844})
    page, source = lead.page, AXE.read_text(encoding="utf-8")
    file = tmp_path / "ledger.csv"
    file.write_text("code,month,account,amount,currency\nX1,2026-06,revenue,99000000000.5,XTS\n", encoding="utf-8")
    lead.open("/data/")
    page.set_input_files("#u-files", str(file))
    page.check("form.upload [name=dry_run]")
    page.click("form.upload button[type=submit]")
    page.wait_for_selector("#s-pre", timeout=60_000)
    assert "Another scale?" in page.inner_text("main")
    faults = axe_faults(page, source, "preview")
    for name in ("Some view", "Other view"):
        lead.open("/views/?of=/projects/")
        page.fill("#v-name", name)
        page.click("main .form button[type=submit]")
    page.locator("tbody button:has-text('Remove')").first.click()
    page.locator("summary:has-text('Rename')").click()
    faults += axe_faults(page, source, "views")
    page.locator("tbody button:has-text('Remove')").click()
    assert faults == []
    assert lead.errors == []


def axe_faults(page: Any, source: str, name: str) -> list[str]:
    """What axe finds, and how far the page is wider than the window."""
    page.evaluate(source)
    found = page.evaluate("(rules) => axe.run(document, {runOnly: rules})", RULES)
    return [f"{name} {v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]] + shape_faults(
        page, name, 200
    )
