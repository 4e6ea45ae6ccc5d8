"""Re-create the vendored front-end files from npm, or check the committed ones against VENDOR.json.

`python scripts/vendor.py` needs node and npm and overwrites static/vendor and tests/vendor;
`python scripts/vendor.py --check` only compares hashes. Users of the product need neither.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "VENDOR.json"

PACKAGES = {
    "plotly.js": "4.1.1",  # in step with the plotly package of requirements, which carries the same version
    "htmx.org": "2.0.11",
    "axe-core": "4.14.1",
    "@fontsource-variable/inter": "5.3.0",
    "@fontsource-variable/source-serif-4": "5.3.1",
    "@tabler/icons": "3.51.0",
    "@plotly/regl": "2.1.2",
    "stream-browserify": "3.0.0",
    "esbuild": "0.28.2",
    "esbuild-plugin-environment": "0.5.0",
    "esbuild-plugin-glsl": "1.4.2",
    "esbuild-plugin-inline-css": "0.0.1",
}

# target (from the root of the repository) -> package, path inside it
COPIED = {
    "static/vendor/plotly.css": ("plotly.js", "dist/plotly.css"),
    "static/vendor/htmx.min.js": ("htmx.org", "dist/htmx.min.js"),
    "static/vendor/fonts/inter-latin.woff2": (
        "@fontsource-variable/inter",
        "files/inter-latin-wght-normal.woff2",
    ),
    "static/vendor/fonts/source-serif-4-latin.woff2": (
        "@fontsource-variable/source-serif-4",
        "files/source-serif-4-latin-wght-normal.woff2",
    ),
    "tests/vendor/axe.min.js": ("axe-core", "axe.min.js"),
}
BUNDLE = "static/vendor/plotly-epmo.min.js"
SPRITE = "static/vendor/icons.svg"

# our name -> Tabler's name
ICONS = {
    "home": "layout-dashboard",
    "projects": "stack-2",
    "portfolio": "sitemap",
    "initiatives": "target-arrow",
    "customers": "building",
    "scorecard": "clipboard-check",
    "people": "users",
    "metrics": "ruler-2",
    "data": "database",
    "decisions": "gavel",
    "incidents": "bolt",
    "up": "arrow-up",
    "down": "arrow-down",
    "dash": "minus",
    "check": "circle-check",
    "alert": "alert-triangle",
    "half": "progress-alert",
    "theme": "contrast-2",
    "menu": "menu-2",
    "why": "info-circle",
    "close": "x",
    "calendar": "calendar",
    "compare": "arrows-left-right",
    "lock": "lock",
    "clock": "clock",
    "download": "download",
    "filter": "filter",
    "lang": "language",
    "print": "printer",
    "refresh": "refresh",
    "upload": "upload",
    "next": "chevron-right",
    "prev": "chevron-left",
    "chevron": "chevron-down",
    "link": "link",
    "user": "user-circle",
    "logout": "logout",
    "search": "search",
    "plug": "plug-connected",
    "sort": "arrows-sort",
    "hidden": "eye-off",
    "star": "star",
}


def integrity(path: Path) -> str:
    """The subresource-integrity string (sha384) of a file."""
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def sprite(icons: Path) -> str:
    """One SVG with a symbol per icon, without comments and empty boxes."""
    symbols = []
    for name, source in ICONS.items():
        text = re.sub(r"<!--.*?-->", "", (icons / f"{source}.svg").read_text(), flags=re.DOTALL)
        body = re.search(r"<svg[^>]*>(.*)</svg>", text, re.DOTALL)
        assert body, source
        paths = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", body[1])
        paths = re.sub(r"\s+", " ", paths).replace(" />", "/>").replace("> <", "><").strip()
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{paths}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>"


def build() -> None:
    """Install the pinned packages in a scratch folder, bundle, copy, and write VENDOR.json."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        (work / "package.json").write_text(json.dumps({"private": True, "dependencies": PACKAGES}))
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=work, check=True)
        for name in ("entry.js", "build.cjs"):
            shutil.copy(ROOT / "scripts" / "vendor" / name, work / name)
        subprocess.run(["node", "build.cjs"], cwd=work, check=True)
        lock = json.loads((work / "package-lock.json").read_text())["packages"]

        for target, (package, path) in COPIED.items():
            (ROOT / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(work / "node_modules" / package / path, ROOT / target)
        shutil.copy(work / "out" / "plotly-epmo.min.js", ROOT / BUNDLE)
        (ROOT / SPRITE).write_text(sprite(work / "node_modules/@tabler/icons/icons/outline"))

        sources = {
            **{t: p for t, (p, _) in COPIED.items()},
            BUNDLE: "plotly.js",
            SPRITE: "@tabler/icons",
        }
        licences = {
            p: json.loads((work / "node_modules" / p / "package.json").read_text()).get("license", "")
            for p in set(sources.values())
        }
        manifest = {
            "note": "Written by scripts/vendor.py; integrity of the package is npm's, of the file ours.",
            "files": {
                target: {
                    "package": package,
                    "version": PACKAGES[package],
                    "licence": licences[package],
                    "package_integrity": lock[f"node_modules/{package}"]["integrity"],
                    "integrity": integrity(ROOT / target),
                    "bytes": (ROOT / target).stat().st_size,
                }
                for target, package in sorted(sources.items())
            },
        }
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")


def check() -> list[str]:
    """Names of vendored files that are absent or differ from VENDOR.json."""
    files = json.loads(MANIFEST.read_text())["files"]
    return [
        name
        for name, entry in files.items()
        if not (ROOT / name).is_file() or integrity(ROOT / name) != entry["integrity"]
    ]


def main() -> int:
    """Build by default, or report differences with --check (exit 1 when there are any)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        different = check()
        for name in different:
            print(f"{name}: not the file named in {MANIFEST.relative_to(ROOT)}", file=sys.stderr)
        return 1 if different else 0
    build()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
