"""Changes of rights, each written down in the record of rights in the same transaction."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.db import transaction

from portfolio.models import Customer, Grant, Portfolio, Profile, RightsEvent
from portfolio.rights import Role


def event_record(
    *, kind: str, actor: str = "", subject: str = "", detail: dict[str, Any] | None = None, address: str | None = None
) -> RightsEvent:
    """Adds one entry to the record of rights; names are cut to their columns and freed of control characters."""
    return RightsEvent.objects.create(
        kind=kind, actor=legible(actor), subject=legible(subject), detail=detail or {}, address=address or None
    )


def legible(name: str) -> str:
    """A name as it may stand in a record or a log line."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:150]


@transaction.atomic
def role_set(*, user: AbstractBaseUser, role: Role, actor: str = "") -> Profile:
    """Gives a user a role."""
    profile, made = Profile.objects.select_for_update().get_or_create(user_id=user.pk, defaults={"role": role})
    before = "" if made else profile.role
    # Roles that edit facts reach the administration; a superuser keeps it.
    if isinstance(user, User) and user.is_staff != (role.writes or user.is_superuser):
        user.is_staff = role.writes or user.is_superuser
        user.save(update_fields=["is_staff"])
    if before != role:
        profile.role = role
        profile.save(update_fields=["role"])
        event_record(
            kind=RightsEvent.Kind.ROLE_SET,
            actor=actor,
            subject=user.get_username(),
            detail={"before": before, "after": str(role)},
        )
    return profile


@transaction.atomic
def grant_add(
    *,
    user: AbstractBaseUser,
    portfolio: Portfolio | None = None,
    customer: Customer | None = None,
    by: AbstractBaseUser | None = None,
) -> Grant:
    """Opens one portfolio with all below it, or one customer, to a user; nothing happens where it is open."""
    grant, made = Grant.objects.get_or_create(
        user_id=user.pk, portfolio=portfolio, customer=customer, defaults={"granted_by_id": by.pk if by else None}
    )
    if made:
        event_record(
            kind=RightsEvent.Kind.GRANT_ADDED,
            actor=by.get_username() if by else "",
            subject=user.get_username(),
            detail=granted_object(grant),
        )
    return grant


@transaction.atomic
def grant_remove(*, grant: Grant, by: AbstractBaseUser | None = None) -> None:
    """Takes a grant back; the next request of its user no longer sees what it opened."""
    event_record(
        kind=RightsEvent.Kind.GRANT_REMOVED,
        actor=by.get_username() if by else "",
        subject=grant.user.get_username(),
        detail=granted_object(grant),
    )
    grant.delete()


def granted_object(grant: Grant) -> dict[str, str]:
    """What a grant opens, in words for the record."""
    if grant.portfolio is not None:
        return {"portfolio": grant.portfolio.code}
    return {"customer": grant.customer.code if grant.customer else ""}
