"""Word-size graphics: gaps, one value, ends, names that escape."""

from dashboards import drawing
from dashboards.parts import Bullet, Spark


def test_a_spark_breaks_at_a_gap_and_says_first_and_last():
    svg = drawing.spark(Spark((1.0, 2.0, None, 4.0), "A <b> name"))

    assert svg.count("M") == 2
    assert "from 1.0 to 4.0" in svg
    assert "A &lt;b&gt; name" in svg


def test_one_value_is_no_line():
    assert "<svg" not in drawing.spark(Spark((1.0, None), "x"))


def test_a_level_line_lies_in_the_middle():
    assert 'd="M1.0 12.0L' in drawing.spark(Spark((3.0, 3.0), "x"))


def test_a_bullet_ends_at_its_ends():
    svg = drawing.bullet(Bullet(240.0, "x", target=50, previous=-20))

    assert 'class="v" x="0.0" y="2" width="100.0"' in svg
    assert 'class="p" x="0.0" y="11" width="0.0"' in svg


def test_a_bullet_below_zero_grows_from_zero():
    assert 'class="v" x="25.0" y="2" width="25.0"' in drawing.bullet(Bullet(-0.5, "x", low=-1, high=1))
