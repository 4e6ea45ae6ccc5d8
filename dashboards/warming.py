"""Opens again what readers of everything opened last, once a run or an import has changed what it rests on.

A web process remembers what a run and the facts lead to (`dashboards.selectors.remembered`). The first opening after
either would pay for all of it; a thread of the process pays instead, within a second or two. It opens pages in the name
of who opened them, with the rights that person has now, and throws the answers away: what stays is what that very
opening would have left.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.db import DatabaseError, close_old_connections, connection
from django.http import Http404, HttpRequest
from django.test.client import RequestFactory
from django.urls import resolve
from django.utils import translation
from django_htmx.middleware import HtmxDetails

from dashboards.selectors.measured import published
from portfolio.rights import Visibility
from portfolio.selectors.moments import one_moment

log = structlog.get_logger("dashboards.warming")

MOST: Final = 6
"""Pages that are opened again, the last opened first."""
EVERY: Final = 1.0
"""Seconds between two looks."""
SHARE: Final = 0.2
"""Of its time the thread spends at most this on opening pages, however often facts change ..."""
BURST: Final = 5.0
"""... after so many seconds at once: an import changes the facts, and the run that follows changes the values."""
IDLE_AFTER: Final = 900.0
"""Seconds without a reader after which nothing is opened for anybody."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A page that somebody opened: address with its query, language, reader."""

    address: str
    language: str
    user_id: int


class Warmth:
    """The pages opened last, and the state that they were last opened for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: OrderedDict[tuple[str, str, bool], Opened] = OrderedDict()
        self._state: Hashable = None
        self._read_at = 0.0
        self._thread: threading.Thread | None = None

    def note(self, request: HttpRequest, visible: Visibility) -> None:
        """Remember that a reader of everything opened a page of values; starts the thread in a web process."""
        again = getattr(request, "opened_again", False)
        if again or not visible.reads_all or visible.user_id is None or request.method != "GET":
            return
        opened = Opened(request.get_full_path(), translation.get_language() or "", visible.user_id)
        with self._lock:
            self._read_at = time.monotonic()
            key = (opened.address, opened.language, visible.reads_people)
            self._opened[key] = opened
            self._opened.move_to_end(key)
            while len(self._opened) > MOST:
                self._opened.popitem(last=False)
            if self._thread is None and settings.PROCESS == "web":
                self._thread = threading.Thread(target=self._keep, name="warming", daemon=True)
                self._thread.start()

    def look(self) -> int:
        """Open the pages again if run or facts have changed since the last look; how many were opened.

        Cost: one query, and on a change those of the pages.
        """
        now = published()
        state = None if now is None else (now.run, now.computed_at, now.facts)
        with self._lock:
            changed, self._state = state != self._state and self._state is not None, state
            pages = list(reversed(self._opened.values())) if changed else []
        return sum(self._open(page) for page in pages)

    def _open(self, page: Opened) -> bool:
        try:
            return open_again(page)
        except (Http404, BadRequest, DatabaseError):  # gone with the facts, or its reader will see the failure
            log.info("not_warmed", address=page.address, exc_info=True)
            return False

    def _keep(self) -> None:
        left, at = BURST, time.monotonic()
        while True:
            time.sleep(max(EVERY, -left / SHARE))
            started = time.monotonic()
            left, at = min(BURST, left + SHARE * (started - at)), started
            if started - self._read_at > IDLE_AFTER:
                continue
            try:
                close_old_connections()
                self.look()
            except Exception:  # the thread outlives whatever fails in it: a page that is not warm is only slow
                log.warning("not_warmed", exc_info=True)
                connection.close()
            left -= time.monotonic() - started


def open_again(page: Opened) -> bool:
    """Open a page as its reader would, and drop the answer; False when that person may open nothing any more."""
    user = User.objects.filter(pk=page.user_id, is_active=True).first()
    if user is None:
        return False
    request: Any = RequestFactory().get(page.address)
    request.user = user
    request.htmx = HtmxDetails(request)
    request.opened_again = True
    found = resolve(request.path_info)
    with translation.override(page.language), one_moment():
        found.func(request, *found.args, **found.kwargs)
    return True


WARMTH: Final = Warmth()
