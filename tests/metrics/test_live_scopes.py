"""Scopes a batch at a time are the scopes at once: in order, live, inside the rights; and pages of values over them."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics import storage
from metrics.live_scopes import Batches, live_batches, live_scopes
from metrics.periods import Period
from metrics.selectors import ValueQuery, values
from portfolio.models import Customer
from portfolio.rights import EVERYTHING, Role
from tests.metrics.written import compute, deliver

CODES = [*(f"C{k:03d}" for k in range(150)), "c1", "Å-1", "é", "Z"]
GRANTED = replace(EVERYTHING, role=Role.VIEWER, codes={"customer": frozenset(CODES[20:120])})


@pytest.fixture
def customers(db: None, tmp_path: Path) -> None:
    """154 customers, of whom all of the third batch of 25 and some others are removed."""
    deliver(tmp_path / "facts", customers=[{"code": code} for code in CODES])
    storage.scopes_ensure()
    Customer.objects.filter(code__in=[*CODES[50:75], *CODES[::7]]).update(deleted_at="2026-01-01T00:00:00Z")


@pytest.mark.parametrize("visible", [EVERYTHING, GRANTED])
@pytest.mark.parametrize("asked", [None, tuple(CODES[10:90])])
def test_batches_joined_are_all_scopes(customers: Any, visible: Any, asked: tuple[str, ...] | None) -> None:
    whole = live_scopes("customer", visible, asked)

    batches = list(live_batches("customer", visible, asked, at_most=25))

    assert [code for batch in batches for code in batch.codes] == list(whole.codes)
    assert [key for batch in batches for key in batch.ids.tolist()] == whole.ids.tolist()
    assert [batch.is_last for batch in batches] == [False] * (len(batches) - 1) + [True]
    assert whole.codes


def test_batches_begin_with_the_code_asked_for(customers: Any) -> None:
    whole = live_scopes("customer", EVERYTHING, None).codes

    for since in (whole[0], whole[60], "Z", "Å-1", "zzz"):
        found = [
            code for batch in live_batches("customer", EVERYTHING, None, since=since, at_most=7) for code in batch.codes
        ]
        assert found == [code for code in whole if code.encode() >= since.encode()]


def test_batches_are_read_once_and_only_as_far_as_somebody_goes(customers: Any, django_assert_num_queries: Any) -> None:
    batches = Batches(live_batches("customer", EVERYTHING, None, at_most=25))

    with django_assert_num_queries(2):
        first = [batch.codes for batch in islice(batches, 2)]
        assert [batch.codes for batch in islice(batches, 2)] == first


def test_a_batch_comes_in_order_out_of_an_index(customers: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        next(live_batches("customer", EVERYTHING, None, at_most=7))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "metrics_scope_bytes" in plan


def test_pages_of_values_over_many_scopes_are_the_values_at_once(customers: Any, tmp_path: Path) -> None:
    deliver(
        tmp_path / "facts",
        touchpoints=[
            {"customer": code, "kind": "review", "due_on": f"2026-0{month}-03", "held_on": f"2026-0{month}-03"}
            for code in CODES
            for month in (1, 2, 4)
            if code not in {*CODES[50:75], *CODES[::7]}
        ],
    )
    compute(metrics=["touchpoint_adherence"])
    for periods in ((Period.parse("2026-01"),), (Period.parse("2026-01"), Period.parse("2026-Q1"))):
        query = ValueQuery(("touchpoint_adherence",), scope_kinds=("enterprise", "customer"), periods=periods)
        whole = list(values(query, visible_to=EVERYTHING))
        assert len(whole) > 60 * len(periods)
        paged: list[Any] = []
        while page := list(islice(values(query, visible_to=EVERYTHING, after=key(paged), wanted=11), 11)):
            paged += page
        assert paged == whole


def key(paged: list[Any]) -> Any:
    """The key to resume behind, None at the beginning."""
    if not paged:
        return None
    last = paged[-1]
    return last.metric, last.component, last.scope_kind, last.scope, last.period
