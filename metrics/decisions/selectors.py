"""Reads of decisions inside the reader's rights: the list, one, and those that concern a page."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import Http404

from metrics.models import Decision
from portfolio.rights import GRANTED_KINDS, Visibility

ORDER = (
    Decision.State.OPEN,
    Decision.State.PROPOSED,
    Decision.State.DECIDED,
    Decision.State.DONE,
    Decision.State.DECLINED,
)
WAITING = (Decision.State.OPEN, Decision.State.PROPOSED)


def decisions_visible(*, visible_to: Visibility) -> QuerySet[Decision]:
    """Decisions on scopes that a reader may see, what waits first, by due date."""
    rows = Decision.objects.all()
    if not visible_to.reads_all:
        inside = Q(pk__in=[])
        for kind in GRANTED_KINDS:
            codes = visible_to.codes_of(kind)
            if codes:
                inside |= Q(scope_kind=kind, scope__in=codes)
        rows = rows.filter(inside)
    place = Case(*(When(state=state, then=Value(n)) for n, state in enumerate(ORDER)), output_field=IntegerField())
    return rows.annotate(place=place).order_by("place", "due_on", "-id")


def decision_get(pk: int, *, visible_to: Visibility) -> Decision:
    """One decision; Http404 outside the rights. Cost: one query."""
    decision = decisions_visible(visible_to=visible_to).filter(pk=pk).first()
    if decision is None:
        raise Http404(f"decision {pk}")
    return decision


def decisions_about(
    scope_kind: str, scope: str = "", *, visible_to: Visibility, metric: str = "", waiting: bool = True, most: int = 3
) -> Sequence[Decision]:
    """Decisions that concern a page: on its scope, or on one measure of it; those that wait. Cost: one query."""
    rows = decisions_visible(visible_to=visible_to).filter(scope_kind=scope_kind, scope=scope)
    if metric:
        rows = rows.filter(metric=metric)
    if waiting:
        rows = rows.filter(state__in=WAITING)
    return list(rows[:most])


def decisions_touching(
    scopes: Sequence[tuple[str, str]], *, visible_to: Visibility, most: int = 5
) -> Sequence[Decision]:
    """Decisions that wait on any of several scopes, kind and code each. Cost: one query."""
    inside = Q(pk__in=[])
    for kind, code in scopes:
        inside |= Q(scope_kind=kind, scope=code)
    return list(decisions_visible(visible_to=visible_to).filter(inside, state__in=WAITING)[:most])
