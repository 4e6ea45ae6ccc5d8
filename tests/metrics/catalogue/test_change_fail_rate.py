"""Worked by hand: four deployments in January, one of unknown result, one failed: 1 / 3."""

from tests.metrics.builders import NO_DATA, make_facts, measure, ok

DEPLOYMENTS = """
    code service deployed_at       first_committed_at failed restored_at       rework
    DE1  S-1     2026-01-05T00:00Z 2026-01-04T00:00Z  false  -                 false
    DE2  S-1     2026-01-06T00:00Z 2026-01-05T12:00Z  true   2026-01-06T03:00Z true
    DE3  S-1     2026-01-07T00:00Z 2026-01-08T00:00Z  -      -                 -
    DE4  S-2     2026-01-31T22:00Z -                  false  2026-02-01T00:00Z false
    DE5  S-1     2025-12-31T23:00Z 2025-12-31T00:00Z  true   2026-01-01T04:00Z false
"""
SERVICES = "code team\nS-1 T-1\nS-2 T-2\nS-3 T-3"


def measured(**options):
    return measure(make_facts(deployments=DEPLOYMENTS, services=SERVICES), "change_fail_rate", **options)


def test_failed_of_those_where_it_is_known():
    values = measured()

    assert values.at("2026-01") == ok(1 / 3, 1, 3)
    assert values.at("2026-01", "team:T-1") == ok(1 / 2, 1, 2)
    assert values.at("2026-01", "service:S-2") == ok(0, 0, 1)
    assert values.at("2026-01", component="rework_rate") == ok(1 / 3, 1, 3)
    assert values.at("2026-02") == NO_DATA


def test_recovery_counts_where_it_was_restored():
    values = measured()

    # DE2 after 3 hours, DE5 of December after 5; DE4 did not fail.
    assert values.at("2026-01", component="recovery_hours_median") == ok(4, n=2)
    assert values.at("2025-12", component="recovery_hours_median") == NO_DATA
    assert values.at("2026-02", component="recovery_hours_median") == NO_DATA


def test_negative_lead_times_are_left_out():
    assert measured().at("2026-01", component="lead_time_hours_median") == ok(18, n=2)


def test_deployments_per_week_is_a_counted_zero_after_the_first_one():
    values = measured()

    assert values.at("2026-01", component="deployments_per_week") == ok(4 / (31 / 7), 4, 31 / 7, 4)
    assert values.at("2026-02", component="deployments_per_week") == ok(0, 0, 4, 0)
    assert values.at("2025-12", "service:S-2", "deployments_per_week") == NO_DATA
    assert values.at("2026-02", "service:S-3", "deployments_per_week") == NO_DATA
    assert values.at("2026-07", component="deployments_per_week") == ok(0, 0, 9 / 7, 0, status="partial_period")


def test_explain_lists_the_deployments():
    values = measured()

    assert values.rows("numerator", "2026-01") == ["DE2"]
    assert values.rows("denominator", "2026-01") == ["DE1", "DE2", "DE4"]
