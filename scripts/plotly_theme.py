"""Write static/plotly-theme.json (one Plotly template, the colours of both themes) from static/css/tokens.css.

`--check` only says whether the file is fresh. Figures and template name colours as "$token"; charts.js puts
in the colours of the theme that is on, so one cached figure serves both.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TOKENS = ROOT / "static" / "css" / "tokens.css"
THEME = ROOT / "static" / "plotly-theme.json"
SANS = "Inter, system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
NOT_IN_CHARTS = {"rail", "hover", "control", "focus", "accent-bg", "bad-bg", "watch-bg", "surface", "accent-2"}


def colours() -> dict[str, tuple[str, str]]:
    """Token -> (light, dark), with the see-through bands that figures need."""
    found = re.findall(r"--([\w-]+):\s*light-dark\((#[0-9a-f]+),\s*(#[0-9a-f]+)\)", TOKENS.read_text())
    tokens = {name: (light, dark) for name, light, dark in found}
    bands = {
        "accent-band": ("accent", 0.16),
        "accent-band-2": ("accent", 0.09),
        "quiet-band": ("ink-3", 0.12),
        "bad-band": ("bad", 0.16),
    }
    for name, (of, alpha) in bands.items():
        light, dark = (_rgba(hexa, alpha) for hexa in tokens[of])
        tokens[name] = (light, dark)
    return {name: pair for name, pair in tokens.items() if name not in NOT_IN_CHARTS}


def _rgba(hexa: str, alpha: float) -> str:
    red, green, blue = (int(hexa[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def template() -> dict[str, Any]:
    """The Plotly template: hairlines across, no legend, no drag, text in Inter 12."""
    font = {"family": SANS, "size": 12, "color": "$ink-2"}
    text = {"family": SANS, "size": 12, "color": "$ink"}
    sequential = [[0, "$sunken"], [0.25, "$seq-1"], [0.5, "$seq-2"], [0.75, "$seq-3"], [1, "$seq-4"]]
    diverging = [[i / 4, f"$div-{i + 1}"] for i in range(5)]
    axis = {
        "automargin": True,
        "title": {"font": font, "standoff": 10},
        "tickfont": font,
        "gridcolor": "$rule",
        "gridwidth": 1,
        "zeroline": False,
        "fixedrange": True,
    }
    return {
        "layout": {
            "font": font,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": ["$cat-1", "$cat-2", "$cat-3", "$cat-4"],
            "colorscale": {"sequential": sequential, "diverging": diverging, "sequentialminus": sequential},
            "margin": {"l": 4, "r": 12, "t": 10, "b": 4, "pad": 0},
            "showlegend": False,
            "autosize": True,
            "hovermode": "closest",
            "hoverdistance": 40,
            "dragmode": False,
            "bargap": 0.38,
            "barcornerradius": 1,
            "hoverlabel": {
                "bgcolor": "$ink",
                "bordercolor": "$ink",
                "align": "left",
                "font": {"family": SANS, "size": 12, "color": "$page"},
                "namelength": -1,
            },
            "xaxis": {
                **axis,
                "showgrid": False,
                "showline": True,
                "linecolor": "$rule-firm",
                "ticks": "outside",
                "ticklen": 4,
                "tickcolor": "$rule-firm",
                "showspikes": False,
            },
            "yaxis": {**axis, "showgrid": True, "showline": False, "ticks": "", "nticks": 5},
            "annotationdefaults": {
                "font": font,
                "showarrow": False,
                "arrowcolor": "$rule-firm",
                "arrowwidth": 1,
                "arrowhead": 0,
            },
            "shapedefaults": {"line": {"color": "$plan", "width": 1.25}},
            "modebar": {
                "bgcolor": "rgba(0,0,0,0)",
                "color": "$ink-3",
                "activecolor": "$accent",
                "orientation": "h",
            },
        },
        "data": {
            "bar": [
                {
                    "marker": {
                        "color": "$actual",
                        "line": {"width": 0},
                        "pattern": {"fgopacity": 1, "solidity": 0.45, "size": 6},
                    },
                    "textfont": text,
                    "outsidetextfont": text,
                    "textposition": "outside",
                    "cliponaxis": False,
                    "constraintext": "none",
                    "error_x": {"color": "$ink-3", "thickness": 1.25, "width": 0},
                    "error_y": {"color": "$ink-3", "thickness": 1.25, "width": 0},
                }
            ],
            "scatter": [
                {
                    "line": {"width": 2, "color": "$actual"},
                    "marker": {"size": 7, "color": "$actual", "line": {"width": 1.5, "color": "$page"}},
                    "textfont": text,
                    "cliponaxis": False,
                }
            ],
            "heatmap": [
                {
                    "colorscale": sequential,
                    "xgap": 2,
                    "ygap": 2,
                    "showscale": False,
                    "textfont": {"family": SANS, "size": 12},
                }
            ],
        },
    }


CONFIG = {
    "displayModeBar": False,
    "displaylogo": False,
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
}


def theme() -> str:
    """The whole file as text."""
    pairs = colours()
    tokens = {name: {k: v[i] for k, v in pairs.items()} for i, name in enumerate(("light", "dark"))}
    return json.dumps({"template": template(), "config": CONFIG, "tokens": tokens}, separators=(",", ":")) + "\n"


def main() -> int:
    """Write the file, or with --check exit 1 when it is stale."""
    text = theme()
    if "--check" in sys.argv[1:]:
        return 0 if THEME.read_text() == text else 1
    THEME.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
