"""Who may see what: roles, and what one reader may see, as plain values.

How to use it, from a page, an API view or a command::

    from portfolio.selectors.visibility import visibility_of, visibility_for, visible_rows

    visible = visibility_for(request)          # once per request, also right for API tokens
    visible = visibility_of(user)              # anywhere else
    visible = EVERYTHING                       # commands: show what is stored

    visible.sees("project", "P-1")             # one scope; outside the rights the answer is 404
    visible.require("project", "P-1")          # the same, raises Http404
    visible.codes_of("customer")               # frozenset of codes, or None when the reader sees all of that kind
    visible.sees_people_values                 # people metrics (values); rows need `reads_people`
    visible_rows(Defect.objects.all(), "defects", visible)      # rows of a feed (live or not is the caller's choice)
    visible.may_write                          # facts, targets, decisions

Rights select whole scopes; a stored value is never computed anew for a reader. A portfolio grant shows the portfolio
with everything below it, its projects and their rows; a customer grant shows the customer with its initiatives,
outcomes, incidents, surveys, contracts and revenue. Grants add up. Enterprise, service, team and people values need a
role that reads all; rows about persons need a role that edits facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from django.db import models
from django.http import Http404
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is in the project office; the order is from least to most."""

    VIEWER = "viewer", _("Viewer")
    PROJECT_MANAGER = "project_manager", _("Project manager")
    EXECUTIVE = "executive", _("Executive")
    PMO_LEAD = "pmo_lead", _("PMO lead")
    ADMINISTRATOR = "administrator", _("Administrator")

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Role).index(self)

    @property
    def reads_all(self) -> bool:
        """Sees every scope, the enterprise, services, teams and people values among them."""
        return self in (Role.EXECUTIVE, Role.PMO_LEAD, Role.ADMINISTRATOR)

    @property
    def reads_people(self) -> bool:
        """Sees rows about persons, not only the counts made from them."""
        return self in (Role.PMO_LEAD, Role.ADMINISTRATOR)

    @property
    def writes(self) -> bool:
        """Edits facts, targets and decisions, starts imports and runs."""
        return self in (Role.PMO_LEAD, Role.ADMINISTRATOR)

    @property
    def signs(self) -> bool:
        """Comments on and signs scorecards."""
        return self.reads_all


def lower_role(one: Role, other: Role) -> Role:
    """The lesser of two roles."""
    return min(one, other, key=lambda role: role.rank)


class TokenScope(models.TextChoices):
    """What a token may be used for."""

    READ = "read", _("Read")
    WRITE = "write", _("Read and write")


# Scope kinds that grants can open; enterprise, service and team need a role that reads all.
GRANTED_KINDS = ("portfolio", "program", "project", "customer", "initiative")
SCOPE_KINDS = ("enterprise", *GRANTED_KINDS, "service", "team")
# The kinds of object whose ids a reader's rights are made of, by the feed that holds them.
KIND_OF_FEED = MappingProxyType(
    {
        "portfolios": "portfolio",
        "projects": "project",
        "customers": "customer",
        "initiatives": "initiative",
        "outcomes": "outcome",
    }
)
NONE: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Visibility:
    """What one reader may see; computed once per request by `portfolio.selectors.visibility`.

    `ids` and `codes` hold what grants open, by kind (portfolio, project, customer, initiative, outcome; programs stand
    among the portfolios in `ids` and on their own in `codes`). Both are empty for a role that reads all: ask through
    the methods, which know. `scope` is what a token allows; a session may write what its role may write.
    """

    user_id: int | None
    role: Role
    scope: TokenScope = TokenScope.WRITE
    ids: Mapping[str, frozenset[int]] = field(default_factory=dict)
    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    active: bool = True

    @property
    def reads_all(self) -> bool:
        return self.active and self.role.reads_all

    @property
    def reads_people(self) -> bool:
        """Rows about persons."""
        return self.active and self.role.reads_people

    @property
    def sees_people_values(self) -> bool:
        """Values of people metrics (suppressed below five people by the engine)."""
        return self.reads_all

    @property
    def may_write(self) -> bool:
        return self.active and self.role.writes and self.scope == TokenScope.WRITE

    @property
    def may_sign(self) -> bool:
        return self.active and self.role.signs and self.scope == TokenScope.WRITE

    def sees_kind(self, kind: str) -> bool:
        """Whether a reader of these rights can see any scope of the kind at all."""
        return self.reads_all or bool(self.codes.get(kind))

    def sees(self, kind: str, code: str = "") -> bool:
        """Whether the scope is inside the rights. True says nothing about its being there when all is readable."""
        return self.reads_all or code in self.codes.get(kind, ())

    def require(self, kind: str, code: str = "") -> None:
        """Raises Http404 outside the rights, worded as for a scope that does not exist."""
        if not self.sees(kind, code):
            raise Http404(f"{kind}:{code}")

    def sees_id(self, feed: str, pk: int | None) -> bool:
        """Whether the object with this id in a feed may be named to the reader; blank may."""
        if pk is None or self.reads_all:
            return True
        return pk in self.ids_of(KIND_OF_FEED.get(feed, ""))

    def ids_of(self, kind: str) -> frozenset[int]:
        """The ids that grants open; only asked when not everything is readable."""
        return self.ids.get(kind, NONE)

    def codes_of(self, kind: str) -> frozenset[str] | None:
        """The codes of a scope kind, or None for all of them."""
        return None if self.reads_all else self.codes.get(kind, frozenset())


NOBODY = Visibility(user_id=None, role=Role.VIEWER, scope=TokenScope.READ, active=False)
EVERYTHING = Visibility(user_id=None, role=Role.ADMINISTRATOR)
