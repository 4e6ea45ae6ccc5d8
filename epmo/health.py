"""Is the service alive, and is it ready: `/healthz`, `/readyz`, `/-/metrics`."""

import hmac
from typing import Any

import redis
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing else."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when database and broker answer, else 503; carries the age of the newest published run in seconds."""
    checks: dict[str, Any] = {"database": _database(), "broker": _broker()}
    ok = all(answer == "ok" for answer in checks.values())
    checks["newest_run_age_seconds"] = _newest_run_age() if checks["database"] == "ok" else None
    answer = JsonResponse({"status": "ok" if ok else "unavailable", **checks}, status=200 if ok else 503)
    if not ok:
        answer["Retry-After"] = "5"
    return answer


@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for the bearer of EPMO_METRICS_TOKEN or an administrator; others see nothing here."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    expected = settings.METRICS_TOKEN
    if not (expected and hmac.compare_digest(given.encode(), expected.encode())) and not request.user.is_superuser:
        raise Http404
    response: HttpResponse = ExportToDjangoView(request)
    return response


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer"
    return "ok"


def _broker() -> str:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except (redis.RedisError, OSError):
        return "does not answer"
    return "ok"


def _newest_run_age() -> int | None:
    run: Any = apps.all_models["metrics"].get("run")
    newest = run and run.objects.filter(published_at__isnull=False).order_by("-published_at").first()
    return round((timezone.now() - newest.published_at).total_seconds()) if newest else None
