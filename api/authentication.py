"""Who sends a request: the bearer of a token, or a session with its CSRF token."""

from http import HTTPStatus
from typing import Any, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from api.problems import Problem
from api.throttles import address_of, count, seconds_left
from portfolio.models import Token
from portfolio.services.tokens import token_find

# Wrong tokens from one address before it has to wait.
WRONG_TOKENS, WRONG_TOKEN_SECONDS = 20, 300


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer TOKEN`."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Token] | None:
        """The owner and the token; 401 for a token that is unknown, expired, revoked, or of someone gone."""
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token_find(text.strip())
        if token is None:
            if count(f"wrong-token:{address_of(request)}", WRONG_TOKEN_SECONDS) > WRONG_TOKENS:
                raise Problem(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    _("Too many wrong tokens. Try again later."),
                    headers={"Retry-After": str(seconds_left(WRONG_TOKEN_SECONDS))},
                )
            raise AuthenticationFailed(_("The token is not known, or no longer valid."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes a refusal a 401."""
        return 'Bearer realm="api"'


class SessionLogin(SessionAuthentication):
    """The session of a page; unsafe methods need the CSRF token as header `X-CSRFToken`."""

    def enforce_csrf(self, request: Request) -> None:
        """Checks the header only, so that nothing of a body is read before the sender's rights are known."""
        super().enforce_csrf(cast(Request, _WithoutBody(request)))


class _WithoutBody:
    """A request as the CSRF check sees it: all but its form."""

    def __init__(self, request: Request) -> None:
        self._inner = request
        self.POST = QueryDict()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
