"""Who may open an account: an administrator makes them, nobody signs up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Log-in with a password, no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Log-in through the identity provider, for accounts that exist."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never."""
        return False
