"""Answers when something fails: a page for people, `application/problem+json` for programs; never a traceback."""

import sys
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return answer(request, HTTPStatus.BAD_REQUEST, _("The request cannot be read."))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return answer(request, HTTPStatus.FORBIDDEN, _("Your role does not allow this."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404; also what lies outside the reader's rights."""
    return answer(request, HTTPStatus.NOT_FOUND, _("There is nothing at this address, or you may not see it."))


def server_error(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After when the database is away, else 500."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        response = answer(request, HTTPStatus.SERVICE_UNAVAILABLE, _("The database does not answer. Try again soon."))
        response["Retry-After"] = "5"
        return response
    return answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, _("Something failed here. It has been noted."))


def answer(request: HttpRequest, status: HTTPStatus, detail: str) -> HttpResponse:
    """The same error for both kinds of reader; a page needs no database."""
    request_id = getattr(request, "request_id", "")
    if request.path.startswith("/api/"):
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": status.phrase,
            "status": int(status),
            "detail": detail,
            "errors": [],
            "request_id": request_id,
        }
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    context: dict[str, Any] = {
        "status": int(status),
        "title": status.phrase,
        "detail": detail,
        "request_id": request_id,
    }
    try:
        html = render_to_string("errors/error.html", context)
    except TemplateDoesNotExist:
        html = format_html(
            "<!doctype html><title>{title}</title><h1>{title}</h1><p>{detail}</p><p>{request_id}</p>", **context
        )
    return HttpResponse(html, status=status)
