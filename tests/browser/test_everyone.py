"""Every page for everyone: axe, strict CSP, no sideways scroll, in light, dark and narrow."""

from __future__ import annotations

from pathlib import Path

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
    "/scorecards/",
    "/decisions/",
    "/metrics/",
    "/metrics/defect_time_to_fix/",
    "/explain/defect_time_to_fix/?scope=project:P-1&period=2026-Q2",
    "/data/",
]
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 390, "height": 844}},
}


@pytest.mark.parametrize("look", LOOKS)
def test_pages_are_clean_for_everyone(reader, look):
    person = reader("lead", **LOOKS[look])
    source = AXE.read_text(encoding="utf-8")
    wrong = []
    for path in PAGES:
        status = person.open(path)
        # axe is evaluated by the debugger, not by the page: its CSP stays as it is.
        person.page.evaluate(source)
        found = person.page.evaluate("(rules) => axe.run(document, {runOnly: rules})", RULES)
        wrong += [f"{path} {v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]]
        beyond = person.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if status != 200 or beyond > 0:
            wrong.append(f"{path}: status {status}, {beyond} px beyond the window")
    assert wrong == []
    assert person.errors == []
