"""Unions, weights, cuts and intersections of intervals, by hand and instant by instant."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas.intervals import cut, intersect, union, union_with_weight

INTERVAL = st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(0, 12), st.sampled_from([0.25, 0.5, 1.0]))
INTERVALS = st.lists(INTERVAL, max_size=25)


def rows(spans, *fields):
    return list(zip(*(getattr(spans, field).tolist() for field in fields), strict=True))


def columns(intervals):
    """Group, start, end and weight of (group, start, length, weight)."""
    group, start, length, weight = (
        (np.array(c) for c in zip(*intervals, strict=True)) if intervals else [np.array([])] * 4
    )
    return group, start, start + length, weight


def painted(intervals, group, upto=40):
    """Highest weight at each whole instant, 0 where nothing covers it."""
    line = np.zeros(upto)
    for owner, start, length, weight in intervals:
        if owner == group:
            line[start : start + length] = np.maximum(line[start : start + length], weight)
    return line


def painted_spans(spans, group, upto=40):
    line = np.zeros(upto)
    for owner, start, end, weight in rows(spans, "group", "start", "end", "weight"):
        if owner == group:
            assert (line[start:end] == 0).all(), "spans of a group do not overlap"
            line[start:end] = weight
    return line


def test_touching_intervals_join_and_empty_ones_are_dropped():
    spans = union([0, 0, 0, 0, 1], [3, 1, 6, 2, 6], [6, 4, 7, 2, 7])

    assert rows(spans, "group", "start", "end") == [(0, 1, 7), (1, 6, 7)]


def test_the_highest_weight_holds_at_each_instant():
    spans = union_with_weight([0, 0], [0, 4], [10, 6], [0.5, 1.0])

    assert rows(spans, "start", "end", "weight") == [(0, 4, 0.5), (4, 6, 1.0), (6, 10, 0.5)]
    assert spans.length().sum() == 6.0


def test_a_lighter_interval_inside_a_heavier_one_changes_nothing():
    spans = union_with_weight([0, 0], [0, 4], [10, 6], [0.5, 0.25])

    assert rows(spans, "start", "end", "weight") == [(0, 10, 0.5)]


def test_spans_are_cut_at_the_borders_and_dropped_outside_them():
    pieces, period = cut(union([0, 0, 0], [5, 27, 60], [25, 40, 70]), [0, 10, 20, 30])

    assert rows(pieces, "start", "end", "source") == [(5, 10, 0), (10, 20, 0), (20, 25, 0), (27, 30, 1)]
    assert period.tolist() == [0, 1, 2, 2]


def test_only_the_time_inside_a_window_of_the_same_group_is_left():
    spans = union_with_weight([0, 1], [0, 0], [10, 10], [0.5, 1.0])
    inside = intersect(spans, union([0, 0, 2], [2, 6, 0], [4, 12, 99]))

    assert rows(inside, "group", "start", "end", "weight") == [(0, 2, 4, 0.5), (0, 6, 10, 0.5)]


@pytest.mark.parametrize("make", [union, lambda g, s, e: union_with_weight(g, s, e, np.zeros(0))])
def test_no_interval_makes_no_span(make):
    none = make(np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0, dtype=int))

    assert none.group.size == 0
    assert cut(none, [0, 10])[0].group.size == 0
    assert intersect(none, none).group.size == 0
    assert intersect(union([0], [1], [2]), none).group.size == 0


def test_instants_in_microseconds_keep_their_digits():
    at = 836_000_000_000_000
    spans = union_with_weight([0, 0], [at, at + 1], [at + 2, at + 3], [1.0, 1.0])

    assert rows(spans, "start", "end") == [(at, at + 3)]


@given(intervals=INTERVALS)
def test_agrees_with_painting_instant_by_instant(intervals):
    group, start, end, weight = columns(intervals)
    weighted, plain = union_with_weight(group, start, end, weight), union(group, start, end)
    for g in range(3):
        np.testing.assert_array_equal(painted_spans(weighted, g), painted(intervals, g))
        np.testing.assert_array_equal(painted_spans(plain, g), painted(intervals, g) > 0)


@given(intervals=INTERVALS)
def test_spans_are_maximal_and_in_order(intervals):
    group, start, end, weight = columns(intervals)
    for spans, kind in (
        (union(group, start, end), "plain"),
        (union_with_weight(group, start, end, weight), "weighted"),
    ):
        found = rows(spans, "group", "start", "end", "weight")
        assert found == sorted(found)
        for (g0, _, e0, w0), (g1, s1, _, w1) in itertools.pairwise(found):
            assert g0 != g1 or e0 < s1 or (kind == "weighted" and e0 == s1 and w0 != w1)


@given(intervals=INTERVALS, borders=st.lists(st.integers(0, 40), min_size=2, max_size=6, unique=True).map(sorted))
def test_a_cut_loses_and_adds_no_time_between_the_outer_borders(intervals, borders):
    group, start, end, weight = columns(intervals)
    pieces, period = cut(union_with_weight(group, start, end, weight), borders)
    edges = np.array(borders)
    assert (pieces.start >= edges[period]).all()
    assert (pieces.end <= edges[period + 1]).all()
    for g in range(3):
        line = painted(intervals, g)
        line[: borders[0]] = 0
        line[borders[-1] :] = 0
        np.testing.assert_array_equal(painted_spans(pieces, g), line)


@given(intervals=INTERVALS, windows=INTERVALS)
def test_an_intersection_keeps_what_both_cover(intervals, windows):
    group, start, end, weight = columns(intervals)
    window_group, opens, closes, _ = columns(windows)
    inside = intersect(union_with_weight(group, start, end, weight), union(window_group, opens, closes))
    for g in range(3):
        covered = painted(windows, g) > 0
        np.testing.assert_array_equal(painted_spans(inside, g), np.where(covered, painted(intervals, g), 0))


@given(intervals=INTERVALS, seed=st.integers(0, 9))
def test_the_order_of_the_rows_does_not_matter(intervals, seed):
    shuffled = [intervals[i] for i in np.random.default_rng(seed).permutation(len(intervals))]

    found, again = (union_with_weight(*columns(order)) for order in (intervals, shuffled))

    assert rows(found, "group", "start", "end", "weight") == rows(again, "group", "start", "end", "weight")


@given(intervals=INTERVALS.filter(bool), pick=st.integers(0, 99), inset=st.integers(0, 5))
def test_a_shorter_interval_inside_a_longer_one_of_the_same_weight_changes_nothing(intervals, pick, inset):
    group, start, length, weight = intervals[pick % len(intervals)]
    inside = (group, start + min(inset, length), max(length - 2 * inset, 0), weight)

    found, again = (union_with_weight(*columns(given)) for given in (intervals, [*intervals, inside]))

    assert rows(found, "group", "start", "end", "weight") == rows(again, "group", "start", "end", "weight")


@given(intervals=INTERVALS, borders=st.lists(st.integers(0, 40), min_size=4, max_size=4, unique=True).map(sorted))
def test_minutes_of_a_quarter_are_the_sum_over_its_months(intervals, borders):
    spans = union_with_weight(*columns(intervals))

    months, quarter = cut(spans, borders)[0], cut(spans, [borders[0], borders[-1]])[0]

    assert months.length().sum() == pytest.approx(quarter.length().sum())
