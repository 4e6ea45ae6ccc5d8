"""Pictures of every page in Chromium, and what a reader trips over: CSP and script errors, sideways scroll, axe.

`make demo` first; then this takes the pages of PAGES into docs/img with the log-in that demo keeps. `--only NAME` takes
some of them, `--all` each wide, narrow, light and dark, `--axe` adds an accessibility check. Another installation: its
address, `--user` and `--password-file`. Exit 1 when any page reports an error.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "tests" / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ARGUMENTS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
READY = "document.documentElement.dataset.charts === 'ready' || !document.querySelector('[data-fig]')"
OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  const wide = [...document.querySelectorAll('main *')].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width && box.right > width + 1 && !e.closest('.tw') && !e.closest('.plot') && !e.closest('.vh');
  });
  return [document.documentElement.scrollWidth - width, wide.slice(0, 4).map((e) => e.tagName + '.' + e.className)];
}"""


@dataclass(frozen=True, slots=True)
class Shot:
    """A page: its name among the pictures and its address."""

    name: str
    path: str
    login: bool = True
    every: bool = False
    """Whether the pictures of the documentation show it narrow and dark too."""
    status: int = 200


PAGES = [
    Shot("login", "/accounts/login/", login=False),
    Shot("overview", "/", every=True),
    Shot("projects", "/projects/"),
    Shot("project", "/projects/P-01/", every=True),
    Shot("portfolio", "/portfolios/PF-PAY/"),
    Shot("customers", "/customers/"),
    Shot("customer", "/customers/C-ALDERGATE/"),
    Shot("incidents", "/incidents/"),
    Shot("initiatives", "/initiatives/"),
    Shot("initiative", "/initiatives/I001/"),
    Shot("people", "/people/"),
    Shot("decisions", "/decisions/"),
    Shot("scorecards", "/scorecards/"),
    Shot("scorecard", "/scorecards/2026-Q3/"),
    Shot("metrics", "/metrics/"),
    Shot("metric", "/metrics/defect_time_to_fix/"),
    Shot("explain", "/explain/defect_time_to_fix/?scope=project:P-01"),
    Shot("data", "/data/"),
    Shot("not-found", "/projects/no-such-project/", status=404),
    Shot("styleguide", "/styleguide/"),
]


def chromium() -> str:
    """The Chromium to run: $CHROMIUM, else by its usual names."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        raise SystemExit("No Chromium: apt-get install chromium fonts-noto-core")
    return found


def ready(page: Page) -> None:
    """Wait until every chart is drawn."""
    # wait_for_function would evaluate a string inside the page, which its CSP rightly forbids.
    for _attempt in range(200):
        if page.evaluate(READY):
            return
        page.wait_for_timeout(50)
    raise TimeoutError


def take(browser: Browser, base: str, shot: Shot, options: argparse.Namespace, width: int, theme: str) -> list[str]:
    """One picture; returns what went wrong on the page."""
    context = browser.new_context(
        viewport={"width": width, "height": 900 if width > 500 else 844},
        color_scheme=theme,  # type: ignore[arg-type]
        locale=options.language,
        bypass_csp=False,
        storage_state=options.state if shot.login else None,
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on(
        "console",
        lambda m: (
            wrong.append(m.text[:200]) if m.type in ("error", "warning") and "status of 404" not in m.text else None
        ),
    )
    page.on("pageerror", lambda e: wrong.append(f"script: {str(e)[:200]}"))
    response = page.goto(base + shot.path, wait_until="load")
    if response is None or response.status != shot.status:
        wrong.append(f"status {response.status if response else 'none'}")
    try:
        ready(page)
    except TimeoutError:
        wrong.append("charts not ready")
    page.wait_for_timeout(150)
    sideways, elements = page.evaluate(OVERFLOW)
    if sideways > 0:
        wrong.append(f"scrolls sideways by {sideways}: {elements}")
    language = "" if options.language == "en" else f"-{options.language}"
    path = Path(options.out) / f"{shot.name}{language}-{width}-{theme}.png"
    page.screenshot(path=str(path), full_page=not options.top)
    shrink(path)
    if options.axe:
        # The page's CSP forbids strangers' scripts; evaluate runs outside it.
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        wrong += [
            f"axe {v['id']} ({v['impact']}, {len(v['nodes'])}): {v['nodes'][0]['target']} "
            f"{v['nodes'][0]['failureSummary'][:160]}"
            for v in found["violations"]
        ]
    context.close()
    return wrong


def log_in(browser: Browser, base: str, user: str, password: str, state: Path) -> None:
    """Keep the session of a user for the pictures."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(base + "/accounts/login/")
    page.fill("input[name=login]", user)
    page.fill("input[name=password]", password)
    page.click("form.sign-in button[type=submit]")
    page.wait_for_url(base + "/**")
    context.storage_state(path=str(state))
    context.close()


def password_of(options: argparse.Namespace) -> str:
    """The password of the user: from the named file, else from the log-ins that the demo keeps."""
    if options.password_file:
        return Path(options.password_file).read_text(encoding="utf-8").strip()
    for path in sorted((ROOT / "var").glob("*.json")):
        logins = json.loads(path.read_text(encoding="utf-8")).get("logins", {})
        if options.user in logins:
            return str(logins[options.user])
    raise SystemExit("No log-in found: start `make demo`, or give --password-file.")


def combinations(shot: Shot, options: argparse.Namespace) -> list[tuple[int, str]]:
    """Widths and themes in which a page is taken."""
    if options.widths or options.themes or options.all:
        widths, themes = options.widths or [1440, 390], options.themes or ["light", "dark"]
        return [(width, theme) for width in widths for theme in themes]
    return [(1440, "light"), (1440, "dark"), (390, "light")] if shot.every else [(1440, "light")]


def shrink(path: Path) -> None:
    """Fewer colours, a third of the bytes; left as it is without Pillow."""
    try:
        from PIL import Image
    except ImportError:
        return
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> int:
    """Take the pictures, print what was wrong on each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", nargs="?", default="http://localhost:8000")
    parser.add_argument("--user", default="lead")
    parser.add_argument("--password-file", help="default: the log-ins that demo keeps under var/")
    parser.add_argument("--out", default=str(ROOT / "docs" / "img"))
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--path", help="one page more, by its address, named by --only")
    parser.add_argument("--all", action="store_true", help="every page wide, narrow, light and dark")
    parser.add_argument("--widths", nargs="*", type=int, default=[])
    parser.add_argument("--themes", nargs="*", default=[])
    parser.add_argument("--language", default="en")
    parser.add_argument("--axe", action="store_true")
    parser.add_argument("--top", action="store_true", help="only the first screen")
    options = parser.parse_args()
    Path(options.out).mkdir(parents=True, exist_ok=True)
    options.state = str(Path(options.out) / ".session.json")
    shots = [s for s in PAGES if not options.only or s.name in options.only]
    if options.path:
        shots = [Shot(options.only[0], options.path)]
    failed = False
    with sync_playwright() as playwright:
        root = ["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, *root])
        try:
            log_in(
                browser,
                options.base,
                options.user,
                password_of(options),
                Path(options.state),
            )
            for shot in shots:
                for width, theme in combinations(shot, options):
                    wrong = take(browser, options.base, shot, options, width, theme)
                    failed |= bool(wrong)
                    print(f"{shot.name} {width} {theme}: {'fine' if not wrong else '; '.join(wrong)}", flush=True)
        finally:
            Path(options.state).unlink(missing_ok=True)
            browser.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
