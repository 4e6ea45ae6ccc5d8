"""Numbers, money, dates and periods in both languages."""

import datetime as dt

import pytest
from django.utils import translation

from dashboards import formatting as f
from dashboards import units

N = "\u00a0"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ("1,140.5", "−3", "+3", "0", "41%", f"+4{N}pp", f"€4.20{N}M", f"−€210{N}k", f"SEK{N}12.0{N}M")),
        ("sv", (f"1{N}140,5", "−3", "+3", "0", f"41{N}%", f"+4{N}p.e.", f"4,20{N}M€", f"−210{N}k€", f"12,0{N}M{N}SEK")),
    ],
)
def test_numbers_read_as_the_language_writes_them(language, expected):
    with translation.override(language):
        shown = (
            f.number(1140.5, 1),
            f.number(-3),
            f.number(3, sign=True),
            f.number(-0.2),
            f.percent(0.41),
            f.percentage_points(0.04),
            f.money(4.2e6),
            f.money(-210_000),
            f.money(12e6, "SEK"),
        )

    assert shown == expected


def test_absent_is_a_dash_and_never_zero():
    assert {f.number(None), f.percent(None), f.money(None), f.date(None), f.number(float("nan"))} == {"–"}


@pytest.mark.parametrize(
    ("language", "code", "long", "short", "span"),
    [
        ("en", "2026-Q3", f"Q3{N}2026", f"Q3{N}’26", "Jul–Sep"),
        ("sv", "2026-Q3", f"kv{N}3{N}2026", f"kv{N}3{N}’26", "juli–sep"),
        ("en", "2026-07", f"Jul{N}2026", f"Jul{N}’26", ""),
        ("en", "2026", "2026", "2026", "Jan–Dec"),
    ],
)
def test_periods(language, code, long, short, span):
    with translation.override(language):
        assert (f.period(code), f.period(code, short=True), f.period_span(code)) == (long, short, span)


def test_instants_are_in_the_zone_of_the_enterprise():
    moment = dt.datetime(2026, 11, 23, 6, 10, tzinfo=dt.UTC)

    with translation.override("en"):
        assert f.instant(moment) == f"23{N}Nov{N}2026, 06:10"
    with translation.override("sv"):
        assert f.instant(moment) == f"23{N}nov{N}2026 kl.{N}06.10"


def test_money_steps_up_before_it_would_read_a_thousand_thousands():
    with translation.override("en"):
        assert (f.money(999_960), f.money(999_400)) == (f"€1{N}M", f"€999{N}k")


@pytest.mark.parametrize(
    ("value", "metric", "component", "unit", "text"),
    [
        (0.96, "cost_performance_index", "", "ratio", "0.96"),
        (0.875, "defects_fixed_before_release_rate", "", "ratio", "88%"),
        (0.041, "escaped_defect_rate", "", "ratio", "4.1%"),
        (41.2, "net_promoter_score", "", "points -100..100", "+41.2"),
        (80.0, "customer_satisfaction", "", "percent", "80%"),
        (4_200_000.0, "recurring_revenue", "", "EUR a year", f"€4.20{N}M"),
        (9.0, "defect_time_to_fix", "", "days", f"9.0{N}days"),
        (14.0, "defect_time_to_fix", "open_defects", "count", "14"),
        (None, "gross_margin", "", "ratio", "–"),
    ],
)
def test_a_value_reads_by_its_unit(value, metric, component, unit, text):
    with translation.override("en"):
        assert str(units.shown(value, metric, component, unit)) == text


def test_the_change_of_a_percentage_is_in_percentage_points():
    with translation.override("en"):
        assert units.change(0.12, "gross_margin", unit="ratio") == f"+12{N}pp"
        assert units.change(-0.02, "cost_performance_index", unit="ratio") == "−0.02"


@pytest.mark.parametrize(
    ("value", "english", "swedish"),
    [
        (0.123456789, "0.123457", "0,123457"),
        (2.5, "2.5", "2,5"),
        (-1e15, "−1,000,000,000,000,000", f"−1{N}000{N}000{N}000{N}000{N}000"),
        (1234567.0, "1,234,570", f"1{N}234{N}570"),
        (0.0, "0", "0"),
        (3e-9, "0.000000003", "0,000000003"),
    ],
)
def test_figures_of_a_formula_read_as_the_language_writes_them(value, english, swedish):
    with translation.override("en"):
        assert f.significant(value) == english
    with translation.override("sv"):
        assert f.significant(value) == swedish
