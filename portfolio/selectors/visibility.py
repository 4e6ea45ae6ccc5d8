"""What one reader may see: the rights of a user or token, and the rows of each feed inside them.

`visibility_for(request)` is what pages and API views call; `portfolio.rights` explains the whole.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest

from portfolio.feed_types import Feed
from portfolio.models import IncidentImpact, Profile, Token
from portfolio.rights import GRANTED_KINDS, NOBODY, Role, TokenScope, Visibility, lower_role

M = TypeVar("M", bound=Model)

# Kinds, ids and codes that the grants of one user open, live rows only. UNION (not ALL) ends at a cycle.
GRANTED_SQL = """
WITH RECURSIVE tree AS (
    SELECT p.id, p.code, p.kind FROM portfolio_portfolios p
      JOIN portfolio_grant g ON g.portfolio_id = p.id AND g.user_id = %(user)s
     WHERE p.deleted_at IS NULL
    UNION
    SELECT p.id, p.code, p.kind FROM portfolio_portfolios p JOIN tree ON p.parent_id = tree.id
     WHERE p.deleted_at IS NULL
), customer AS (
    SELECT c.id, c.code FROM portfolio_customers c
      JOIN portfolio_grant g ON g.customer_id = c.id AND g.user_id = %(user)s
     WHERE c.deleted_at IS NULL
), initiative AS (
    SELECT i.id, i.code FROM portfolio_initiatives i JOIN customer ON i.customer_id = customer.id
     WHERE i.deleted_at IS NULL
)
SELECT tree.kind, tree.id, tree.code FROM tree
UNION ALL
SELECT 'project', p.id, p.code FROM portfolio_projects p JOIN tree ON p.portfolio_id = tree.id
 WHERE p.deleted_at IS NULL
UNION ALL
SELECT 'customer', customer.id, customer.code FROM customer
UNION ALL
SELECT 'initiative', initiative.id, initiative.code FROM initiative
UNION ALL
SELECT 'outcome', o.id, o.code FROM portfolio_outcomes o JOIN initiative ON o.initiative_id = initiative.id
 WHERE o.deleted_at IS NULL
"""

# Rows about persons: counts only, but for roles that edit facts.
PEOPLE_FEEDS = frozenset({"people", "person_months", "capacity", "development_plans"})
# Columns that name a person by pseudonym.
PRIVATE_COLUMNS: Mapping[str, frozenset[str]] = {"survey_responses": frozenset({"respondent"})}
# Rows that belong to the project they name.
PROJECT_FEEDS = frozenset(
    {"project_months", "status_reports", "milestones", "benefits", "work_items", "releases", "defects"}
)
# Rows that belong to the customer they name.
CUSTOMER_FEEDS = frozenset(
    {"initiatives", "touchpoints", "contracts", "revenue_events", "incident_impacts", "adoption"}
)
# Rows that belong to the customer they name and, where they name none, to their project.
OWNER_FEEDS = frozenset({"survey_responses", "ledger", "standard_checks"})
OTHER_FEEDS = frozenset(
    {"portfolios", "projects", "customers", "outcomes", "outcome_measurements", "contributions", "incidents", "targets"}
)
GRANTED_FEEDS = PROJECT_FEEDS | CUSTOMER_FEEDS | OWNER_FEEDS | OTHER_FEEDS


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role:
    """The role of a user: one query. A superuser is an administrator, a user without a profile a viewer."""
    if not user.is_authenticated or not user.is_active:
        return Role.VIEWER
    if getattr(user, "is_superuser", False):
        return Role.ADMINISTRATOR
    role = Profile.objects.filter(user_id=user.pk).values_list("role", flat=True).first()
    return Role(role or Role.VIEWER)


def visibility_of(user: AbstractBaseUser | AnonymousUser, *, token: Token | None = None) -> Visibility:
    """What a user, or one of the user's tokens, may see: two queries at most.

    A token never reaches above its owner's role as it is now.
    """
    if not user.is_authenticated or not user.is_active:
        return NOBODY
    role, scope = role_of(user), TokenScope.WRITE
    if token is not None:
        role, scope = lower_role(role, Role(token.role)), TokenScope(token.scope)
    if role.reads_all:
        return Visibility(user_id=user.pk, role=role, scope=scope)
    ids, codes = granted(user.pk)
    return Visibility(user_id=user.pk, role=role, scope=scope, ids=ids, codes=codes)


def visibility_for(request: HttpRequest) -> Visibility:
    """What the sender of a request may see, computed once per request; tokens of the API among them."""
    inner: Any = getattr(request, "_request", request)
    token = getattr(request, "auth", None)
    held = getattr(inner, "_visibility", None)
    if held is None or held.user_id != request.user.pk:
        held = visibility_of(request.user, token=token if isinstance(token, Token) else None)
        inner._visibility = held
    return held


def granted(user_id: int) -> tuple[dict[str, frozenset[int]], dict[str, frozenset[str]]]:
    """Ids and codes by kind that a user's grants open: one query."""
    ids: dict[str, set[int]] = {}
    codes: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(GRANTED_SQL, {"user": user_id})
        for kind, pk, code in cursor.fetchall():
            ids.setdefault("portfolio" if kind == "program" else kind, set()).add(pk)
            codes.setdefault(kind, set()).add(code)
    return {kind: frozenset(found) for kind, found in ids.items()}, {
        kind: frozenset(found) for kind, found in codes.items()
    }


def feed_is_open(feed: str, visible: Visibility) -> bool:
    """Whether a reader can see rows of the feed at all; if not, the feed answers 404."""
    if feed in PEOPLE_FEEDS:
        return visible.reads_people
    return visible.reads_all or (visible.active and feed in GRANTED_FEEDS)


def visible_rows(rows: QuerySet[M], feed: str, visible: Visibility) -> QuerySet[M]:
    """The rows of a feed inside the rights."""
    if not feed_is_open(feed, visible):
        return rows.none()
    if feed == "survey_responses" and not visible.reads_people:
        rows = rows.exclude(audience="employee").exclude(kind="enps")
    if visible.reads_all:
        return rows
    return rows.filter(inside(feed, visible))


def inside(feed: str, visible: Visibility) -> Q:
    """The condition under which a row of a feed lies inside grants."""
    projects, customers = visible.ids_of("project"), visible.ids_of("customer")
    if feed in PROJECT_FEEDS:
        return Q(project_id__in=projects)
    if feed in CUSTOMER_FEEDS:
        return Q(customer_id__in=customers)
    if feed in OWNER_FEEDS:
        return Q(customer_id__in=customers) | Q(customer_id__isnull=True, project_id__in=projects)
    return {
        "portfolios": lambda: Q(pk__in=visible.ids_of("portfolio")),
        "projects": lambda: Q(pk__in=projects),
        "customers": lambda: Q(pk__in=customers),
        "outcomes": lambda: Q(initiative_id__in=visible.ids_of("initiative")),
        "outcome_measurements": lambda: Q(outcome_id__in=visible.ids_of("outcome")),
        "contributions": lambda: Q(project_id__in=projects) | Q(outcome_id__in=visible.ids_of("outcome")),
        "incidents": lambda: Q(impacts_on(customers)),
        "targets": lambda: targets_inside(visible),
    }[feed]()


def impacts_on(customers: frozenset[int]) -> Exists:
    """Whether an incident hit one of the customers."""
    return Exists(
        IncidentImpact.objects.filter(incident_id=OuterRef("pk"), customer_id__in=customers, deleted_at__isnull=True)
    )


def targets_inside(visible: Visibility) -> Q:
    """Targets of one's own scopes, and those set for all scopes of a kind that grants can open."""
    condition = Q(scope__isnull=True) | Q(scope="")
    condition &= Q(scope_kind__isnull=True) | Q(scope_kind="") | Q(scope_kind__in=GRANTED_KINDS)
    for kind in GRANTED_KINDS:
        condition |= Q(scope_kind=kind, scope__in=visible.codes.get(kind, ()))
    return condition


def references_of(feed: Feed) -> dict[str, str]:
    """The feed that each reference column of a feed points to; a team counts as feed "teams"."""
    return {column.name: column.ref or "teams" for column in feed.columns if column.kind in ("ref", "team")}


def hidden_columns(feed: str, row: Mapping[str, Any], references: Mapping[str, str], visible: Visibility) -> set[str]:
    """The columns of a visible row that may not be shown: references to what is outside the rights, and names.

    `row` holds the ids of its references under `<column>_id`; `references` is what `references_of` gives.
    """
    hidden = set() if visible.reads_people else set(PRIVATE_COLUMNS.get(feed, ()))
    if visible.reads_all:
        return hidden
    for column, target in references.items():
        # The rows of an impact are inside the rights only with their incident.
        if not visible.sees_id(target, row.get(f"{column}_id")) and (feed, column) != ("incident_impacts", "incident"):
            hidden.add(column)
    return hidden
