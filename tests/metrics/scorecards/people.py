"""People of a scorecard: who drafts, who signs, who only looks."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from portfolio.rights import Role, Visibility
from portfolio.selectors.visibility import visibility_of
from portfolio.services.rights import role_set


@dataclass(frozen=True, slots=True)
class Person:
    """A user with the rights that go with it."""

    user: User

    @property
    def visible(self) -> Visibility:
        return visibility_of(self.user)

    @property
    def who(self) -> dict[str, Any]:
        """As services take it."""
        return {"by": self.user, "visible": self.visible}


@dataclass(frozen=True, slots=True)
class Cast:
    """The people."""

    lead: Person
    chief: Person
    finance: Person
    viewer: Person


def make_cast() -> Cast:
    """The people, in the database."""
    roles = {"lead": Role.PMO_LEAD, "chief": Role.EXECUTIVE, "finance": Role.EXECUTIVE, "viewer": Role.VIEWER}
    people = {}
    for name, role in roles.items():
        user = User.objects.create_user(name, f"{name}@example.org", first_name=name.capitalize(), last_name="Ek")
        role_set(user=user, role=role)
        people[name] = Person(user)
    return Cast(**people)
