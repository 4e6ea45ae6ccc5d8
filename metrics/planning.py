"""What a run computes: everything, or only the groups and scopes that changed facts can reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from metrics import effects
from metrics.columns import ANCHORS
from metrics.effects import Atoms
from metrics.groups import (
    FIRST_DAYS,
    GROUPS,
    INDEX_GROUP,
    UNDATED,
    first_days,
    group_feeds,
    group_first,
    metric_feeds,
    reach,
)
from metrics.models import Run
from metrics.periods import Period
from metrics.registry import metrics
from portfolio.models import ChangeSet, Touched

WHOLE_FEEDS: Final = frozenset({*ANCHORS, "development_plans", "ideas", "fx_rates"})
"""A change of these can reach scopes that the changed rows do not name."""

WHOLE_GROUPS: Final = frozenset({"contribution"})
"""Outcome weights of all customers hang together."""

NO_SCOPES: Final = frozenset({"release", "deployment", "incident"})
"""Kinds of atom that are no scopes: what they reach beyond their row is listed beside them (effects.atoms_beyond)."""

SCOPE_LIMIT: Final = 2000
"""Above this many touched scopes the whole kind is computed."""


@dataclass(frozen=True)
class ChunkPlan:
    """One chunk: metrics, the scopes (database ids by kind; None for all), and its first day."""

    name: str
    keys: tuple[str, ...]
    scopes: dict[str, list[int]] | None
    first: str
    until: str = ""
    since: str = ""
    only_changed: bool = False
    """Of the index: only scopes whose headlines the run changed."""
    own_periods: bool = False
    """`since` and `until` are the months that changed rows reach: every period that holds one of them is computed, and
    only rows that count in these are read."""

    @classmethod
    def load(cls, raw: Mapping[str, Any]) -> ChunkPlan:
        return cls(**{**raw, "keys": tuple(raw["keys"])})

    def dump(self) -> dict[str, Any]:
        return asdict(self)


def today() -> date:
    """The as-of day of a run that names none: EPMO_AS_OF, else today in the enterprise zone."""
    if settings.EPMO_AS_OF:
        return settings.EPMO_AS_OF
    return datetime.now(ZoneInfo(str(settings.EPMO_TIME_ZONE))).date()


def basis() -> dict[str, Any]:
    """What all stored values rest on beside facts: a change of it makes every value stale."""
    return {
        "base_currency": settings.EPMO_BASE_CURRENCY,
        "zone": str(settings.EPMO_TIME_ZONE),
        "versions": {key: entry.version for key, entry in metrics().items()},
    }


def last_change() -> int:
    """Number of the newest committed change set, 0 without any."""
    return ChangeSet.objects.aggregate(last=Max("id"))["last"] or 0


def is_restricted(run: Run) -> bool:
    """Whether the run was asked for only some metrics, scopes or periods."""
    return bool(run.request)


def last_whole_run() -> Run | None:
    """The newest published run that left nothing out."""
    return Run.objects.filter(state=Run.State.PUBLISHED, request={}).order_by("-published_at", "-id").first()


def plan(run: Run) -> list[ChunkPlan]:
    """Chunks of a run whose as-of day and changes_upto are set; empty when nothing is stale.

    Notes the feeds' first days in the run's plan, so that the next one need not look for them.
    """
    last = last_whole_run()
    touched = Touched.objects.filter(
        change_set_id__gt=last.changes_upto if last is not None else 0, change_set_id__lte=run.changes_upto
    )
    days = _days(run, last, touched)
    run.plan["first_days"] = {feed: day.isoformat() for feed, day in days.items()}
    firsts = {group: group_first(group, days) for group in GROUPS}
    if is_restricted(run):
        return _restricted(run, firsts)
    if run.is_full or last is None or last.plan.get("basis") != basis() or _as_of_moved(run, last):
        return _whole(firsts)
    found: dict[str, set[tuple[str, int | None]]] = {}
    for feed, kind, atom in touched.values_list("feed", "kind", "atom").distinct():
        found.setdefault(feed, set()).add((kind, atom))
    noted = {feed: date.fromisoformat(day) for feed, day in last.plan.get("first_days", {}).items()}
    moved = {group for group in GROUPS if firsts[group] != group_first(group, noted)}
    return _incremental(found, firsts, _months(touched), moved, (last.changes_upto, run.changes_upto))


def _months(touched: QuerySet[Touched]) -> dict[str, tuple[date, date]]:
    """First and last month of what was touched, by feed. Cost: one query."""
    months = touched.values_list("feed").annotate(first=Min("month_from"), last=Max("month_to"))
    return {feed: (first, last) for feed, first, last in months if first is not None and last is not None}


def _days(run: Run, last: Run | None, touched: QuerySet[Touched]) -> dict[str, date]:
    """First day of each feed: those of the last run, looked up again where touched rows can have moved them."""
    zone = str(settings.EPMO_TIME_ZONE)
    noted = last.plan.get("first_days") if last is not None else None
    if noted is None or run.is_full or last is None or last.plan["basis"]["zone"] != zone:
        return first_days(zone)
    days = {feed: date.fromisoformat(day) for feed, day in noted.items()}
    again = {
        feed
        for feed, first in touched.values_list("feed").annotate(first=Min("month_from"))
        if feed in FIRST_DAYS and (feed not in days or (first is not None and first <= days[feed] + timedelta(31)))
    }
    return {feed: day for feed, day in days.items() if feed not in again} | first_days(zone, again)


def _as_of_moved(run: Run, last: Run) -> bool:
    if run.as_of != last.as_of:
        return True
    later = Run.objects.filter(state=Run.State.PUBLISHED, published_at__gt=last.published_at).exclude(request={})
    return later.exclude(as_of=run.as_of).exists()


def _whole(firsts: Mapping[str, date | None]) -> list[ChunkPlan]:
    chunks = [
        ChunkPlan(group, keys, None, first.isoformat())
        for group, keys in GROUPS.items()
        # A group without facts still runs where values of it are stored: they must go.
        for first in [firsts[group] or today()]
    ]
    return [*chunks, ChunkPlan(INDEX_GROUP, (), None, "")]


def _incremental(
    touched: Mapping[str, Atoms],
    firsts: Mapping[str, date | None],
    months: Mapping[str, tuple[date, date]],
    moved: set[str],
    change_sets: tuple[int, int],
) -> list[ChunkPlan]:
    """Groups that touched feeds reach; in those in `moved` the first day is another one now.

    Undated rows make such a group count from that day on, so it is computed whole; of the others all periods are.
    """
    chunks: list[ChunkPlan] = []
    gone = effects.came_or_went(effects.REFERRED & set(touched), change_sets)
    for group, keys in GROUPS.items():
        direct = group_feeds(group)
        reached = reach(direct) - (effects.REFERRED - direct - gone)
        mine = {feed: atoms for feed, atoms in touched.items() if feed in reached}
        anew = group in moved & UNDATED
        if not mine and not anew:
            continue
        scopes: dict[str, set[int]] | None = None
        if group not in WHOLE_GROUPS and not anew and not (WHOLE_FEEDS - effects.REFERRED | gone) & set(mine):
            atoms = {atom for atoms in mine.values() for atom in atoms} | effects.atoms_beyond(mine)
            scopes = touched_scopes(atoms)
        first = firsts[group] or timezone.now().date()
        listed = None if scopes is None else {kind: sorted(ids) for kind, ids in scopes.items()}
        stale = tuple(key for key in keys if anew or reach(metric_feeds(key)) & set(mine))
        window = None if listed is None or group in moved else effects.window(group, mine, months, change_sets)
        since, until = ("", "") if window is None else window.codes()
        chunks.append(ChunkPlan(group, stale, listed, first.isoformat(), until, since, own_periods=bool(since)))
    if chunks:
        chunks.append(ChunkPlan(INDEX_GROUP, (), None, "", only_changed=True))
    return chunks


def touched_scopes(atoms: Iterable[tuple[str, int | None]]) -> dict[str, set[int]] | None:
    """Scopes whose rows changed, and all above them; None when that cannot be said or is too many.

    Cost: three small queries.
    """
    by_kind: dict[str, set[int]] = {}
    for kind, atom in atoms:
        if kind == "feed":  # the months of all rows of the feed; their atoms are listed beside it
            continue
        if kind == "all" or atom is None:
            return None
        by_kind.setdefault(kind, set()).add(atom)
    if set(by_kind) - {"project", "customer", "service", "team", "person", "standard", *NO_SCOPES}:
        return None
    if sum(map(len, by_kind.values())) > SCOPE_LIMIT:
        return None
    scopes: dict[str, set[int]] = {
        "enterprise": {0},
        "project": by_kind.get("project", set()),
        "customer": by_kind.get("customer", set()),
        "service": by_kind.get("service", set()),
        "team": set(by_kind.get("team", set())),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE up AS (SELECT portfolio_id AS id FROM portfolio_projects WHERE id = ANY(%s) UNION "
            "SELECT p.parent_id FROM portfolio_portfolios p JOIN up ON p.id = up.id) "
            "SELECT id FROM up WHERE id IS NOT NULL",
            [sorted(scopes["project"])],
        )
        above = {row[0] for row in cursor.fetchall()}
        scopes["portfolio"], scopes["program"] = above, above
        cursor.execute(
            "SELECT team_id FROM portfolio_people WHERE id = ANY(%s) "
            "UNION SELECT team_id FROM portfolio_services WHERE id = ANY(%s) AND team_id IS NOT NULL",
            [sorted(by_kind.get("person", set())), sorted(scopes["service"])],
        )
        scopes["team"] |= {row[0] for row in cursor.fetchall()}
    return scopes


def _restricted(run: Run, firsts: Mapping[str, date | None]) -> list[ChunkPlan]:
    asked = set(run.request.get("metrics") or metrics())
    scopes = run.request.get("scopes") or None
    since, until = run.request.get("from", ""), run.request.get("to", "")
    chunks = []
    for group, keys in GROUPS.items():
        wanted = tuple(key for key in keys if key in asked)
        if wanted:
            first = firsts[group] or timezone.now().date()
            if since:
                first = max(first, Period.parse(since).start)
            chunks.append(ChunkPlan(group, wanted, scopes, first.isoformat(), until=until, since=since))
    index_scopes = scopes or None
    return [*chunks, ChunkPlan(INDEX_GROUP, (), index_scopes, "")]
