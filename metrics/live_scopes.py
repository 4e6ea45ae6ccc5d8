"""Scopes that are live and inside somebody's rights, in the order of their codes (bytes of UTF-8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from metrics.scopes import FEED_OF
from portfolio.feeds import FEEDS
from portfolio.rights import Visibility

MOST_AT_ONCE: Final = 500


@dataclass(frozen=True)
class LiveScopes:
    """Scopes of a kind, in order."""

    kind: str
    ids: NDArray[np.int64]
    codes: tuple[str, ...]
    is_last: bool = True
    """Whether none come after these."""

    @classmethod
    def of(cls, kind: str, rows: Sequence[tuple[Any, ...]], is_last: bool = True) -> LiveScopes:
        """From rows of which the first two columns are id and code."""
        return cls(kind, np.array([row[0] for row in rows], dtype=np.int64), tuple(row[1] for row in rows), is_last)


_GONE: Final = (
    "WITH RECURSIVE gone AS (SELECT id FROM portfolio_portfolios WHERE deleted_at IS NOT NULL "
    "UNION SELECT p.id FROM portfolio_portfolios p JOIN gone ON p.parent_id = gone.id)"
)
"""Portfolios that are removed or hang below a removed one."""

_ABOVE: Final = {
    "portfolio": " AND f.kind = 'portfolio' AND f.id NOT IN (SELECT id FROM gone)",
    "program": " AND f.kind = 'program' AND f.id NOT IN (SELECT id FROM gone)",
    "project": " AND f.portfolio_id NOT IN (SELECT id FROM gone)",
    "initiative": " AND f.customer_id NOT IN (SELECT id FROM portfolio_customers WHERE deleted_at IS NOT NULL)",
}
"""Rows that refer to a removed row have left the computation (facts.md, import rule 3).

A portfolio that was made a program (or the other way round) is no scope of its former kind any more.
"""


_NAMED: Final = "({})".format(
    " OR ".join(
        f"EXISTS (SELECT 1 FROM {feed.table} f WHERE f.team_id = k.object_id AND f.deleted_at IS NULL)"
        for feed in FEEDS.values()
        if any(column.kind == "team" for column in feed.columns)
    )
)
"""A team has no file: it is there as long as a row names it."""


def live_scopes(kind: str, visible_to: Visibility, codes: tuple[str, ...] | None) -> LiveScopes:
    """All of them. Cost: one query."""
    where, params = _asked(kind, visible_to, codes)
    return LiveScopes.of(
        kind,
        _rows(
            f'SELECT k.id, k.code FROM metrics_scope k WHERE {where} AND {_is_live(kind)} ORDER BY k.code COLLATE "C"',
            params,
        ),
    )


def live_batches(
    kind: str, visible_to: Visibility, codes: tuple[str, ...] | None, *, since: str = "", at_most: int = MOST_AT_ONCE
) -> Iterator[LiveScopes]:
    """The same a batch at a time, from code `since` on; each looks at `at_most` or more. Cost: one query a batch."""
    where, params = _asked(kind, visible_to, codes)
    compared = ">="
    while True:
        # Whether one is live is asked of those of the batch only: a condition would be joined with all of the kind.
        found = _rows(
            f"SELECT k.id, k.code, {_is_live(kind)} FROM (SELECT id, code, object_id FROM metrics_scope k "
            f'WHERE {where} AND k.code COLLATE "C" {compared} %s ORDER BY k.code COLLATE "C" LIMIT %s) k '
            'ORDER BY k.code COLLATE "C"',
            [*params, since, at_most],
        )
        is_last = len(found) < at_most
        yield LiveScopes.of(kind, [row for row in found if row[2]], is_last)
        if is_last:
            return
        since, compared, at_most = found[-1][1], ">", min(2 * at_most, MOST_AT_ONCE)


class Batches:
    """Batches that are read when they are come to, and then kept for whoever goes through them again."""

    def __init__(self, batches: Iterator[LiveScopes]) -> None:
        self._more = batches
        self._read: list[LiveScopes] = []

    def __iter__(self) -> Iterator[LiveScopes]:
        for place in count():
            if place == len(self._read):
                found = next(self._more, None)
                if found is None:
                    return
                self._read.append(found)
            yield self._read[place]


def _asked(kind: str, visible_to: Visibility, codes: tuple[str, ...] | None) -> tuple[str, list[Any]]:
    """Condition on scopes `k`, and its parameters."""
    allowed = visible_to.codes_of(kind)
    if allowed is not None:
        codes = tuple(allowed if codes is None else set(codes) & allowed)
    if codes is None:
        return "k.kind = %s", [kind]
    return "k.kind = %s AND k.code = ANY(%s)", [kind, list(codes)]


def _is_live(kind: str) -> str:
    if kind == "enterprise":
        return "true"
    if kind == "team":
        return _NAMED
    table, above = FEEDS[FEED_OF[kind]].table, _ABOVE.get(kind, "")
    return f"EXISTS (SELECT 1 FROM {table} f WHERE f.id = k.object_id AND f.deleted_at IS NULL{above})"


def _rows(select: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_GONE} {select}", params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
