"""Log-in: no sign-up, a limit on wrong passwords by user and by address, every log-in and refusal written down."""

from http import HTTPStatus
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from epmo.errors import answer
from portfolio.models import RightsEvent
from portfolio.services.rights import event_record


class AccountAdapter(DefaultAccountAdapter):
    """Log-in with a password, no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Answers 429 once too many passwords were wrong for this user or from this address."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as refusal:
            raise ImmediateHttpResponse(too_many_requests(request)) from refusal

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Writes the refusal down; the password is not."""
        event_record(
            kind=RightsEvent.Kind.LOGIN_FAILED,
            subject=str(credentials.get("username") or credentials.get("email") or ""),
            address=self.get_client_ip(request),
        )

    def logout(self, request: HttpRequest) -> None:
        """Writes the log-out down."""
        name = request.user.get_username()
        event_record(kind=RightsEvent.Kind.LOGOUT, actor=name, subject=name, address=self.get_client_ip(request))
        super().logout(request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Writes down that the password is new; tokens and other sessions end with the old one."""
        super().set_password(user, password)
        event_record(
            kind=RightsEvent.Kind.USER_CHANGED,
            actor=user.get_username(),
            subject=user.get_username(),
            detail={"fields": ["password"]},
        )

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        """Writes the log-in down."""
        event_record(
            kind=RightsEvent.Kind.LOGIN,
            actor=user.get_username(),
            subject=user.get_username(),
            address=self.get_client_ip(request),
        )
        return super().post_login(request, user, **kwargs)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Log-in through the identity provider, for accounts that exist."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never."""
        return False


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429 with Retry-After: the window of the limit on wrong passwords, after which everybody may try again."""
    rates = ratelimit.get_rates(app="allauth.account", action="login_failed")
    response = answer(request, HTTPStatus.TOO_MANY_REQUESTS, _("Too many attempts. Try again in a few minutes."))
    response["Retry-After"] = str(int(max((rate.duration for rate in rates), default=60)))
    return response
