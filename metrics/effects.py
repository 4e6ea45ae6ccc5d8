"""What a change of rows can change: the periods, the scopes, and the rows that must be read to compute these.

Every answer may be wider than need be, never narrower: what a run leaves out stays as it is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.conf import settings
from django.db import connection

from metrics.periods import Period
from portfolio.models import Change

Atoms = set[tuple[str, int | None]]
"""Kind and database id of what changed rows name."""

AHEAD: Final[Mapping[str, Mapping[str, int | None]]] = {
    "hours": {"person_months": 0, "capacity": 0},
    "surveys": {"survey_responses": 0},
    "ledger": {"ledger": 12},
    "defects": {"defects": None, "releases": None},
    "incidents": {"incidents": 0, "incident_impacts": 0, "revenue_events": None},
}
"""By group and feed: for how many months after its last day a row counts; None for ever. A row of a feed that is not
listed can count in any period."""

BACK: Final[Mapping[str, Mapping[str, int]]] = {
    "hours": {"person_months": 0, "capacity": 0},
    "surveys": {"survey_responses": 0},
    "ledger": {"ledger": 12},
    "incidents": {"incident_impacts": 0},
}
"""By group and feed: how many months before a period a row can lie that counts in it. Of other feeds all are read."""

REFERRED: Final = frozenset({"deployments", "incidents", "releases"})
"""Feeds that others refer to and that are no scopes: of a changed row only those that name its feed know anything."""


@dataclass(frozen=True, slots=True)
class Window:
    """Months from `since` to `until` (included); None for all from then on."""

    since: Period
    until: Period | None

    def codes(self) -> tuple[str, str]:
        """First and last month, the last one blank when there is none."""
        return self.since.code, "" if self.until is None else self.until.code


def window(
    group: str,
    touched: Mapping[str, Atoms],
    months: Mapping[str, tuple[date, date]],
    change_sets: tuple[int, int],
) -> Window | None:
    """Months in which the touched rows can count; None where that is any.

    `months` are the first and last month of the touched rows by feed, `change_sets` the last one seen and the last
    one. Cost: up to three small queries.
    """
    ahead = AHEAD.get(group, {})
    if not set(touched) <= set(ahead):
        return None
    spans: list[tuple[date, date | None]] = []
    for feed in touched:
        if feed in months:
            first, last = months[feed]
            spans.append((first, last))
        elif feed != "incident_impacts":
            return None
    incidents = _ids(touched, "incident")
    if incidents:
        spans.append(_incident_span(incidents, change_sets))
    went_out = _release_month(_ids(touched, "release"))
    if went_out is not None:
        spans.append((went_out, went_out))
    if not spans:
        return None
    reach = [ahead[feed] for feed in touched]
    since = Period.containing("month", min(first for first, _ in spans))
    ends = [last for _, last in spans]
    if None in ends or None in reach:
        return Window(since, None)
    until = Period.containing("month", max(last for last in ends if last is not None))
    return Window(since, until.shift(max(months for months in reach if months is not None)))


def row_windows(group: str, since: date, until: date) -> dict[str, tuple[date, date]]:
    """Days [first, last) by feed: other rows count in no period that lies within [since, until)."""
    windows = {}
    for feed, back in BACK.get(group, {}).items():
        first = since if since == date.min else Period.containing("month", since).shift(-back).start
        windows[feed] = (first, until)
    return windows


def came_or_went(feeds: Iterable[str], change_sets: tuple[int, int]) -> set[str]:
    """Feeds of which rows were removed or brought back: rows that refer to these came or went too. Cost: one query."""
    wanted = sorted(feeds)
    if not wanted:
        return set()
    changes = Change.objects.filter(
        change_set_id__gt=change_sets[0],
        change_set_id__lte=change_sets[1],
        feed__in=wanted,
        action__in=(Change.Action.REMOVE, Change.Action.REVIVE),
    )
    return set(changes.values_list("feed", flat=True).distinct())


def atoms_beyond(touched: Mapping[str, Atoms]) -> Atoms:
    """Scopes that changed rows reach though they do not name them. Cost: up to three queries.

    An incident counts for the customers and the service that it hit, a release for the projects and services of its
    defects, a customer's revenue for the services that the customer has or had.
    """
    found: Atoms = set()
    incidents = _ids(touched, "incident")
    if incidents:
        found |= _atoms(
            "SELECT 'customer', customer_id FROM portfolio_incident_impacts WHERE incident_id = ANY(%(ids)s) "
            "UNION SELECT 'service', service_id FROM portfolio_incidents WHERE id = ANY(%(ids)s)",
            incidents,
        )
    paying = _ids({"revenue_events": touched.get("revenue_events", set())}, "customer")
    if paying:
        found |= _atoms(
            "SELECT 'service', service_id FROM portfolio_service_customers WHERE customer_id = ANY(%(ids)s)", paying
        )
    releases = _ids({"releases": touched.get("releases", set())}, "release")
    if releases:
        found |= _atoms(
            "WITH mine AS (SELECT project_id, service_id FROM portfolio_defects "
            "WHERE release_id = ANY(%(ids)s) OR introduced_release_id = ANY(%(ids)s)) "
            "SELECT 'project', project_id FROM mine UNION SELECT 'service', service_id FROM mine",
            releases,
        )
    return found


def _ids(touched: Mapping[str, Atoms], kind: str) -> list[int]:
    return sorted({atom for atoms in touched.values() for name, atom in atoms if name == kind and atom is not None})


def _atoms(select: str, ids: list[int]) -> Atoms:
    return {(kind, atom) for kind, atom in _rows(select, {"ids": ids}) if atom is not None}


def _incident_span(incidents: list[int], change_sets: tuple[int, int]) -> tuple[date, date | None]:
    """Months that the incidents and their impacts span; no last one where one has no end, or had none before."""
    ((first, last, is_open),) = _rows(
        "SELECT date_trunc('month', least(min(i.started_at), min(m.started_at)) AT TIME ZONE %(zone)s)::date, "
        "date_trunc('month', greatest(max(i.restored_at), max(m.ended_at)) AT TIME ZONE %(zone)s)::date, "
        "bool_or(i.restored_at IS NULL) FROM portfolio_incidents i "
        "LEFT JOIN portfolio_incident_impacts m ON m.incident_id = i.id WHERE i.id = ANY(%(ids)s)",
        {"ids": incidents, "zone": str(settings.EPMO_TIME_ZONE)},
    )
    before = Change.objects.filter(
        change_set_id__gt=change_sets[0], change_set_id__lte=change_sets[1], feed="incidents", before__restored_at=None
    )
    return first, None if is_open or before.exists() else last


def _release_month(releases: list[int]) -> date | None:
    """Month in which the first of the releases went out, None where none did."""
    if not releases:
        return None
    ((month,),) = _rows(
        "SELECT date_trunc('month', min(released_at) AT TIME ZONE %(zone)s)::date FROM portfolio_releases "
        "WHERE id = ANY(%(ids)s)",
        {"ids": releases, "zone": str(settings.EPMO_TIME_ZONE)},
    )
    return month


def _rows(select: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(select, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
