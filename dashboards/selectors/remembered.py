"""Answers a process remembers while neither the published run nor any fact has changed.

Both are read with every request, in its own moment, so an answer is right or absent: a run, or an import of a single
row, changes the key. Only readers of everything share answers, and only with those who may read rows about persons as
they do; what a grant opens is read anew each time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast

from django.db import connection

from dashboards.selectors.measured import Published
from portfolio.rights import Visibility

T = TypeVar("T")

_lock = Lock()
_answers: dict[str, OrderedDict[tuple[Hashable, ...], Any]] = {}


def remembered(
    name: str,
    asked: tuple[Hashable, ...],
    make: Callable[[], T],
    *,
    state: Published,
    visible_to: Visibility,
    most: int,
) -> T:
    """The answer to `asked` (all that `make` depends on beside run, facts and rights); the `most` last used are held.

    An answer is shared between requests: nobody may change it. Cost: none, or that of `make`.
    """
    if not visible_to.reads_all:
        return make()
    key = (
        connection.settings_dict["NAME"],
        state.run,
        state.computed_at,
        state.facts,
        visible_to.reads_people,
        *asked,
    )
    with _lock:
        held = _answers.setdefault(name, OrderedDict())
        if key in held:
            held.move_to_end(key)
            return cast(T, held[key])
    answer = make()
    with _lock:
        held[key] = answer
        # What an earlier run or fact led to is never asked again.
        for old in [k for k in held if k[:4] != key[:4]]:
            del held[old]
        while len(held) > most:
            held.popitem(last=False)
    return answer


def forget() -> None:
    """Drop all answers; for tests that write facts without a change set."""
    with _lock:
        _answers.clear()
