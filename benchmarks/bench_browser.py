"""The overview in headless Chromium beside a bare page that draws the same figures, in the same run.

    DATABASE_URL=... REDIS_URL=... python -m benchmarks.bench_browser [--sizes S L] [--rounds 5]
    DATABASE_URL=... REDIS_URL=... python -m benchmarks.bench_browser --here

The product is the real stack (granian, versioned and compressed static files) behind a log-in. The bare page is one
HTML file with the same figures and the same bundle of charts, served by Python's http.server, compressed alike: no
log-in, no Django, no style sheet, and the room for labels, which the product measures, is told to it. Product and bare
page take turns, each first with an empty cache, then as a reader who comes back: with a profile of the browser that
keeps files and compiled code. A third row has the files and compiles anew, as a private window does. "All charts" is
when every figure was drawn and a frame was painted after it. Figures are printed, not asserted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html import escape as html_text
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import brotli

from benchmarks.common import AS_OF, ROOT, company, load, manage

NAME: Final = "benchmark-reader"
PASSWORD: Final = "correct horse battery staple"
WORKERS: Final = 1
WINDOW: Final = {"width": 1440, "height": 2400}

WATCH: Final = """
window.__long = [];
new PerformanceObserver((list) => list.getEntries().forEach((e) => window.__long.push([e.startTime, e.duration])))
  .observe({type: "longtask", buffered: true});
window.__all = 0;
(function look() {
  const figures = document.querySelectorAll("[data-fig]");
  const drawn = document.querySelectorAll("[data-fig] .main-svg");
  const done = new Set([...drawn].map((svg) => svg.closest("[data-fig]")));
  if (document.readyState !== "loading" && figures.length && done.size === figures.length) {
    requestAnimationFrame(() => setTimeout(() => { window.__all = performance.now(); }, 0));
  } else setTimeout(look, 8);
})();
"""

DRAW: Final = """
const theme = JSON.parse(document.getElementById("theme").textContent), colours = theme.tokens.light;
const paint = (v) => typeof v === "string" ? (v[0] === "$" ? colours[v.slice(1)] || v : v)
  : Array.isArray(v) ? v.map(paint)
  : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, paint(x)])) : v;
const template = paint(theme.template);
(async () => {
  for (const element of document.querySelectorAll("[data-fig]")) {
    const {data, layout} = paint(JSON.parse(document.getElementById(element.dataset.fig).textContent));
    const room = JSON.parse(element.dataset.room);
    Object.assign(layout.xaxis, room.xaxis);
    Object.assign(layout.yaxis, room.yaxis);
    Object.assign(layout, {template, margin: room.margin, height: +element.dataset.height});
    await Plotly.newPlot(element, data, layout, theme.config);
  }
})();
"""

ROOM: Final = """
[...document.querySelectorAll("[data-fig]")].map((e) => {
  const part = (axis) => Object.fromEntries(["automargin", "ticklabeloverflow", "tickangle"]
    .filter((k) => axis && k in axis).map((k) => [k, axis[k]]));
  const {xaxis, yaxis, margin} = e.layout;
  return [e.dataset.fig, e.clientHeight, e.clientWidth, {xaxis: part(xaxis), yaxis: part(yaxis), margin: margin || {}}];
})
"""


@dataclass
class Visit:
    """What one visit showed: milliseconds, kilobytes on the wire, requests, tasks over 200 ms, megabytes of heap."""

    charts: float
    server: float
    sent: float
    requests: int
    long: list[tuple[float, float]]
    heap: float
    evaluated: float


@dataclass
class Visits:
    """Visits of one page: with an empty cache, with files and compiled code, with files alone."""

    cold: list[Visit] = field(default_factory=list)
    warm: list[Visit] = field(default_factory=list)
    files: list[Visit] = field(default_factory=list)


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["S"], choices=["S", "M", "L"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--port", type=int, default=8399)
    parser.add_argument("--here", action="store_true", help="measure DATABASE_URL itself, which holds computed values")
    options = parser.parse_args()
    if chromium() is None:
        print("Chromium is not installed: apt-get install chromium, or set CHROMIUM to its path")
        return
    if options.here:
        os.environ["EPMO_AS_OF"] = AS_OF
        one("this database", options.rounds, options.port)
        return
    for size in options.sizes:
        with company(size):
            manage("compute_metrics", "--full", "--as-of", AS_OF, "--json")
            one(f"size {size}", options.rounds, options.port)


def chromium() -> str | None:
    """The path of a Chromium on this machine."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def browser_arguments() -> list[str]:
    """What the browser is started with."""
    return [*(["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else []), "--enable-precise-memory-info"]


def one(label: str, rounds: int, port: int) -> None:
    """Measure one database and print its table."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, server(port, Path(folder)) as product, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=browser_arguments())
        url = f"http://localhost:{port}"
        state = log_in(browser, url)
        with bare_page(browser, url, state, Path(folder)) as (bare_url, figures):
            ours, bare = Visits(), Visits()
            profile = play.chromium.launch_persistent_context(
                f"{folder}/profile", executable_path=chromium(), args=browser_arguments(), viewport=WINDOW
            )
            profile.add_cookies(state["cookies"])
            profile.add_init_script(WATCH)
            for _ in range(3):  # files are kept at the first visit, code at the second or third
                look(profile, f"{url}/")
                look(profile, bare_url)
            for _ in range(rounds):
                visit(browser, profile, f"{url}/", state, ours)
                visit(browser, profile, bare_url, None, bare)
            report(label, ours, bare, figures, memory(product), rounds)
            profile.close()
        browser.close()


@contextlib.contextmanager
def server(port: int, folder: Path) -> Iterator[int]:
    """The web server with collected static files; answers its process."""
    from epmo.supervisor import web_command

    environment = {
        **os.environ,
        "EPMO_MODE": "demo",
        "EPMO_VAR": str(folder),
        "EPMO_STATIC_COLLECTED": "1",
        "EPMO_LOG_LEVEL": "WARNING",
    }
    manage_in(environment, "collectstatic", "--noinput", "-v0")
    manage_in(
        environment,
        "shell",
        "-v0",
        "-c",
        "from django.contrib.auth.models import User\n"
        "from portfolio.rights import Role\n"
        "from portfolio.services.rights import role_set\n"
        f"user, _ = User.objects.get_or_create(username={NAME!r})\n"
        f"user.set_password({PASSWORD!r})\n"
        "user.save()\n"
        "role_set(user=user, role=Role.EXECUTIVE)",
    )
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            web_command(port, workers=WORKERS, threads=16), cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            for _ in range(300):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=5).close()
                    break
                time.sleep(0.2)
            yield process.pid
        finally:
            process.terminate()
            process.wait()


def manage_in(environment: dict[str, str], *arguments: str) -> None:
    """Run a command of ours with this environment."""
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, check=True)


def log_in(browser: Any, url: str) -> Any:
    """The cookies of somebody who has logged in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", NAME)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("[data-fig] .main-svg", timeout=120_000)
    state = context.storage_state()
    context.close()
    return state


@contextlib.contextmanager
def bare_page(browser: Any, url: str, state: Any, folder: Path) -> Iterator[tuple[str, int]]:
    """A static page with the product's figures and bundle; answers its address and how many figures it draws."""
    context = browser.new_context(storage_state=state, viewport=WINDOW)
    context.add_init_script(WATCH)
    page = context.new_page()
    html = page.goto(f"{url}/").text()
    drawn(page, url)
    figures = page.evaluate(ROOM)
    context.close()
    theme = (ROOT / "static" / "plotly-theme.json").read_text()
    parts = [f"<!doctype html><meta charset=utf-8><script id=theme type=application/json>{theme}</script>"]
    for name, height, width, room in figures:
        found = re.search(rf'<script id="{re.escape(name)}" type="application/json">.*?</script>', html, re.DOTALL)
        assert found is not None, name
        told = html_text(json.dumps(room))
        parts.append(f'<div data-fig="{name}" data-height="{height}" data-room="{told}" style="width:{width}px"></div>')
        parts.append(found[0])
    parts.append('<script src="plotly.js"></script><script src="draw.js"></script>')
    site = folder / "bare"
    site.mkdir()
    written = {
        "index.html": "\n".join(parts).encode(),
        "draw.js": DRAW.encode(),
        "plotly.js": (ROOT / "static" / "vendor" / "plotly-epmo.min.js").read_bytes(),
    }
    for name, content in written.items():
        (site / name).write_bytes(content)
        (site / f"{name}.br").write_bytes(brotli.compress(content, quality=11))
    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Compressed, directory=str(site)))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{served.server_port}/", len(figures)
    finally:
        served.shutdown()


class Compressed(SimpleHTTPRequestHandler):
    """Files as brotli left them, to be kept for good but for the page."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the compressed file."""
        name = self.path.lstrip("/") or "index.html"
        file = Path(self.directory) / f"{name}.br"
        if not file.is_file():
            self.send_error(404)
            return
        content = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if name.endswith(".html") else "text/javascript")
        self.send_header("Content-Encoding", "br")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store" if name.endswith(".html") else "max-age=31536000, immutable")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def visit(browser: Any, profile: Any, url: str, state: Any, into: Visits) -> None:
    """One visit with an empty cache and one after it, in a window that keeps no code, and one of who comes back."""
    context = browser.new_context(storage_state=state, viewport=WINDOW)
    context.add_init_script(WATCH)
    into.cold.append(look(context, url))
    into.files.append(look(context, url))
    context.close()
    into.warm.append(look(profile, url))


def drawn(page: Any, url: str) -> None:
    """Wait for all charts, asked by the debugger: a function that the page polls is text, which its CSP forbids."""
    give_up = time.monotonic() + 120
    while not page.evaluate("window.__all > 0"):
        if time.monotonic() > give_up:
            raise SystemExit(f"{url}: not every chart was drawn within 120 s")
        page.wait_for_timeout(50)


def look(context: Any, url: str) -> Visit:
    """Open the page in a tab of its own and wait for its charts."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    sent: list[float] = []
    asked: list[str] = []
    devtools.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    cached: set[str] = set()
    devtools.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    devtools.on("Network.responseReceived", lambda event: asked.append(event["requestId"]) if on_wire(event) else None)
    page.goto(url)
    drawn(page, url)
    page.wait_for_load_state("networkidle")
    charts, server, long, bundle = page.evaluate(
        "(() => { const n = performance.getEntriesByType('navigation')[0];"
        " const r = performance.getEntriesByType('resource').find((e) => e.name.includes('plotly') &&"
        " e.initiatorType === 'script'); return [window.__all, n.responseStart - n.requestStart, window.__long,"
        " r ? r.responseEnd : 0]; })()"
    )
    devtools.send("HeapProfiler.collectGarbage")
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    found = Visit(charts, server, sum(sent) / 1000, len(set(asked) - cached), over(long), heap, bundle)
    page.close()
    return found


def on_wire(event: dict[str, Any]) -> bool:
    """Whether a response came over the network."""
    response = event["response"]
    return str(response["url"]).startswith("http") and not response.get("fromDiskCache")


def over(long: list[list[float]]) -> list[tuple[float, float]]:
    """Tasks over 200 ms: when they began and how long they took."""
    return [(start, took) for start, took in long if took > 200]


def memory(pid: int) -> dict[str, float]:
    """Resident and proportional memory in MB of the largest process of the web server."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = []
    for process in children:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
        found.append(
            {name: int(re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)[1]) / 1024 for name in ("Rss", "Pss")}  # type: ignore[index]
        )
    return max(found, key=lambda f: f["Pss"], default={"Rss": 0.0, "Pss": 0.0})


def report(label: str, ours: Visits, bare: Visits, figures: int, web: dict[str, float], rounds: int) -> None:
    """Print the table."""
    print(f"\n{label}: overview, {figures} charts, {rounds} rounds; {load()}\n")
    print("| what | overview: median (p95) | bare page | goal | a known BI tool, 8 charts |")
    print("|---|---|---|---|---|")
    peers = {
        "cold": (900, 650, "6.26 s", "3,229 kB"),
        "warm": (500, 60, "5.62 s", "341 kB"),
        "files": (500, 60, "", ""),
    }
    for name, (goal, weight, peer, bytes_of_peer) in peers.items():
        own, other = getattr(ours, name), getattr(bare, name)
        kind = {"files": "warm, code compiled anew"}.get(name, name)
        ratio = statistics.median(v.charts for v in own) / statistics.median(v.charts for v in other)
        row(f"all charts, {kind}, ms", [v.charts for v in own], [v.charts for v in other], f"{goal} idle", peer)
        print(f"| times the bare page, {kind} | {ratio:.2f} | 1 | 1.4 | |")
        row(f"sent, {kind}, kB", [v.sent for v in own], [v.sent for v in other], weight, bytes_of_peer)
        requests = "76" if kind == "cold" else "75"
        row(f"requests, {kind}", [v.requests for v in own], [v.requests for v in other], 12, requests)
        row(f"server, {kind}, ms", [v.server for v in own], [v.server for v in other], "p95 80", "377 warm")
        row(f"JS heap, {kind}, MB", [v.heap for v in own], [v.heap for v in other], 30, "172")
        tasks = [sum(1 for start, _ in v.long) for v in own]
        longest = max((took for v in own for _, took in v.long), default=0.0)
        others = [len(v.long) for v in other]
        row(f"tasks over 200 ms, {kind} (longest {longest:.0f} ms)", tasks, others, "the bundle's", "4.19 s blocking")
    print(f"| web worker after it, MB: RSS (PSS) | {web['Rss']:.0f} ({web['Pss']:.0f}) | | 130 | 390 |", flush=True)


def row(what: str, own: list[Any], bare: list[Any], goal: Any, peer: str) -> None:
    """One line: median and 95th percentile of both."""
    print(f"| {what} | {middle(own)} | {middle(bare)} | {goal} | {peer} |")


def middle(values: list[Any]) -> str:
    """Median (95th percentile)."""
    ranked = sorted(values)
    return f"{statistics.median(ranked):.0f} ({ranked[min(len(ranked) - 1, round(0.95 * (len(ranked) - 1)))]:.0f})"


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    sys.exit(main())
