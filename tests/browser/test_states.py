"""Names that strain a page, in a real browser: nothing runs out of the window, no code in a name runs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import REFERENCE
from tests.browser.test_everyone import shape_faults

pytestmark = pytest.mark.browser

STRANGE = {
    "projects": (
        "P-5",
        "Zażółć <img src=x onerror=alert(1)> 🚀👩‍🚀 " + "Donaudampfschifffahrtsgesellschaftskapitän" * 4,
    ),
    "customers": ("C-BETA", "شركة الخدمات اللوجستية المتحدة للنقل البري والبحري والجوي " * 3),
    "initiatives": ("I-3", "🚢" * 60),
    "portfolios": ("PF-OPS", "\u202eOPERATIONS " + "W" * 160),
}
PAGES = (
    "/",
    "/projects/",
    "/projects/P-5/",
    "/customers/",
    "/customers/C-BETA/",
    "/initiatives/",
    "/initiatives/I-3/",
    "/portfolios/PF-OPS/",
    "/search/?q=P-5",
)


@pytest.fixture
def strange_names(company: Any, tmp_path: Path) -> Iterator[None]:
    """One name of each kind is strange while the test runs; then the reference company is itself again."""
    for feed, (code, name) in STRANGE.items():
        with (REFERENCE / "facts" / f"{feed}.csv").open(encoding="utf-8", newline="") as source:
            rows = list(csv.DictReader(source))
        with (tmp_path / f"{feed}.csv").open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, rows[0].keys())
            writer.writeheader()
            writer.writerows({**row, "name": name} for row in rows if row["code"] == code)
    company.manage("import_facts", str(tmp_path))
    yield
    company.manage("import_facts", str(REFERENCE / "facts"))


@pytest.mark.parametrize("width", [1440, 390])
def test_strange_names_stay_inside_the_window_and_are_only_names(reader, strange_names, width):
    lead = reader("lead", viewport={"width": width, "height": 900})
    wrong = []
    for path in PAGES:
        status = lead.open(path)
        wrong += shape_faults(lead.page, path, status)
        if lead.page.locator("main img").count():
            wrong.append(f"{path}: a name became an element")
    lead.open("/projects/P-5/")
    assert "<img src=x onerror=alert(1)> 🚀👩‍🚀 Donaudampf" in lead.page.inner_text("main")
    assert wrong == []
    assert lead.errors == []
