"""A file may be left out: without any one of the feeds that others refer to, every metric still has its records."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from metrics.engine import compute
from metrics.frame import Frame
from metrics.periods import Calendar
from metrics.registry import metrics
from metrics.scopes import Scopes
from portfolio.feeds import FEEDS, REFERRED
from tests.metrics.builders import FakeFacts
from tests.metrics.random_company import FIRST, Rows, random_rows

SEED = 4


def without(rows: dict[str, Rows], feed: str) -> dict[str, Rows]:
    """The company without a feed: rows that must name a row of it go too, others name none."""
    left = {name: [dict(row) for row in given] for name, given in rows.items() if name != feed}
    gone = {feed}
    while gone:
        lost = gone.pop()
        for name in list(left):
            for column in FEEDS[name].references:
                if column.ref == lost and column.required:
                    gone.add(name)
                    del left[name]
                    break
                if column.ref == lost:
                    left[name] = [{**row, column.name: ""} for row in left[name]]
    return left


@pytest.mark.parametrize("feed", sorted(REFERRED))
def test_every_metric_is_computed_without_the_feed(feed: str) -> None:
    facts = FakeFacts(without(random_rows(SEED), feed))
    frame = Frame(facts, Calendar(FIRST, date(2026, 7, 10), ZoneInfo("UTC")).grain("quarter"), Scopes(facts), "EUR")

    found = {block.metric.key for block in compute([frame], list(metrics()))}

    assert found == set(metrics())
