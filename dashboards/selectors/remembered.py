"""Answers a process remembers while neither the published run nor any fact has changed.

Both are read with every request, in its own moment, so an answer is right or absent: a run, or an import of a single
row, changes the key. Only readers of everything share answers, and only with those who may read rows about persons as
they do; what a grant opens is read anew each time.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Any, Final, TypeVar, cast

import numpy as np
from django.db import connection

from dashboards.selectors.measured import Published
from portfolio.rights import Visibility

T = TypeVar("T")
Key = tuple[Hashable, ...]

MOST_BYTES: Final = 40_000_000
"""What all answers of a process may weigh together, the least recently used go first; size L fills 29 MB."""
WEIGHED: Final = 50
"""Items of a long sequence that are weighed; the others count as the mean of these."""


@dataclass(slots=True)
class _Held:
    answer: Any
    bytes: int


_lock = Lock()
_answers: OrderedDict[tuple[str, Key], _Held] = OrderedDict()


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
        if (name, key) in _answers:
            _answers.move_to_end((name, key))
            return cast(T, _answers[name, key].answer)
    answer = make()
    held = _Held(answer, weight(answer))
    with _lock:
        _answers[name, key] = held
        _answers.move_to_end((name, key))
        _drop(name, key, most)
    return answer


def _drop(name: str, key: Key, most: int) -> None:
    """Drop what an earlier run or fact led to, which is never asked again, and what is too much."""
    mine = [k for k in _answers if k[0] == name]
    old = [k for k in mine if k[1][:4] != key[:4]]
    for each in old:
        del _answers[each]
    current = [k for k in mine if k[1][:4] == key[:4]]
    for each in current[: max(0, len(current) - most)]:
        del _answers[each]
    while len(_answers) > 1 and weighed() > MOST_BYTES:
        _answers.popitem(last=False)


def weighed() -> int:
    """Bytes of all answers that are held, estimated."""
    return sum(held.bytes for held in _answers.values())


def weight(value: Any) -> int:
    """Bytes of an answer, estimated: arrays by their data, of long sequences the first items."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    size = sys.getsizeof(value, 64)
    if isinstance(value, str | bytes | int | float | type) or value is None:
        return size
    if isinstance(value, Mapping):
        return size + _of_many(len(value), (item for pair in value.items() for item in pair), 2)
    if isinstance(value, Sequence | set | frozenset):
        return size + _of_many(len(value), iter(value), 1)
    names: Any = getattr(value, "__slots__", None) or getattr(value, "__dict__", ())
    return size + sum(weight(getattr(value, name, None)) for name in names if name != "__weakref__")


def _of_many(count: int, items: Any, each: int) -> int:
    taken = [weight(item) for item in islice(items, WEIGHED * each)]
    return int(sum(taken) * count * each / len(taken)) if taken else 0


def forget() -> None:
    """Drop all answers; for tests that write facts without a change set."""
    with _lock:
        _answers.clear()
