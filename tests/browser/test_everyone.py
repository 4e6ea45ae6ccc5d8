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
