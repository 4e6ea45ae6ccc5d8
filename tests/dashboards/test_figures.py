"""Figures are whole, add up, validate against Plotly's own schema, and show strangers' texts letter by letter."""

import json
from pathlib import Path

import plotly
import plotly.graph_objects as go
import pytest
from django.conf import settings
from django.utils import translation

from dashboards.figures.bridge import Step, UnevenBridge, bridge_figure
from dashboards.figures.contribution import Bar, contribution_figure, folded
from dashboards.figures.many import Bin, Named, cells_figure
from dashboards.figures.marks import Event, round_steps, short
from dashboards.figures.names import LINE, beside
from dashboards.figures.trend import Ahead, Point, trend_figure
from dashboards.pages.styleguide import styleguide_page
from dashboards.parts import Figure, IncompleteFigure, table

THEME = json.loads((Path(settings.BASE_DIR) / "static" / "plotly-theme.json").read_text())


def painted(value, tokens):
    if isinstance(value, str) and value.startswith("$"):
        return tokens[value[1:]]
    if isinstance(value, list | tuple):
        return [painted(v, tokens) for v in value]
    if isinstance(value, dict):
        return {k: painted(v, tokens) for k, v in value.items()}
    return value


def all_figures():
    page = styleguide_page()
    return [*page.figures, *page.smalls]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "sv"])
def test_every_figure_validates(theme, language):
    with translation.override(language):
        figures = all_figures()
    for figure in figures:
        go.Figure(
            painted(json.loads(json.dumps(figure.plot))["data"], THEME["tokens"][theme]),
            painted(figure.layout, THEME["tokens"][theme]),
        )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_template_validates(theme):
    template = painted(THEME["template"], THEME["tokens"][theme])
    go.layout.Template(data=template["data"], layout=template["layout"])


def test_figures_carry_no_colours_of_their_own():
    for figure in all_figures():
        assert "#" not in json.dumps([figure.data, figure.layout]).replace("&#36;", ""), figure.key


@pytest.mark.parametrize("missing", ["key", "title", "unit", "table"])
def test_a_figure_without_its_parts_is_refused(missing):
    parts = {"key": "k", "title": "t", "unit": "u", "table": table(["a", "b"], [("x", "1")])}
    parts[missing] = table(["a"], []) if missing == "table" else " "
    with pytest.raises(IncompleteFigure):
        Figure(data=[], layout={}, **parts)


def test_folded_bars_add_up_to_all_bars():
    bars = [Bar(f"P{i}", 1 / (i + 1)) for i in range(40)] + [Bar(f"L{i}", -0.1 * i) for i in range(9)]
    bars.append(Bar("unattributed", -0.25, kind="unattributed"))

    shown = folded(bars)

    assert sum(b.points for b in shown) == pytest.approx(sum(b.points for b in bars))
    # 7 gains, others, unattributed, 5 losses
    assert [b.kind for b in shown] == ["item"] * 7 + ["others", "unattributed"] + ["item"] * 5


def test_one_project_left_over_is_named_not_folded():
    shown = folded([Bar(f"P{i}", 8.0 - i) for i in range(8)])

    assert [b.name for b in shown] == [f"P{i}" for i in range(8)]


def test_a_bridge_that_does_not_add_up_is_refused():
    with pytest.raises(UnevenBridge):
        bridge_figure(("a", 1.0), (Step("s", 1.0),), ("b", 3.0), key="k", title="t", unit="u")


def test_names_are_shown_letter_by_letter():
    figure = contribution_figure([Bar("<a href='x'>$accent", 1.0)], key="k", title="t", unit="u")

    assert "<a" not in json.dumps([figure.data, figure.layout])
    assert figure.layout["yaxis"]["ticktext"] == ["&lt;a href='x'&gt;&#36;accent"]
    assert len(short("x" * 100)) == 32


def test_a_gap_stays_a_gap_and_a_version_break_cuts_the_line():
    points = [Point(f"2026-0{m}", v) for m, v in enumerate((1.0, None, 2.0, 3.0, 4.0), start=1)]

    figure = trend_figure(points, key="k", title="t", unit="u", words=str, breaks=["2026-04"])

    assert [trace["x"] for trace in figure.data] == [[0], [2], [3, 4]]


def test_a_trend_without_any_value_still_stands():
    figure = trend_figure([Point("2026-01", None)], key="k", title="t", unit="u", words=str)

    assert figure.data == []


def test_more_than_290_cells_are_refused():
    with pytest.raises(ValueError, match="coarser"):
        cells_figure(
            [Bin(i, 0, 1) for i in range(291)],
            [],
            x_edges=(0, 1),
            y_edges=(0, 1),
            x_words=[],
            key="k",
            title="t",
            unit="u",
            heads=("a", "b", "c"),
        )


def test_names_of_points_that_lie_close_together_do_not_cover_each_other():
    near = [Named("Data centre move", 6.65, -0.25), Named("CRM migration", 6.27, -0.3), Named("Alone", 5.2, 4.0)]

    move, crm, alone = beside(near, (4.9, 7.1), (-2.0, 8.0))

    # On its own side the first name would cover the second point: it stands above its own.
    assert (move["xanchor"], move["yshift"]) == ("center", LINE)
    assert (crm["xanchor"], alone["xanchor"]) == ("right", "left")
    assert not {"yshift"} & (set(crm) | set(alone))


@pytest.mark.parametrize(("low", "high"), [(0, 0), (-0.003, 0.002), (0, 1e12), (-7, 13), (55.2, 55.2)])
def test_round_steps_cover_their_span(low, high):
    marks = round_steps(low, high)

    assert marks[0] <= low
    assert marks[-1] >= high - 1e-9
    assert 1 <= len(marks) <= 8


def test_the_browser_bundle_is_the_version_of_the_python_package():
    bundled = json.loads((Path(settings.BASE_DIR) / "static/vendor/VENDOR.json").read_text())["files"][
        "static/vendor/plotly-epmo.min.js"
    ]["version"]
    packaged = plotly.offline.get_plotlyjs_version()

    assert bundled == packaged


def test_events_of_a_period_share_one_mark_and_stand_in_the_table():
    points = [Point(f"2026-0{m}", float(m)) for m in range(1, 5)]
    events = [Event("2026-02", "Release 4"), Event("2026-03", "Restated"), Event("2026-02", "Incident 9")]
    events += [Event("2026-02", "Release 4"), Event("2031-01", "Not drawn")]
    figure = trend_figure(points, key="k", title="t", unit="u", words=str, events=events)

    marks = [a["text"] for a in figure.layout["annotations"] if a.get("yref") == "paper"]
    assert marks == ["2 events", "Restated"]
    assert figure.table.columns[-1].label == "Events"
    assert [row[-1].raw for row in figure.table.rows] == ["", "Release 4; Incident 9", "Restated", ""]
    assert any(k.sign == "event" for k in figure.legend)


def test_a_forecast_is_dashed_and_marked_in_the_table_and_leaves_the_stored_line_alone():
    points = [Point(f"2026-0{m}", float(m)) for m in range(1, 5)]
    ahead = Ahead(("2026-05", "2026-06"), (5.0, 6.0), (4.0, 4.5), (6.0, 9.5), said="Better by 30%", word="Forecast")

    plain_figure = trend_figure(points, key="k", title="t", unit="u", words=str)
    figure = trend_figure(points, key="k", title="t", unit="u", words=str, ahead=ahead)

    dashed = [trace for trace in figure.data if trace["line"].get("dash") == "dash"]
    stored = [trace for trace in figure.data if trace["line"].get("color") == plain_figure.data[0]["line"]["color"]]
    assert [(trace["x"], trace["y"]) for trace in dashed] == [([3, 4, 5], [4.0, 5.0, 6.0])]
    assert [trace["x"] for trace in stored] == [[0, 1, 2, 3]]
    assert figure.layout["yaxis"]["range"][1] >= 9.5
    assert figure.layout["xaxis"]["range"][1] > 5
    assert [row[-1].text for row in figure.table.rows] == ["", "", "", "", "Forecast", "Forecast"]
    assert "Better by 30%" in [key.word for key in figure.legend]
