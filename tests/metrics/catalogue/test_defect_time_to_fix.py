"""Worked by hand: fixed after 2, 4, 9 days, open for 10 and 20 at T: S is 0.8, 0.6, 0.4, so the median is 9 days.

S(30) = 0.4, carried flat: 0.6 are fixed within 30 days.
"""

import numpy as np

from tests.metrics.builders import NO_DATA, make_facts, measure, ok, too_few, undefined

DEFECTS = """
    code service opened_at         fixed_at
    D1   S-1     2026-01-01T00:00Z 2026-01-03T00:00Z
    D2   S-1     2026-01-01T00:00Z 2026-01-05T00:00Z
    D3   S-1     2026-01-01T00:00Z 2026-01-10T00:00Z
    D4   S-1     2026-01-22T00:00Z -
    D5   S-2     2026-01-12T00:00Z 2026-02-01T00:00Z
"""


def test_open_defects_keep_the_median_honest():
    values = measure(make_facts(defects=DEFECTS), "defect_time_to_fix")

    assert values.at("2026-01") == ok(9, n=5)
    assert values.at("2026-01", component="fixed_within_30_days") == ok(0.6, n=5)
    assert values.at("2026-01", component="open_defects") == ok(2, n=5)


def test_the_window_is_the_twelve_months_up_to_the_end_of_the_period():
    values = measure(make_facts(defects=DEFECTS), "defect_time_to_fix")

    # December 2026 has not begun; the year 2026 is cut on 10 July and reaches back to January 2026 only.
    assert values.at("2026").n == 5
    # D5 was fixed after 20 days: 2, 4, 9, 20 days and D4 open: S is 0.8, 0.6, 0.4.
    assert values.at("2026-Q1") == ok(9, n=5)
    later = measure(make_facts(defects=DEFECTS), "defect_time_to_fix", as_of="2027-03-01")
    assert later.at("2026-12").n == 5
    assert later.at("2027-01") == NO_DATA
    assert later.at("2027-01", component="open_defects") == ok(1, n=5)


def test_a_quarter_that_has_begun_has_its_own_window():
    defects = "code opened_at fixed_at\n" + "\n".join(
        f"D{k} 2025-0{month}-15T00:00Z -" for k, month in enumerate((7, 8, 9, 9, 9, 9), start=1)
    )
    values = measure(make_facts(defects=defects), "defect_time_to_fix", as_of="2026-07-10")

    # July looks back to August 2025, the third quarter to October 2025, the year to January 2026.
    assert values.at("2026-07").n == 5
    assert values.at("2026-Q3") == NO_DATA
    assert values.at("2026") == NO_DATA
    assert values.at("2026", component="open_defects") == ok(6, n=6, status="partial_period")


def test_more_than_half_open_has_no_median():
    defects = DEFECTS.replace("2026-01-05T00:00Z", "-").replace("2026-01-10T00:00Z", "-")
    values = measure(make_facts(defects=defects), "defect_time_to_fix")

    assert values.at("2026-01") == undefined("median_not_reached", n=5)
    assert values.at("2026-01", component="fixed_within_30_days") == ok(0.2, n=5)


def test_an_exact_half_reaches_the_median_and_events_come_before_censoring():
    # Six of twelve fixed after 1 to 6 days, the others open: factors 11/12, 10/11 ... 6/7 multiply to a half.
    lines = [f"D{k} 2026-01-01T00:00Z 2026-01-{k + 1:02d}T00:00Z" for k in range(1, 7)]
    lines += [f"E{k} 2026-01-01T00:00Z -" for k in range(6)]
    values = measure(make_facts(defects="code opened_at fixed_at\n" + "\n".join(lines)), "defect_time_to_fix")

    assert values.at("2026-01") == ok(6, n=12)


def test_below_five_defects_only_the_count_has_a_value():
    values = measure(make_facts(defects=DEFECTS), "defect_time_to_fix")

    assert values.at("2026-01", "service:S-1") == too_few(4)
    assert values.at("2026-01", "service:S-1", "fixed_within_30_days") == too_few(4)
    assert values.at("2026-01", "service:S-1", "open_defects") == ok(1, n=4)
    assert values.at("2026-01", "service:S-2", "open_defects") == ok(1, n=1)
    assert values.at("2026-02", "service:S-2", "open_defects") == ok(0, n=1)


def test_duplicate_and_rejected_are_left_out_and_days_are_real_numbers():
    defects = """
        code validity  opened_at         fixed_at
        D1   valid     2026-01-01T00:00Z 2026-01-01T12:00Z
        D2   valid     2026-01-01T00:00Z 2026-01-01T12:00Z
        D3   valid     2026-01-01T00:00Z 2026-01-02T18:00Z
        D4   valid     2026-01-01T00:00Z 2026-01-09T00:00Z
        D5   valid     2026-01-01T00:00Z 2026-01-09T00:00Z
        D6   rejected  2026-01-01T00:00Z -
        D7   duplicate 2026-01-01T00:00Z -
    """
    values = measure(make_facts(defects=defects), "defect_time_to_fix")

    assert values.at("2026-01") == ok(1.75, n=5)
    assert values.at("2026-01", component="open_defects") == ok(0, n=5)


def test_a_defect_of_a_program_counts_once_in_each_portfolio_above_it():
    facts = make_facts(
        portfolios="code kind parent\nPF portfolio -\nPF-2 portfolio PF\nPG program PF-2",
        projects="code portfolio\nP-1 PG\nP-2 PF",
        defects="code project opened_at fixed_at\n"
        + "\n".join(f"D{k} P-{1 + k % 2} 2026-01-01T00:00Z 2026-01-{k + 2:02d}T00:00Z" for k in range(10)),
    )
    values = measure(facts, "defect_time_to_fix")

    # All ten: 1 to 10 days, S(5) = 0.5. P-1 alone (even k): 1, 3, 5, 7, 9 days.
    assert values.at("2026-01", "portfolio:PF") == ok(5, n=10)
    assert values.at("2026-01", "portfolio:PF-2") == ok(5, n=5)
    assert values.at("2026-01", "program:PG") == ok(5, n=5)
    assert values.at("2026-01", "project:P-2") == ok(6, n=5)


def test_explain_lists_the_window_and_the_open_defects():
    values = measure(make_facts(defects=DEFECTS), "defect_time_to_fix")

    assert values.rows("numerator", "2026-01") == ["D1", "D2", "D3", "D4", "D5"]
    assert values.rows("numerator", "2026-01", component="open_defects") == ["D4", "D5"]
    assert values.rows("numerator", "2026-Q2", component="open_defects") == ["D4"]


def test_quarters_and_months_with_one_window_agree():
    rng = np.random.default_rng(7)
    days = rng.integers(1, 29, 60)
    lines = [f"D{k} 2025-{1 + k % 12:02d}-{day:02d}T00:00Z -" for k, day in enumerate(days)]
    values = measure(make_facts(defects="code opened_at fixed_at\n" + "\n".join(lines)), "defect_time_to_fix")

    for component in ("", "fixed_within_30_days", "open_defects"):
        assert values.at("2025-12", component=component) == values.at("2025-Q4", component=component)
        assert values.at("2025-12", component=component) == values.at("2025", component=component)
