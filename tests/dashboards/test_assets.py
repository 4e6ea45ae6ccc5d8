"""Vendored files are the named ones, generated ones are fresh, templates hold no inline style, colours contrast."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_vendored_files_are_the_named_ones():
    assert script("vendor").check() == []


def test_the_plotly_theme_is_made_from_the_tokens():
    assert (ROOT / "static/plotly-theme.json").read_text() == script("plotly_theme").theme()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_template_holds_no_inline_style_or_handler(path):
    text = path.read_text()

    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text)
    assert not re.search(r"<script(?![^>]*src=)(?![^>]*application/json)", text)


PAIRS = [
    *(
        (fg, bg, 4.5)
        for fg, bg in (("ink", "page"), ("ink-2", "page"), ("ink-3", "page"), ("ink-3", "surface"), ("ink-3", "rail"))
    ),
    *(
        (fg, bg, 4.5)
        for fg, bg in (("ink-2", "sunken"), ("ink-3", "sunken"), ("accent", "page"), ("accent", "surface"))
    ),
    *((fg, bg, 4.5) for fg, bg in (("accent-2", "accent-bg"), ("bad", "page"), ("bad", "bad-bg"), ("watch", "page"))),
    *(
        (fg, bg, 4.5)
        for fg, bg in (
            ("watch", "watch-bg"),
            ("ink-2", "quiet-bg"),
            ("on-accent", "accent"),
            ("ink", "div-2"),
            ("ink", "seq-2"),
        )
    ),
    *(
        (fg, bg, 3.0)
        for fg, bg in (("control", "surface"), ("focus", "page"), ("watch-fill", "page"), ("forecast", "page"))
    ),
    *((f"cat-{i}", "page", 3.0) for i in range(1, 5)),
]


def luminance(hexa):
    parts = [int(hexa[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "needed"), PAIRS)
def test_colours_contrast_enough(theme, text, ground, needed):
    found = {
        name: (light, dark)
        for name, light, dark in re.findall(
            r"--([\w-]+):\s*light-dark\((#[0-9a-f]+),\s*(#[0-9a-f]+)\)", (ROOT / "static/css/tokens.css").read_text()
        )
    }
    low, high = sorted((luminance(found[text][theme]), luminance(found[ground][theme])))

    assert (high + 0.05) / (low + 0.05) >= needed
