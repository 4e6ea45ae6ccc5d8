"""The components of a page as tags: `{% load epmo %}`. Each takes a value of `dashboards.parts` and draws it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from urllib.parse import quote

from django import template
from django.conf import settings
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe

from dashboards import drawing
from dashboards.parts import Bullet, Delta, Family, Figure, Spark, Status

register = template.Library()

STATUS_ICONS = {"ok": "check", "watch": "half", "bad": "alert", "none": "dash"}


@cache
def _vendored(path: str) -> str:
    return (settings.BASE_DIR / "static" / path).read_text(encoding="utf-8")


@cache
def _symbols() -> frozenset[str]:
    return frozenset(part.split('"')[1][2:] for part in _vendored("vendor/icons.svg").split("<symbol ")[1:])


@register.simple_tag
def icon_sprite() -> SafeString:
    """All icons, once on a page, so that no icon waits for a request. From a file of ours, hence safe."""
    return mark_safe(_vendored("vendor/icons.svg").replace("<svg ", '<svg class="sprite" aria-hidden="true" ', 1))  # noqa: S308


@register.simple_tag
def plotly_theme() -> SafeString:
    """The Plotly template and the colours of both themes, once on a page with charts."""
    return format_html(
        '<script type="application/json" id="plotly-theme">{}</script>',
        mark_safe(_vendored("plotly-theme.json")),  # noqa: S308
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture that only repeats what a word beside it says."""
    if name not in _symbols():
        raise template.TemplateSyntaxError(f"no icon named {name}; see scripts/vendor.py")
    return format_html('<svg class="ico" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
def status(value: Status | None) -> SafeString | str:
    """Icon, word and colour."""
    if value is None:
        return ""
    return format_html('<span class="st {}">{}{}</span>', value.kind, icon(STATUS_ICONS[value.kind]), value.word)


@register.simple_tag
def delta(value: Delta | None) -> SafeString | str:
    """Arrow, text and, for those who do not see it, whether that is better or worse."""
    if value is None:
        return ""
    return format_html(
        '<span class="delta {}">{}{}<span class="vh"> {}</span></span>',
        value.meaning,
        icon(value.arrow),
        value.text,
        value.spoken,
    )


@register.simple_tag
def spark(value: Spark | None) -> SafeString | str:
    """A word-size line."""
    return drawing.spark(value) if value is not None else ""


@register.simple_tag
def bullet(value: Bullet | None) -> SafeString | str:
    """A bar against its target."""
    return drawing.bullet(value) if value is not None else ""


@register.simple_tag
def key(name: str) -> SafeString:
    """The sign of a legend entry."""
    return drawing.sign(name)


@register.inclusion_tag("components/_chart.html", takes_context=True)
def chart(context: template.Context, figure: Figure, level: int = 3, flush: bool = False) -> dict[str, Any]:
    """A figure with title, unit, legend, plot, data table, CSV and source."""
    # An include with `only` drops the variable, not the request that the page is rendered for.
    request = context.get("request") or getattr(context, "request", None)
    csv = ""
    if request is not None:
        query = request.GET.copy()
        query["csv"] = figure.key
        csv = "?" + query.urlencode()
    return {"figure": figure, "level": level, "flush": flush, "csv": csv}


@register.simple_tag
def figure_json(figure: Figure) -> SafeString:
    """The plot as JSON in a script element, `<`, `>` and `&` escaped."""
    return json_script(figure.plot, f"fig-{figure.key}", encoder=_Compact)


class _Compact(json.JSONEncoder):
    def __init__(self, **options: Any) -> None:
        options["separators"] = (",", ":")
        options["ensure_ascii"] = False
        options["allow_nan"] = False
        super().__init__(**options)


@register.inclusion_tag("components/_tile.html")
def tile(family: Family, position: int) -> dict[str, Any]:
    """A family tile."""
    return {"family": family, "position": position}


@register.inclusion_tag("components/_why.html")
def why(url: str, name: str) -> dict[str, Any]:
    """The button that explains a number; nothing without an address."""
    return {"url": url, "name": name}


@register.filter
def code(value: Any) -> str:
    """A code as one part of an address, every sign of it percent-encoded."""
    return quote(str(value), safe="")
