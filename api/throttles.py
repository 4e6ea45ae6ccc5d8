"""How many requests one person may send: counted a minute at a time in the cache, shared by all web processes.

Without a cache nothing is limited: a broken cache must not close the service.
"""

import time

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

WINDOW_SECONDS = 60
WRITE_COST, EXPORT_COST = 4, 10


def count(key: str, window: int, cost: int = 1) -> int:
    """Adds to a counter that starts anew with each window; returns where it stands, 0 without a cache."""
    name = f"rate:{key}:{int(time.time()) // window}"
    try:
        cache.add(name, 0, timeout=window + 5)
        return cache.incr(name, cost)
    except (RedisError, OSError, ValueError):
        return 0


def seconds_left(window: int) -> int:
    """Seconds until the next window."""
    return window - int(time.time()) % window


def address_of(request: Request) -> str:
    """The address of the sender; a header is believed only from a trusted proxy (the last hop it adds)."""
    if settings.TRUSTED_PROXY:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if hops:
            return hops[-1][:64]
    return str(request.META.get("REMOTE_ADDR", ""))


class PersonThrottle(BaseThrottle):
    """429 with Retry-After past `API_RATE` a minute, whatever the number of the person's tokens and sessions."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.method not in ("GET", "HEAD"):
            cost = WRITE_COST
        elif request.query_params.get("format", "json") != "json" and "page_size" not in request.query_params:
            cost = EXPORT_COST
        else:
            cost = 1
        return count(f"api:{request.user.pk}", WINDOW_SECONDS, cost) <= settings.API_RATE

    def wait(self) -> float:
        return float(seconds_left(WINDOW_SECONDS))
