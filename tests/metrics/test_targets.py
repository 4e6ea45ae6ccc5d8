"""Colours at the borders: they are included, whatever the last bit of a sum of floats says."""

import pytest

from metrics.targets import Thresholds


@pytest.mark.parametrize(
    ("limits", "value", "colour"),
    [
        (Thresholds(0.3, 0.1, "lower"), 0.1 + 0.2, "green"),
        (Thresholds(0.3, 0.1, "lower"), 0.300001, "red"),
        (Thresholds(0.8, 0.7, "higher"), 0.7 + 0.1, "green"),
        (Thresholds(0.8, 0.7, "higher"), 0.799999, "amber"),
        (Thresholds(60.0, 240.0, "lower"), 60.00000000000001, "green"),
        (Thresholds((0.7, 0.85), (0.6, 1.0), "range"), 0.85000000000001, "green"),
        (Thresholds((0.7, 0.85), (0.6, 1.0), "range"), 1.1 - 0.1, "amber"),
        (Thresholds((0.7, 0.85), (0.6, 1.0), "range"), 1.00001, "red"),
        (Thresholds(0.8, 0.7, "higher"), None, ""),
    ],
)
def test_a_border_belongs_to_the_better_colour(limits, value, colour):
    assert limits.colour(value) == colour
