"""The registry of the 35 feeds: what the contract says about their columns, keys and rules.

`FEEDS` is in the order of the contract; `PARENTS_FIRST` in an order in which references point back.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from portfolio.declared import customers, delivery, flow, money, people
from portfolio.feed_types import Column, Feed, Rule

__all__ = ["FEEDS", "PARENTS_FIRST", "REFERRED", "Column", "Feed", "Rule"]

_ORDER: Final = (
    "portfolios",
    "projects",
    "customers",
    "services",
    "service_customers",
    "initiatives",
    "outcomes",
    "outcome_measurements",
    "contributions",
    "project_months",
    "status_reports",
    "milestones",
    "benefits",
    "work_items",
    "releases",
    "defects",
    "deployments",
    "people",
    "person_months",
    "capacity",
    "development_plans",
    "ideas",
    "survey_responses",
    "touchpoints",
    "reputation_signals",
    "contracts",
    "revenue_events",
    "ledger",
    "incidents",
    "incident_impacts",
    "standards",
    "standard_checks",
    "adoption",
    "fx_rates",
    "targets",
)
_declared: Final = {
    feed.name: feed for feed in (*delivery.FEEDS, *customers.FEEDS, *flow.FEEDS, *people.FEEDS, *money.FEEDS)
}

FEEDS: Final[Mapping[str, Feed]] = MappingProxyType({name: _declared[name] for name in _ORDER})
"""Every feed by its name."""

REFERRED: Final = frozenset(column.ref for feed in FEEDS.values() for column in feed.references)
"""Feeds that other rows refer to."""


def _parents_first() -> tuple[str, ...]:
    done: list[str] = []
    while len(done) < len(FEEDS):
        for feed in FEEDS.values():
            waits = {column.ref for column in feed.references} - {feed.name} - set(done)
            if feed.name not in done and not waits:
                done.append(feed.name)
    return tuple(done)


PARENTS_FIRST: Final = _parents_first()
"""Feed names such that every reference points to a feed before it (or to the feed itself)."""
