"""Reads of decisions inside the reader's rights: the list, one, and those that concern a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    FloatField,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.http import Http404
from django.utils import timezone

from metrics.models import Decision
from portfolio.models import Customer, Initiative, Portfolio, Project, Service
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
    """Decisions on scopes that a reader may see: what waits first, by due date, proposals by what is at stake."""
    rows = Decision.objects.all()
    if not visible_to.reads_all:
        inside = Q(pk__in=[])
        for kind in GRANTED_KINDS:
            codes = visible_to.codes_of(kind)
            if codes:
                inside |= Q(scope_kind=kind, scope__in=codes)
        rows = rows.filter(inside)
    place = Case(*(When(state=state, then=Value(n)) for n, state in enumerate(ORDER)), output_field=IntegerField())
    return rows.annotate(
        place=place, stake=_number("stake"), severity=_number("severity"), scope_name=_scope_name()
    ).order_by("place", "due_on", "-stake", "-severity", "-id")


NAMED: dict[str, type[Model]] = {
    "portfolio": Portfolio,
    "program": Portfolio,
    "project": Project,
    "customer": Customer,
    "initiative": Initiative,
    "service": Service,
}


def _scope_name() -> Coalesce:
    """The name of a decision's scope, blank for the enterprise and for what is gone."""
    live = Q(code=OuterRef("scope"), deleted_at=None)
    named = Case(
        *(
            When(scope_kind=kind, then=Subquery(model._default_manager.filter(live).values("name")[:1]))
            for kind, model in NAMED.items()
        ),
        output_field=CharField(),
    )
    return Coalesce(named, Value(""))


def _number(name: str) -> Coalesce:
    """A number that a proposal keeps of its signal, 0 where there is none."""
    return Coalesce(Cast(KT(f"signal__{name}"), FloatField()), Value(0.0))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many decisions wait, how many of them past their day, and the first of them."""

    count: int
    late: int
    first: tuple[Decision, ...]


def decisions_waiting(*, visible_to: Visibility, most: int) -> Waiting:
    """What waits for a decision anywhere inside the rights, first what to read first. Cost: one query."""
    rows = decisions_visible(visible_to=visible_to).filter(state__in=WAITING)
    passed = Count("id", filter=Q(due_on__lt=timezone.localdate()))
    found = list(rows.annotate(among=Window(Count("id")), passed=Window(passed))[:most])
    if not found:
        return Waiting(0, 0, ())
    return Waiting(found[0].among, found[0].passed, tuple(found))


def decisions_answered(*, visible_to: Visibility, most: int) -> Sequence[Decision]:
    """Those that were decided, done or declined, the newest answer first. Cost: one query."""
    rows = decisions_visible(visible_to=visible_to).exclude(state__in=WAITING)
    return list(rows.order_by(F("decided_at").desc(nulls_last=True), "-id")[:most])


def decision_get(pk: int, *, visible_to: Visibility) -> Decision:
    """One decision; Http404 outside the rights. Cost: one query."""
    decision = decisions_visible(visible_to=visible_to).filter(pk=pk).first()
    if decision is None:
        raise Http404(f"decision {pk}")
    return decision


def decisions_about(
    scope_kind: str, scope: str = "", *, visible_to: Visibility, metric: str = "", waiting: bool = True, most: int = 3
) -> Sequence[Decision]:
    """Decisions that concern a page: on its scope, or on one measure of it; those that wait. Cost: one query.

    A blank kind takes every scope inside the rights.
    """
    rows = decisions_visible(visible_to=visible_to)
    if scope_kind:
        rows = rows.filter(scope_kind=scope_kind, scope=scope)
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
