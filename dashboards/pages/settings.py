"""What a person can choose for oneself: language, theme, the key that leads to the search box."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _

from dashboards.scorecard_links import Choice
from portfolio.models import Preferences
from portfolio.selectors.preferences import chosen_by

# Each language by its own name, so that everybody finds the way back.
LANGUAGE_NAMES = {"en": "English", "sv": "Svenska"}


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """The form as it stands now."""

    languages: tuple[Choice, ...]
    themes: tuple[Choice, ...]
    search_key: bool
    address: str
    error: str


def settings_page(user: AbstractBaseUser, *, cookie_theme: str = "", error: str = "") -> SettingsPage:
    """The page of a person. No query."""
    chosen = chosen_by(user)
    theme = chosen.theme or cookie_theme or Preferences.Theme.SYSTEM
    return SettingsPage(
        languages=(
            Choice("", _("As the browser asks"), not chosen.language),
            *(Choice(key, LANGUAGE_NAMES[key], key == chosen.language) for key, _name in settings.LANGUAGES),
        ),
        themes=tuple(Choice(key, str(name), key == theme) for key, name in Preferences.Theme.choices),
        search_key=chosen.search_key,
        address=str(getattr(user, "email", "")),
        error=error,
    )
