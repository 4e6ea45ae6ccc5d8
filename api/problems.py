"""Errors of the API: every one an `application/problem+json` answer (RFC 9457) that names field, code and request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpResponse
from django.http.request import HttpRequest, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ErrorDetail

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field; `field` is blank for the request as a whole.

    `line` and `value` are given for rows of a body that holds many.
    """

    field: str
    code: str
    message: str
    line: int | None = None
    value: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As it stands in an answer."""
        found: dict[str, Any] = {"field": legible(self.field), "code": self.code, "message": legible(self.message)}
        if self.line is not None:
            found["line"] = self.line
        if self.value is not None:
            found["value"] = legible(self.value)
        return found


class Problem(Exception):
    """An answer other than what was asked for; raised anywhere below a view."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: Iterable[FieldError] = (),
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, tuple(errors)
        self.headers, self.more = dict(headers or {}), dict(more or {})


def refused(field: str, code: str, message: str) -> Problem:
    """400 for one field."""
    return Problem(HTTPStatus.BAD_REQUEST, message, [FieldError(field, code, message)])


def not_found(field: str = "") -> Problem:
    """404, the same whether a thing is not there or outside the rights; `field` names the parameter that asked."""
    message = _("There is nothing at this address, or you may not see it.")
    errors = [FieldError(field, "not_found", _("No such value, or you may not see it."))] if field else []
    return Problem(HTTPStatus.NOT_FOUND, message, errors)


def problem_answer(request: Any, problem: Problem) -> HttpResponse:
    """The problem as a response."""
    body = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": int(problem.status),
        "detail": legible(problem.detail),
        "errors": [error.as_json() for error in problem.errors],
        "request_id": request_id_of(request),
        **problem.more,
    }
    return HttpResponse(orjson.dumps(body), status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers)


def request_id_of(request: Any) -> str:
    """The id under which the log knows the request."""
    return str(getattr(getattr(request, "_request", request), "request_id", ""))


def legible(text: str) -> str:
    """Text that can be sent: lone surrogates and NUL replaced, cut where it is very long."""
    clean = str(text).encode("utf-8", "replace").decode().replace("\x00", "?")
    return clean if len(clean) <= 500 else f"{clean[:500]}…"


def problem_of_exception(exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The answer to an exception in a view; None (the server's 500 or 503) for what is our own fault."""
    problem = problem_of(exception)
    if problem is None:
        return None
    return problem_answer(context["request"], problem)


def problem_of(exception: Exception) -> Problem | None:
    """An exception as a problem."""
    if isinstance(exception, Problem):
        return exception
    if isinstance(exception, Http404):
        return not_found()
    if isinstance(exception, PermissionDenied):
        return Problem(HTTPStatus.FORBIDDEN, _("Your role does not allow this."))
    if isinstance(exception, RequestDataTooBig):
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("The request is too large."))
    if isinstance(exception, SuspiciousOperation | UnreadablePostError):
        return Problem(HTTPStatus.BAD_REQUEST, _("The request cannot be read."))
    if isinstance(exception, DataError):
        return Problem(HTTPStatus.BAD_REQUEST, _("A value is outside what can be stored."))
    if isinstance(exception, APIException):
        return problem_of_framework(exception)
    return None


def problem_of_framework(exception: APIException) -> Problem:
    """An exception of the REST framework as a problem."""
    headers = {}
    if getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = exception.auth_header  # type: ignore[attr-defined]
    wait = getattr(exception, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(max(1, int(wait)))
    errors = list(field_errors(exception.detail)) if exception.status_code == HTTPStatus.BAD_REQUEST else []
    detail = str(exception.detail) if isinstance(exception.detail, str) else _("The request cannot be read.")
    return Problem(HTTPStatus(exception.status_code), detail, errors, headers=headers)


def field_errors(detail: Any, field: str = "") -> Iterable[FieldError]:
    """The framework's nested messages, flat."""
    if isinstance(detail, ErrorDetail):
        yield FieldError(field, detail.code or "invalid", str(detail))
    elif isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from field_errors(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from field_errors(inner, field)


def no_such_path(request: HttpRequest) -> HttpResponse:
    """404 for an address below the API that leads nowhere."""
    return problem_answer(request, not_found())
