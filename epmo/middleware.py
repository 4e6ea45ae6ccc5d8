"""What every request passes: an id and a log line, private caching, the end of a session, one published run."""

import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control

from portfolio.selectors.moments import one_moment
from portfolio.selectors.preferences import chosen_by

GetResponse = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("epmo.request")


class RequestLog:
    """Give each request an id (`request.request_id`, header `X-Request-ID`) and write one line about it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if re.fullmatch(r"[A-Za-z0-9-]{8,64}", given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        start = time.monotonic()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            response["X-Request-ID"] = request_id
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                milliseconds=round((time.monotonic() - start) * 1000),
                user_id=getattr(getattr(request, "user", None), "pk", None),
            )
        return response


class PrivateByDefault:
    """Answers are for the one who asked: not stored by caches unless the view says otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class SessionLimits:
    """End a session 12 hours after log-in or after 3 hours without a request."""

    STEP = 60  # seconds between two notes of "seen", so that not every request writes

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            now = int(time.time())
            started = request.session.setdefault("started_at", now)
            seen = request.session.get("seen_at", now)
            if now - started > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_SECONDS:
                logout(request)
            elif "seen_at" not in request.session or now - seen >= self.STEP:
                request.session["seen_at"] = now
        return self.get_response(request)


class OwnLanguage:
    """The language that a person chose goes before the cookie and the browser's wish (LocaleMiddleware read those)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key:
            language = chosen_by(request.user).language
            if language:
                translation.activate(language)
                request.LANGUAGE_CODE = language
        return self.get_response(request)


class OneMoment:
    """A page that is only read is of one moment: all its queries see the same facts and the same published run.

    The last of all, because it calls the view itself. A view that notes something when it is read says so by
    `view.writes_on_get = True`. The API does the same behind the sender's rights (`api.view.of_one_moment`).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        """The answer of a page that is read; None for everything else."""
        if request.method not in ("GET", "HEAD") or not view.__module__.startswith("dashboards."):
            return None
        if getattr(view, "writes_on_get", False):
            return None
        with one_moment():
            return view(request, *args, **kwargs)
