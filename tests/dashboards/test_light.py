"""Lines and words become traces where that changes nothing, and stay what they were everywhere else."""

import copy

import pytest

from dashboards.figures.contribution import Bar, contribution_figure
from dashboards.figures.light import light
from dashboards.figures.marks import level, note, upright

AXES = {"xaxis": {"range": [0, 10]}, "yaxis": {"range": [100, 200]}}


def traces(layout, narrow=None, data=()):
    return light(list(data), {**AXES, **layout}, narrow or {})


def test_lines_of_one_look_are_one_trace_with_gaps_between_them():
    data, layout = traces({"shapes": [level(150), level(160), upright(4, y1=0.5)]})

    assert layout["shapes"] == []
    assert [trace["x"] for trace in data] == [[0, 10, None, 0, 10], [4, 4]]
    assert [trace["y"] for trace in data] == [[150, 150, None, 160, 160], [100, 150]]
    assert all(trace["hoverinfo"] == "skip" for trace in data)


def test_words_stand_on_the_side_that_their_anchor_leaves_free():
    notes = [
        note("right of it", 1, 110, xanchor="left", xshift=6),
        note("left of it", 2, 120, xanchor="right", xshift=-6, font={"weight": 600}),
        note("above", 3, 1, yref="paper", yanchor="bottom"),
    ]

    (words,), layout = traces({"annotations": notes})

    assert layout["annotations"] == []
    assert words["textposition"] == ["middle right", "middle left", "top center"]
    assert words["text"] == ["\u00a0\u00a0right of it", "left of it\u00a0\u00a0", "above"]
    assert (words["x"], words["y"]) == ([1, 2, 3], [110, 120, 200])
    assert words["textfont"] == {"size": 12, "color": "$ink-2", "weight": [400, 600, 400]}


@pytest.mark.parametrize(
    "kept",
    [
        {"annotations": [note("turned", 1, 110, textangle=-90)]},
        {"annotations": [note("raised", 1, 110, yshift=6)]},
        {"annotations": [note("with an arrow", 1, 110) | {"showarrow": True}]},
        {"annotations": [note("by the paper's edge", 0, 110, xref="paper")]},
        {"shapes": [{"type": "rect", "x0": 1, "x1": 2, "y0": 110, "y1": 120}]},
        {"shapes": [level(150) | {"layer": "below"}]},
    ],
)
def test_what_a_trace_cannot_say_stays(kept):
    data, layout = traces(kept)

    assert data == []
    assert {name: layout[name] for name in kept} == kept


@pytest.mark.parametrize(
    ("axes", "data"),
    [
        ({"xaxis": {}}, []),
        ({"xaxis": {"range": [0, 3], "type": "log"}}, []),
        ({"yaxis": {"range": [0, 1], "domain": [0.3, 1]}}, []),
        ({"xaxis2": {"range": [0, 1]}}, []),
        ({}, [{"x": ["A", "B"], "y": [110, 120]}]),
    ],
    ids=["no range", "powers of ten", "part of the paper", "two axes", "names"],
)
def test_a_figure_whose_axes_a_trace_would_move_stays(axes, data):
    given = {"shapes": [level(150)], "annotations": [note("word", 1, 110)], **axes}

    assert traces(given, data=data) == (data, {**AXES, **given})


def test_a_narrow_figure_keeps_what_ends_at_the_ends_of_its_axes():
    given = {"shapes": [upright(4), level(150) | {"xref": "x", "x0": 1, "x1": 2}]}

    data, layout = traces(given, narrow={"labelsAbove": True})

    assert layout["shapes"] == given["shapes"][:1]
    assert [trace["x"] for trace in data] == [[1, 2]]


def test_a_narrow_figure_with_words_of_its_own_stays():
    given = {"annotations": [note("word", 1, 110)]}

    assert traces(given, narrow={"layout": {"annotations": []}}) == ([], {**AXES, **given})


def test_the_figure_itself_is_not_changed():
    figure = contribution_figure([Bar("A", 2.0, 1.0, 3.0), Bar("B", -1.0)], key="k", title="t", unit="u")
    before = copy.deepcopy((figure.data, figure.layout))

    plot = figure.plot

    assert (figure.data, figure.layout) == before
    assert len(plot["data"]) > len(figure.data)
    assert plot["layout"]["annotations"] == []
