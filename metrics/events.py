"""Dated events that a reader must know to read a line: launches, incidents, restatements, version breaks.

from metrics.events import events
events("project", "P-1", first=date(2025, 7, 1), last=date(2026, 7, 1), visible_to=visible, metric="cycle_time")
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from metrics.periods import Period
from metrics.restatements import restatements
from metrics.versions import version_breaks
from portfolio.models import Contribution as Claim
from portfolio.models import Incident, Milestone, Portfolio, Project, Release, ServiceCustomer
from portfolio.rights import Visibility
from portfolio.selectors.visibility import visible_rows

Kind = Literal["launch", "incident", "restatement", "version"]
KINDS: Final[tuple[Kind, ...]] = ("launch", "incident", "restatement", "version")
MOST: Final = 12
"""So many events of a kind are told; of incidents the gravest, of the others the newest."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: when, what kind, and a label; `feed` and `key` lead to its row where it has one."""

    on: date
    kind: Kind
    label: str
    feed: str = ""
    key: str = ""


def events(
    scope_kind: str,
    scope: str,
    *,
    first: date,
    last: date,
    visible_to: Visibility,
    metric: str | None = None,
    component: str = "",
    kinds: tuple[Kind, ...] = KINDS,
    most: int = MOST,
) -> list[Event]:
    """Events of a scope from `first` up to (not on) `last`, in time; with a metric also what happened to its values.

    Nothing outside the rights. Cost: up to eight queries.
    """
    if not visible_to.sees(scope_kind, scope):
        return []
    found: list[Event] = []
    if "launch" in kinds:
        found += _newest(_launches(scope_kind, scope, first, last, visible_to), most)
    if "incident" in kinds:
        found += _incidents(scope_kind, scope, first, last, visible_to, most)
    if metric is not None and "restatement" in kinds:
        found += _newest(_restated(scope_kind, scope, metric, component, first, last, visible_to), most)
    if metric is not None and "version" in kinds:
        found += [
            Event(each.on, "version", _("Definition %(version)s") % {"version": each.version})
            for each in version_breaks([metric])
            if first <= each.on < last
        ]
    return sorted(found, key=lambda event: (event.on, event.kind, event.label))


def _newest(found: Iterator[Event], most: int) -> list[Event]:
    return sorted(found, key=lambda event: event.on)[-most:]


def _launches(kind: str, code: str, first: date, last: date, visible: Visibility) -> Iterator[Event]:
    """Releases that went out, and milestones that customers see and that were reached."""
    start, end = _instants(first, last)
    out = Release.objects.filter(deleted_at=None, released_at__gte=start, released_at__lt=end)
    chosen = _of_scope(kind, code, "releases")
    if chosen is not None:
        for name, at in visible_rows(out.filter(chosen), "releases", visible).values_list("code", "released_at"):
            yield Event(_day(at), "launch", _("Release %(code)s") % {"code": name}, "releases", name)
    reached = Milestone.objects.filter(deleted_at=None, customer_facing=True, actual_on__gte=first, actual_on__lt=last)
    chosen = _of_scope(kind, code, "milestones")
    if chosen is not None:
        rows = visible_rows(reached.filter(chosen), "milestones", visible)
        for project, name, title, on in rows.values_list("project__code", "code", "name", "actual_on"):
            if on is not None:
                yield Event(on, "launch", f"{project}: {title}", "milestones", f"{project}|{name}")


def _incidents(kind: str, code: str, first: date, last: date, visible: Visibility, most: int) -> list[Event]:
    """The gravest unplanned incidents: by severity (1 first), then by how many customers were hit, then by length."""
    chosen = _of_scope(kind, code, "incidents")
    if chosen is None:
        return []
    start, end = _instants(first, last)
    rows: QuerySet[Incident] = Incident.objects.filter(
        chosen, deleted_at=None, planned=False, started_at__gte=start, started_at__lt=end
    )
    rows = visible_rows(rows, "incidents", visible)
    length = (F("restored_at") - F("started_at")).desc(nulls_first=True)
    hit = Count("incidentimpact", filter=Q(incidentimpact__deleted_at=None), distinct=True)
    gravest = rows.annotate(hit=hit).order_by(F("severity").asc(nulls_last=True), "-hit", length, "code")[:most]
    return [
        Event(_day(row.started_at), "incident", _("Incident %(code)s") % {"code": row.code}, "incidents", row.code)
        for row in gravest
    ]


def _restated(
    kind: str, code: str, metric: str, component: str, first: date, last: date, visible: Visibility
) -> Iterator[Event]:
    """Restated periods of the line, at their first day; the newest note of each."""
    told: set[str] = set()
    for note in restatements(
        visible_to=visible, metric=metric, component=component, scope_kind=kind, scope=code, most=500
    ):
        start = Period.parse(note.period).start
        if note.period not in told and first <= start < last:
            told.add(note.period)
            yield Event(start, "restatement", _("%(period)s restated") % {"period": note.period})


def _of_scope(kind: str, code: str, feed: str) -> Q | None:
    """Which rows of a feed belong to a scope; None when none ever do."""
    if kind == "enterprise":
        return Q()
    if kind in ("portfolio", "program"):
        return None if feed == "incidents" else Q(project_id__in=_projects_below(code))
    if kind == "project":
        return None if feed == "incidents" else Q(project__code=code)
    if kind in ("customer", "initiative"):
        return _of_customer(kind, code, feed)
    if feed == "milestones":
        return None
    return Q(service__code=code) if kind == "service" else Q(service__team__name=code)


def _of_customer(kind: str, code: str, feed: str) -> Q | None:
    """Of a customer: what hit it, releases of services that it is served with, milestones of projects that claim."""
    if feed == "incidents":
        return Q(pk__in=_hit(code)) if kind == "customer" else None
    if feed == "releases":
        served = ServiceCustomer.objects.filter(deleted_at=None, customer__code=code).values("service_id")
        return Q(service_id__in=served) if kind == "customer" else None
    claims = Claim.objects.filter(deleted_at=None)
    if kind == "customer":
        claims = claims.filter(outcome__initiative__customer__code=code)
    else:
        claims = claims.filter(outcome__initiative__code=code)
    return Q(project_id__in=claims.values("project_id"))


def _hit(code: str) -> QuerySet[Incident, int]:
    found = Incident.objects.filter(incidentimpact__customer__code=code, incidentimpact__deleted_at=None)
    return found.values_list("pk", flat=True)


def _projects_below(code: str) -> QuerySet[Project, int]:
    """Projects of a portfolio or program and of all below it. Cost: one query for the tree."""
    tree = list(Portfolio.objects.values_list("id", "parent_id", "code"))
    below = {pk for pk, _, name in tree if name == code}
    while more := {pk for pk, above, _ in tree if above in below and pk not in below}:
        below |= more
    return Project.objects.filter(deleted_at=None, portfolio_id__in=below).values_list("id", flat=True)


def _zone() -> ZoneInfo:
    return ZoneInfo(str(settings.EPMO_TIME_ZONE))


def _instants(first: date, last: date) -> tuple[datetime, datetime]:
    zone = _zone()
    return (
        datetime(first.year, first.month, first.day, tzinfo=zone),
        datetime(last.year, last.month, last.day, tzinfo=zone),
    )


def _day(at: datetime | None) -> date:
    assert at is not None  # the rows were chosen by it
    return at.astimezone(_zone()).date()
