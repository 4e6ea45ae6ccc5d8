"""`Idempotency-Key`: the same request sent twice takes effect once and gets the same answer twice."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

import orjson
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.answers import JSON
from api.problems import FieldError, Problem, refused
from api.schema import Header
from api.view import person
from portfolio.models import IdempotencyKey

KEPT = timedelta(hours=24)
# A request that is still running after this was cut off; its key may be used again.
RUNNING = timedelta(minutes=10)
MAX_KEY = 200
HEADER = Header("Idempotency-Key", "Any text; a repeat with the same key and body gets the first answer again.")


def once(request: Request, body: bytes, work: Callable[[], tuple[HTTPStatus, dict[str, object]]]) -> HttpResponseBase:
    """Does the work, unless the request's key has been seen: then gives the answer of that time (kept 24 hours).

    Raises Problem: 409 while the first request runs, 422 for another body under the same key. A refusal frees the key.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        status, answer = work()
        return HttpResponse(orjson.dumps(answer), status=status, content_type=JSON)
    if not 1 <= len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        raise refused("Idempotency-Key", "bad_value", _("Expected 1 to %(n)d printable characters.") % {"n": MAX_KEY})
    held = claim(person(request).pk, key, fingerprint(request, body))
    if held.status is not None:
        return HttpResponse(
            bytes(held.body), status=held.status, content_type=JSON, headers={"Idempotency-Replayed": "true"}
        )
    try:
        status, answer = work()
    except BaseException:
        held.delete()
        raise
    written = orjson.dumps(answer)
    IdempotencyKey.objects.filter(pk=held.pk).update(status=status, body=written)
    return HttpResponse(written, status=status, content_type=JSON)


def claim(user_id: int, key: str, digest: str) -> IdempotencyKey:
    """The entry of a key: new (status blank, ours to do) or finished."""
    now = timezone.now()
    IdempotencyKey.objects.filter(created_at__lt=now - KEPT).delete()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(user_id=user_id, key=key, request_digest=digest)
    except IntegrityError:
        pass
    held = IdempotencyKey.objects.filter(user_id=user_id, key=key).first()
    if held is None:
        raise running()
    if held.request_digest != digest:
        message = _("This key was used for another request.")
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, message, [FieldError("Idempotency-Key", "key_reused", message)])
    if held.status is None:
        taken = IdempotencyKey.objects.filter(pk=held.pk, status=None, created_at__lt=now - RUNNING)
        if not taken.update(created_at=now):
            raise running()
    return held


def running() -> Problem:
    """409: the first request with this key has not ended."""
    return Problem(
        HTTPStatus.CONFLICT, _("The first request with this key is still running."), headers={"Retry-After": "2"}
    )


def fingerprint(request: Request, body: bytes) -> str:
    """What makes two requests the same."""
    parts = [str(request.method), request.get_full_path(), request.headers.get("Content-Type", "")]
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + body).hexdigest()
