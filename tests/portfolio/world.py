"""A small company with two sides: whatever belongs to side A says so in every text, and so does side B.

Made from the registry of feeds, so a new column or feed is in it without a change here.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone

from portfolio.feed_types import Column, Feed
from portfolio.feeds import FEEDS, PARENTS_FIRST
from portfolio.models import ChangeSet, Customer, Portfolio, Profile, Team
from portfolio.rights import Role
from portfolio.services.rights import grant_add

PASSWORD = "a long enough password"
SIDES = ("A", "B")
# Cells that the form of the column alone does not give.
SPECIAL: dict[tuple[str, str], Any] = {
    ("portfolios", "parent"): None,
    ("service_customers", "valid_to"): None,
    ("survey_responses", "kind"): "csat",
    ("survey_responses", "audience"): "customer",
    ("survey_responses", "score"): 3,
    ("survey_responses", "scale_min"): 1,
    ("survey_responses", "scale_max"): 5,
    ("outcomes", "target"): 3,
    ("outcome_measurements", "value"): 2,
    ("revenue_events", "kind"): "new",
    ("targets", "metric"): "adoption_rate",
    ("targets", "component"): None,
    ("targets", "scope_kind"): "customer",
    ("targets", "direction"): "higher",
}


def code_of(feed: str, side: str) -> str:
    """The code of the row of a feed on one side."""
    return f"{feed}-{side}"


def cell(feed: Feed, column: Column, side: str) -> Any:
    """A value that fits the column and says which side it is on where it is a text."""
    if (feed.name, column.name) in SPECIAL:
        return SPECIAL[feed.name, column.name]
    if (feed.name, column.name) == ("targets", "scope"):
        return code_of("customers", side)
    if column.kind == "choice":
        return column.choices[0]
    return {
        "code": code_of(feed.name, side),
        "text": f"{column.name}-canary-{side}",
        "ref": code_of(column.ref, side),
        "team": f"team-{side}",
        "date": date(2026, 1, 1),
        "month": date(2026, 1, 1),
        "instant": datetime(2026, 1, 1, tzinfo=UTC),
        "number": 1,
        "integer": 1,
        "bool": True,
        "currency": "EUR" if side == "A" else "SEK",
    }[column.kind]


def make_fact(feed_name: str, **cells: Any) -> Any:
    """Stores one row, references by code; what is not given is blank."""
    feed = FEEDS[feed_name]
    model = apps.get_model(feed.model_label)
    values: dict[str, Any] = {}
    for name, value in cells.items():
        column = feed.column(name)
        if column.kind == "team" and value is not None:
            value = Team.objects.get_or_create(name=value)[0].pk
        elif column.kind == "ref" and value is not None:
            value = apps.get_model(FEEDS[column.ref].model_label).objects.get(code=value).pk
        values[column.attname] = value
    change = ChangeSet.objects.create(at=timezone.now(), kind="import")
    return model.objects.create(created_in=change, changed_in=change, **values)


def make_side(side: str) -> None:
    """Stores one row in every feed."""
    for name in PARENTS_FIRST:
        feed = FEEDS[name]
        make_fact(name, **{column.name: cell(feed, column, side) for column in feed.columns})


def make_user(name: str, role: Role | None = None, **fields: Any) -> Any:
    """A user with a role; None leaves the user without a profile."""
    user = get_user_model().objects.create_user(name, password=PASSWORD, **fields)
    if role is not None:
        Profile.objects.create(user=user, role=role)
    return user


@dataclass(frozen=True)
class World:
    """The people of the company; the facts are in the database."""

    administrator: Any
    lead: Any
    executive: Any
    manager: Any
    """Project manager of portfolio A."""
    portfolio_viewer: Any
    """Viewer of portfolio A."""
    customer_viewer: Any
    """Viewer of customer A."""
    both_viewer: Any
    """Viewer of portfolio A and customer A."""
    nobody: Any
    """Logged in, granted nothing."""

    @property
    def people(self) -> dict[str, Any]:
        return dict(vars(self))

    def again(self) -> "World":
        """The same people as the database has them now."""
        users = get_user_model().objects.in_bulk(self.people, field_name="username")
        return World(**users)


def make_world() -> World:
    """Both sides, a program with a project below portfolio A, and one person of each kind."""
    for side in SIDES:
        make_side(side)
    make_fact(
        "portfolios", code="program-A", name="program-canary-A", kind="program", parent=code_of("portfolios", "A")
    )
    make_fact("projects", code="deep-A", name="deep-canary-A", portfolio="program-A", status="active", currency="EUR")
    world = World(
        administrator=make_user("administrator", Role.ADMINISTRATOR),
        lead=make_user("lead", Role.PMO_LEAD),
        executive=make_user("executive", Role.EXECUTIVE),
        manager=make_user("manager", Role.PROJECT_MANAGER),
        portfolio_viewer=make_user("portfolio_viewer", Role.VIEWER),
        customer_viewer=make_user("customer_viewer", Role.VIEWER),
        both_viewer=make_user("both_viewer", Role.VIEWER),
        nobody=make_user("nobody"),
    )
    portfolio, customer = (
        Portfolio.objects.get(code=code_of("portfolios", "A")),
        Customer.objects.get(code=code_of("customers", "A")),
    )
    for user in (world.manager, world.portfolio_viewer, world.both_viewer):
        grant_add(user=user, portfolio=portfolio)
    for user in (world.customer_viewer, world.both_viewer):
        grant_add(user=user, customer=customer)
    return world
