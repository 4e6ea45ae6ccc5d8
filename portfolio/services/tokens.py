"""API tokens: made, used, ended.

A token reads `epmo_<prefix>_<secret>`. Stored are the prefix, which finds the row, and a keyed hash of the whole; the
key (`TOKEN_PEPPER`) is not in the database, so a copy of the database opens nothing. 160 random bits need no slow hash.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portfolio.models import RightsEvent, Token
from portfolio.rights import Role, TokenScope
from portfolio.selectors.visibility import role_of
from portfolio.services.rights import event_record

PREFIX_LENGTH, SECRET_LENGTH = 10, 32
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
# `last_used_at` is written at most this often, so that reading does not mean writing.
USE_NOTED_EVERY = timedelta(minutes=1)


class TokenRefused(ValueError):
    """A token that may not be made as asked; the message says why."""


def token_create(
    *,
    user: AbstractBaseUser,
    name: str,
    scope: TokenScope,
    role: Role | None = None,
    expires_at: datetime | None = None,
    actor: str = "",
) -> tuple[Token, str]:
    """Makes a token; returns it and its text, which is kept nowhere and cannot be shown again.

    Raises TokenRefused for a role above the owner's, an owner who may not log in, an expiry in the past, a bad name.
    """
    owner_role = role_of(user)
    role = owner_role if role is None else role
    if not user.is_active:
        raise TokenRefused(_("%(user)s is not active.") % {"user": user.get_username()})
    if role.rank > owner_role.rank:
        raise TokenRefused(
            _("Role %(role)s is above that of %(user)s (%(own)s).")
            % {"role": role.value, "user": user.get_username(), "own": owner_role.value}
        )
    if scope == TokenScope.WRITE and not role.writes:
        raise TokenRefused(_("Role %(role)s may not write; ask for scope read.") % {"role": role.value})
    if expires_at is not None and expires_at <= timezone.now():
        raise TokenRefused(_("The expiry lies in the past."))
    name = name.strip()
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise TokenRefused(_("A token needs a name of 1 to 100 printable characters."))
    prefix, secret = random_text(PREFIX_LENGTH), random_text(SECRET_LENGTH)
    text = f"epmo_{prefix}_{secret}"
    with transaction.atomic():
        token = Token.objects.create(
            user_id=user.pk,
            name=name,
            prefix=prefix,
            digest=keyed_hash("token", text),
            owner_digest=owner_digest(user),
            role=role,
            scope=scope,
            expires_at=expires_at,
        )
        event_record(
            kind=RightsEvent.Kind.TOKEN_CREATED,
            actor=actor or user.get_username(),
            subject=user.get_username(),
            detail={"prefix": prefix, "name": name, "role": role.value, "scope": scope.value},
        )
    return token, text


def token_find(text: str) -> Token | None:
    """The token with this text if it may be used now, with its owner: one query, and a write once a minute."""
    parts = text.split("_")
    if len(parts) != 3 or parts[0] != "epmo" or not text.isascii() or len(text) > 100:
        return None
    token = Token.objects.select_related("user").filter(prefix=parts[1]).first()
    known = hmac.compare_digest(keyed_hash("token", text), token.digest if token else "")
    if token is None or not known or not token_is_live(token):
        return None
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USE_NOTED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token


def token_is_live(token: Token) -> bool:
    """Not revoked, not expired, its owner active and with the password it was made under."""
    if token.revoked_at is not None or not token.user.is_active:
        return False
    if token.expires_at is not None and token.expires_at <= timezone.now():
        return False
    return hmac.compare_digest(token.owner_digest, owner_digest(token.user))


@transaction.atomic
def token_revoke(*, token: Token, actor: str = "") -> None:
    """Ends a token; the next request with it answers 401."""
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        event_record(
            kind=RightsEvent.Kind.TOKEN_REVOKED,
            actor=actor,
            subject=token.user.get_username(),
            detail={"prefix": token.prefix, "name": token.name},
        )


def owner_digest(user: AbstractBaseUser) -> str:
    """Changes when the owner's password does."""
    return keyed_hash("owner", user.password)


def keyed_hash(use: str, text: str) -> str:
    """HMAC-SHA-256 under the pepper, one key for each use."""
    key = hashlib.sha256(f"epmo.{use}:{settings.TOKEN_PEPPER}".encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def random_text(length: int) -> str:
    """Random letters that are not mistaken for each other; 5 bits each."""
    return "".join(secrets.choice(ALPHABET) for _letter in range(length))
