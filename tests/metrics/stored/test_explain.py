"""Explain answers for every kind of record: figures with their rows, and what is missing where there is none."""

from collections import defaultdict

import pytest
from django.contrib.auth.models import User

from metrics.explain import NoSuchValue, explain
from metrics.periods import Period
from metrics.records import USABLE, ValueRecord
from metrics.registry import metrics
from metrics.selectors import ValueQuery, values
from portfolio.feeds import FEEDS
from portfolio.rights import EVERYTHING, Role
from portfolio.selectors.visibility import visibility_of
from portfolio.services.rights import role_set
from tests.metrics.stored.company import Company

PERIODS = tuple(map(Period.parse, ("2026-Q2", "2026-06", "2026-07", "2026-Q4")))


def explain_record(record: ValueRecord, **more: object):
    return explain(
        record.metric,
        record.component,
        record.scope_kind,
        record.scope,
        Period.parse(record.period),
        visible_to=more.pop("visible_to", EVERYTHING),
        **more,
    )


@pytest.fixture
def records(company: Company) -> list[ValueRecord]:
    query = ValueQuery(components=None, periods=PERIODS, all_statuses=True)
    return list(values(query, visible_to=EVERYTHING))


def test_the_sides_of_a_quotient_add_up_to_its_stored_figures(records: list[ValueRecord]) -> None:
    seen: set[tuple[str, str]] = set()
    for record in records:
        if record.numerator is None or record.period != "2026-Q2" or (record.metric, record.component) in seen:
            continue
        seen.add((record.metric, record.component))
        found = explain_record(record, limit=1)
        assert found.record == record
        for side, stored in ((found.numerator, record.numerator), (found.denominator, record.denominator)):
            assert side.total == pytest.approx(stored, rel=1e-9, abs=1e-6), (record.metric, record.component)
    assert len(seen) > 70


def test_a_missing_value_says_what_to_enter_and_where(records: list[ValueRecord]) -> None:
    one_of_each: dict[tuple[str, str], dict[str, ValueRecord]] = defaultdict(dict)
    for record in records:
        if record.status not in USABLE:
            one_of_each[record.status, record.reason].setdefault(record.metric, record)

    assert {status for status, _ in one_of_each} >= {
        "no_data", "not_due", "suppressed", "insufficient_n", "undefined",
    }  # fmt: skip
    for (status, _), found in one_of_each.items():
        for record in list(found.values())[:12]:
            answers = explain_record(record, limit=0).missing
            assert answers, record
            assert all(answer.text and (not answer.feed or answer.feed in FEEDS) for answer in answers)
            if status == "no_data":
                assert any(answer.feed or "no_data" in answer.text for answer in answers), record


def test_a_value_that_is_there_misses_nothing(records: list[ValueRecord]) -> None:
    usable = [record for record in records if record.status in USABLE][:: len(records) // 12]

    assert all(explain_record(record, limit=0).missing == () for record in usable)


def test_days_of_a_period_stand_as_a_line_of_their_own(company: Company) -> None:
    found = explain("cycle_time", "average_work_in_progress", "enterprise", "", PERIODS[0], visible_to=EVERYTHING)

    assert [(line.kind, line.amount) for line in found.denominator.constants] == [("constant", 91.0)]
    assert found.denominator.rows == ()
    assert found.denominator.total == found.record.denominator == 91.0


def test_items_of_a_median_are_listed_and_not_added(company: Company) -> None:
    found = explain("cycle_time", "", "enterprise", "", PERIODS[0], visible_to=EVERYTHING)

    assert (found.numerator.rows_are, found.numerator.total) == ("items", None)
    assert found.numerator.count == found.record.n
    assert min(row.weight for row in found.numerator.rows) >= 0


def test_every_entry_answers_for_every_component_and_kind_of_scope(records: list[ValueRecord]) -> None:
    asked: set[tuple[str, str]] = set()
    for record in records:
        if (record.metric, record.scope_kind) not in asked and record.period == "2026-Q2":
            asked.add((record.metric, record.scope_kind))
            found = explain_record(record, limit=3)
            assert found.words
            assert found.feeds
            assert found.run is not None
            assert found.metric.version == record.version
    assert {metric for metric, _ in asked} == set(metrics())


def test_counts_only_stand_behind_people_metrics_for_an_executive(company: Company) -> None:
    user = User.objects.create_user("chief", "chief@example.org")
    role_set(user=user, role=Role.EXECUTIVE)
    visible = visibility_of(user)

    found = explain("voluntary_turnover_rate", "", "enterprise", "", PERIODS[0], visible_to=visible)
    assert found.numerator.rows_are_private
    assert found.denominator.rows == ()
    assert found.denominator.count > 0

    query = ValueQuery(metrics=("employee_net_promoter_score",), scope_kinds=("team",), statuses=("suppressed",))
    small = next(values(query, visible_to=EVERYTHING))
    hidden = explain_record(small, visible_to=visible)
    assert (hidden.numerator.count, hidden.numerator.total) == (0, None)


def test_what_is_not_there_or_not_visible_cannot_be_explained(company: Company) -> None:
    user = User.objects.create_user("viewer", "viewer@example.org")
    role_set(user=user, role=Role.VIEWER)

    for key, kind, code, visible in (
        ("nothing", "enterprise", "", EVERYTHING),
        ("renewal_rate", "project", "P-1", EVERYTHING),
        ("renewal_rate", "customer", "nobody", EVERYTHING),
        ("milestones_on_time_rate", "project", "P-1", visibility_of(user)),
    ):
        with pytest.raises(NoSuchValue):
            explain(key, "", kind, code, PERIODS[0], visible_to=visible)
