"""What a person chose about language, theme and keys."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser


@dataclass(frozen=True, slots=True)
class Chosen:
    """A person's choices; blank where the browser decides."""

    language: str = ""
    theme: str = ""
    search_key: bool = True


def chosen_by(user: AbstractBaseUser | AnonymousUser | None) -> Chosen:
    """The choices of a person, none for nobody. No query where the account came through the log-in's back ends."""
    held = getattr(user, "preferences", None)
    if held is None:
        return Chosen()
    known = held.language if held.language in dict(settings.LANGUAGES) else ""
    return Chosen(known, held.theme, held.search_key)
