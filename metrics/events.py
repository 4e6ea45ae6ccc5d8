"""Dated events that a reader must know to read a line: launches, incidents, restatements, version breaks.

from metrics.events import events
events("project", "P-1", first=date(2025, 7, 1), last=date(2026, 7, 1), visible_to=visible, metric="cycle_time")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import CharField, Count, DateField, F, Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.utils.translation import gettext as _

from metrics.models import DefinitionVersion, Restatement, Run
from metrics.periods import Period
from portfolio.models import Contribution as Claim
from portfolio.models import Incident, Milestone, Project, Release, ServiceCustomer
from portfolio.rights import Visibility
from portfolio.selectors.visibility import visible_rows

Kind = Literal["launch", "incident", "restatement", "version"]
KINDS: Final[tuple[Kind, ...]] = ("launch", "incident", "restatement", "version")
MOST: Final = 12
"""So many events of a kind are told; of incidents the gravest, of the others the newest."""
NOTES: Final = 500


@dataclass(frozen=True, slots=True)
class Event:
    """One event: when, what kind, and a label; `feed` and `key` lead to its row where it has one.

    Of a restatement or version break `metric` and `component` say of which values; of others they are blank. The key
    of a restatement is its period, of a version break the new version.
    """

    on: date
    kind: Kind
    label: str
    feed: str = ""
    key: str = ""
    metric: str = ""
    component: str = ""


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

    Nothing outside the rights. Cost: one query.
    """
    asked = [] if metric is None else [(metric, component)]
    return events_of_many(
        scope_kind, scope, first=first, last=last, visible_to=visible_to, components=asked, kinds=kinds, most=most
    )


def events_of_many(
    scope_kind: str,
    scope: str,
    *,
    first: date,
    last: date,
    visible_to: Visibility,
    components: Sequence[tuple[str, str]] = (),
    kinds: tuple[Kind, ...] = KINDS,
    most: int = MOST,
) -> list[Event]:
    """As `events`, of several (metric, component) of one scope at once. Cost: one query."""
    if not visible_to.sees(scope_kind, scope) or first >= last:
        return []
    parts: list[QuerySet[Any, tuple[Any, ...]]] = []
    if "launch" in kinds:
        parts += _launches(scope_kind, scope, first, last, visible_to, most)
    if "incident" in kinds:
        parts += _incidents(scope_kind, scope, first, last, visible_to, most)
    if components and "restatement" in kinds:
        parts.append(_restated(scope_kind, scope, components))
    if components and "version" in kinds:
        parts.append(_versions({metric for metric, _name in components}))
    if not parts:
        return []
    rows = list(parts[0].union(*parts[1:], all=True)) if len(parts) > 1 else list(parts[0])
    found = [
        *_facts(rows),
        *_newest(_notes(rows, first, last, set(components)), most),
        *_breaks(rows, first, last),
    ]
    return sorted(found, key=lambda event: (event.on, event.kind, event.label))


def _newest(found: Iterable[Event], most: int) -> list[Event]:
    """The newest of each measure."""
    ordered = sorted(found, key=lambda event: event.on, reverse=True)
    seen: dict[tuple[str, str], int] = {}
    kept = []
    for event in ordered:
        name = (event.metric, event.component)
        seen[name] = seen.get(name, 0) + 1
        if seen[name] <= most:
            kept.append(event)
    return kept


def _row(rows: QuerySet[Any], kind: str, on: Any, *texts: Any) -> QuerySet[Any, tuple[Any, ...]]:
    """A part of the one query: kind, day, three texts."""
    named = {f"e_{place}": Cast(each, TextField()) for place, each in enumerate(texts)}
    rows = rows.annotate(
        e_kind=Value(kind, output_field=CharField()), e_on=Cast(on, DateField()) if on is not None else _NO_DAY, **named
    )
    return rows.values_list("e_kind", "e_on", *named)


_NO_DAY: Final = Value(None, output_field=DateField())
_BLANK: Final = Value("", output_field=TextField())


def _launches(
    kind: str, code: str, first: date, last: date, visible: Visibility, most: int
) -> list[QuerySet[Any, tuple[Any, ...]]]:
    """Releases that went out, and milestones that customers see and that were reached; the newest of both."""
    start, end = _instants(first, last)
    parts = []
    chosen = _of_scope(kind, code, "releases")
    if chosen is not None:
        out = Release.objects.filter(chosen, deleted_at=None, released_at__gte=start, released_at__lt=end)
        out = visible_rows(out, "releases", visible).order_by("-released_at", "code")[:most]
        parts.append(_row(out, "release", TruncDate("released_at", tzinfo=_zone()), F("code"), _BLANK, _BLANK))
    chosen = _of_scope(kind, code, "milestones")
    if chosen is not None:
        reached = Milestone.objects.filter(
            chosen, deleted_at=None, customer_facing=True, actual_on__gte=first, actual_on__lt=last
        )
        reached = visible_rows(reached, "milestones", visible).order_by("-actual_on", "code")[:most]
        parts.append(_row(reached, "milestone", F("actual_on"), F("project__code"), F("code"), F("name")))
    return parts


def _incidents(
    kind: str, code: str, first: date, last: date, visible: Visibility, most: int
) -> list[QuerySet[Any, tuple[Any, ...]]]:
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
    # Picked by id once more: grouped rows are no part of a union.
    picked = Incident.objects.filter(pk__in=gravest.values("pk"))
    return [_row(picked, "incident", TruncDate("started_at", tzinfo=_zone()), F("code"), _BLANK, _BLANK)]


def _restated(kind: str, code: str, components: Sequence[tuple[str, str]]) -> QuerySet[Any, tuple[Any, ...]]:
    """Periods of the lines that were restated. Values of teams are not asked for here: no page draws them."""
    inside = Q(pk__in=[])
    for metric, component in components:
        inside |= Q(component__metric=metric, component__component=component)
    rows = Restatement.objects.filter(
        inside, run__state=Run.State.PUBLISHED, scope__kind=kind, scope__code=code
    ).exclude(scope__kind="team")
    rows = rows.order_by("-id")[:NOTES]
    return _row(rows, "restatement", None, F("component__metric"), F("component__component"), F("period"))


def _versions(keys: set[str]) -> QuerySet[Any, tuple[Any, ...]]:
    """Every version of the metrics; the first of each is no break."""
    rows = DefinitionVersion.objects.filter(metric__in=sorted(keys))
    day = Coalesce("as_of", TruncDate("since", tzinfo=_zone()))
    return _row(rows, "version", day, F("metric"), F("version"), F("since"))


def _facts(rows: Iterable[tuple[Any, ...]]) -> Iterator[Event]:
    for kind, on, a, b, c in rows:
        if kind == "release":
            yield Event(on, "launch", _("Release %(code)s") % {"code": a}, "releases", a)
        elif kind == "milestone":
            yield Event(on, "launch", f"{a}: {c}", "milestones", f"{a}|{b}")
        elif kind == "incident":
            yield Event(on, "incident", _("Incident %(code)s") % {"code": a}, "incidents", a)


def _notes(rows: Iterable[tuple[Any, ...]], first: date, last: date, asked: set[tuple[str, str]]) -> Iterator[Event]:
    """Restated periods of each line, at their first day, once."""
    told: set[tuple[str, str, str]] = set()
    for kind, _on, metric, component, period in rows:
        note = (metric, component, period)
        if kind != "restatement" or note in told or note[:2] not in asked:
            continue
        told.add(note)
        start = Period.parse(period).start
        if first <= start < last:
            label = _("%(period)s restated") % {"period": period}
            yield Event(start, "restatement", label, key=period, metric=metric, component=component)


def _breaks(rows: Iterable[tuple[Any, ...]], first: date, last: date) -> Iterator[Event]:
    """Where a definition was changed."""
    known: set[str] = set()
    for kind, on, metric, version, _since in sorted((r for r in rows if r[0] == "version"), key=lambda r: (r[4], r[3])):
        if metric in known and first <= on < last:
            yield Event(on, kind, _("Definition %(version)s") % {"version": version}, key=version, metric=metric)
        known.add(metric)


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


BELOW: Final = """
WITH RECURSIVE below AS (
    SELECT id FROM portfolio_portfolios WHERE code = %s
    UNION SELECT p.id FROM portfolio_portfolios p JOIN below b ON p.parent_id = b.id
) SELECT id FROM below
"""


def _projects_below(code: str) -> QuerySet[Project, int]:
    """Projects of a portfolio or program and of all below it, as a subquery."""
    inside = Project.objects.filter(portfolio_id__in=RawSQL(BELOW, [code]), deleted_at=None)  # noqa: S611 - our text
    return inside.values_list("id", flat=True)


def _zone() -> ZoneInfo:
    return ZoneInfo(str(settings.EPMO_TIME_ZONE))


def _instants(first: date, last: date) -> tuple[datetime, datetime]:
    zone = _zone()
    return (
        datetime(first.year, first.month, first.day, tzinfo=zone),
        datetime(last.year, last.month, last.day, tzinfo=zone),
    )
