"""A person's own choice of language, theme and keys."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from portfolio.models import Preferences


class PreferenceRefused(ValueError):
    """A choice that does not exist; the message says which."""


@transaction.atomic
def preferences_set(
    *, user: AbstractBaseUser, language: str | None = None, theme: str | None = None, search_key: bool | None = None
) -> Preferences:
    """Store what is given and keep the rest. Raises PreferenceRefused for a language or theme that does not exist."""
    if language and language not in dict(settings.LANGUAGES):
        raise PreferenceRefused(_("This language does not exist here."))
    if theme and theme not in Preferences.Theme:
        raise PreferenceRefused(_("This theme does not exist."))
    given = {"language": language, "theme": theme, "search_key": search_key}
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    stored, _new = Preferences.objects.update_or_create(user_id=user.pk, defaults=changed)
    return stored
