"""One row at a time: put, patch, remove, with versions, through the same checks as an import."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection

from portfolio.models import Change, ChangeSet, Customer, Milestone, Project
from portfolio.services.fact_rows import (
    FactChanged,
    FactMissing,
    FactRefused,
    cell_text,
    fact_patch,
    fact_put,
    fact_remove,
    row_version,
)
from portfolio.services.facts import FACTS_CHANGED, facts_changed_send, facts_write
from portfolio.services.tables import Delivery, rows_table

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> None:
    """One project to hang things on."""
    delivery = Delivery(
        tables=[
            rows_table("portfolios", ["code", "name", "kind", "parent"], [["PF", "All", "portfolio", ""]]),
            rows_table(
                "projects", ["code", "name", "portfolio", "status", "currency"], [["P|1", "One", "PF", "active", "EUR"]]
            ),
        ]
    )
    assert facts_write(delivery=delivery).status == "imported"


def test_put_stores_a_whole_row_and_clears_what_it_leaves_out() -> None:
    first = fact_put(feed="customers", key=["C-1"], values={"name": "Alfa", "importance": 2.5}, actor=None)
    second = fact_put(feed="customers", key=["C-1"], values={"name": "Alfa", "segment": "retail"}, actor=None)

    customer = Customer.objects.get(code="C-1")
    assert (first.created, second.created) == (True, False)
    assert (customer.importance, customer.segment) == (None, "retail")
    assert second.version == customer.changed_in_id


def test_patch_keeps_what_it_leaves_out(project: None) -> None:
    values = {"name": "M", "baseline_on": "2026-01-01", "customer_facing": True, "actual_on": "2026-01-02"}
    made = fact_put(feed="milestones", key=["P|1", "M1"], values=values, actor=None)

    fact_patch(
        feed="milestones", key=["P|1", "M1"], values={"forecast_on": "2026-02-01"}, actor=None, version=made.version
    )

    milestone = Milestone.objects.get()
    assert (milestone.name, str(milestone.actual_on), str(milestone.forecast_on)) == ("M", "2026-01-02", "2026-02-01")


def test_the_second_of_two_editors_is_told() -> None:
    made = fact_put(feed="customers", key=["C-1"], values={"name": "Alfa"}, actor=None)
    fact_patch(feed="customers", key=["C-1"], values={"name": "Beta"}, actor=None, version=made.version)

    with pytest.raises(FactChanged):
        fact_patch(feed="customers", key=["C-1"], values={"name": "Gamma"}, actor=None, version=made.version)
    with pytest.raises(FactChanged):
        fact_put(feed="customers", key=["C-1"], values={"name": "Gamma"}, actor=None, version=made.version)

    assert Customer.objects.get().name == "Beta"


def test_a_refused_row_changes_nothing_and_names_every_fault(project: None) -> None:
    with pytest.raises(FactRefused) as refused:
        fact_put(feed="milestones", key=["P|1", "M1"], values={"baseline_on": "soon", "name": "x" * 10_001}, actor=None)

    assert [(one.column, one.code) for one in refused.value.problems] == [
        ("name", "too_long"),
        ("baseline_on", "bad_date"),
        ("customer_facing", "missing_value"),
    ]
    assert Milestone.objects.count() == 0


def test_a_patch_must_keep_the_rules_of_the_whole_row(project: None) -> None:
    fact_patch(feed="projects", key=["P|1"], values={"actual_start_on": "2026-03-01"}, actor=None, version=None)

    with pytest.raises(FactRefused) as refused:
        fact_patch(feed="projects", key=["P|1"], values={"actual_finish_on": "2026-02-01"}, actor=None, version=None)

    assert [(one.column, one.code) for one in refused.value.problems] == [("actual_finish_on", "end_before_start")]
    assert Project.objects.get().actual_finish_on is None


def test_a_key_cannot_be_changed_and_columns_must_exist() -> None:
    fact_put(feed="customers", key=["C-1"], values={"name": "Alfa"}, actor=None)

    for values, code in (({"code": "C-2", "name": "x"}, "out_of_range"), ({"is_staff": True}, "unknown_column")):
        with pytest.raises(FactRefused) as refused:
            fact_put(feed="customers", key=["C-1"], values=values, actor=None)
        assert refused.value.problems[0].code == code


def test_a_removed_row_is_missing_until_it_is_put_again() -> None:
    fact_put(feed="customers", key=["C-1"], values={"name": "Alfa"}, actor=None)
    fact_remove(feed="customers", key=["C-1"], actor=None)

    with pytest.raises(FactMissing):
        fact_remove(feed="customers", key=["C-1"], actor=None)
    with pytest.raises(FactMissing):
        fact_patch(feed="customers", key=["C-1"], values={}, actor=None, version=None)
    assert fact_put(feed="customers", key=["C-1"], values={"name": "Alfa"}, actor=None).created
    assert list(Change.objects.values_list("action", flat=True)) == ["remove", "revive"]


def test_blank_parts_of_a_key_find_their_row(project: None) -> None:
    fact_put(feed="customers", key=["C-1"], values={"name": "Alfa"}, actor=None)
    values = {"entitled_users": 5, "active_users": 1}
    fact_put(feed="adoption", key=["C-1", "", "P|1", "2026-01"], values=values, actor=None)
    fact_put(feed="adoption", key=["C-1", None, None, "2026-01"], values=values, actor=None)

    assert row_version("adoption", ["C-1", None, "P|1", "2026-01"]) != row_version(
        "adoption", ["C-1", "", "", "2026-01"]
    )
    assert row_version("adoption", ["C-1", "", "", "not a month"]) is None
    assert row_version("customers", ["\x00"]) is None


def test_a_write_that_changes_nothing_leaves_no_change_set() -> None:
    fact_put(feed="customers", key=["C-1"], values={"name": "Alfa", "importance": 1}, actor=None)

    again = fact_put(feed="customers", key=["C-1"], values={"name": "Alfa", "importance": "1.00"}, actor=None)

    assert not again.changed
    assert ChangeSet.objects.count() == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "true"), (5, "5"), (0.1, "0.1"), (1e22, "10000000000000000000000"), (float("nan"), "NaN"),
     (1e300, "1E+300"), ([1], "[1]")],
)  # fmt: skip
def test_values_become_the_text_of_a_file(value: Any, text: str) -> None:
    assert cell_text(value) == text


@pytest.mark.django_db(transaction=True)
def test_whoever_computes_is_told_after_the_commit_and_a_dead_broker_does_no_harm() -> None:
    with patch("portfolio.services.facts.current_app.send_task") as send:
        made = fact_put(feed="customers", key=["C-1"], values={"name": "Alfa"}, actor=None)
        fact_put(feed="customers", key=["C-1"], values={"name": "Alfa"}, actor=None)
    send.assert_called_once()
    assert send.call_args.args == (FACTS_CHANGED,)
    assert send.call_args.kwargs["args"] == [made.change_set]

    with patch("portfolio.services.facts.current_app.send_task", side_effect=OSError("no broker")):
        facts_changed_send(1)
        fact_put(feed="customers", key=["C-2"], values={"name": "Beta"}, actor=None)
    assert Customer.objects.count() == 2


def test_writes_leave_no_temporary_tables_behind() -> None:
    fact_put(feed="customers", key=["C-1"], values={"name": "Alfa"}, actor=None)

    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'")
        assert cursor.fetchall() == []
