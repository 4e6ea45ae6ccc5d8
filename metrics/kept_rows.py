"""Rows of large feeds that a process keeps from one small run to the next, brought up to date by what changed since.

What is kept is right or not there. Every write of facts is a change set, its rows name it, and change sets are
committed in the order of their numbers (one lock holds them all). So the rows of a moment are those of an earlier one,
but for the rows that name a later change set: whether they were added, updated, removed or brought back. The change
set of the earlier moment must still be there, to the microsecond: after a backup was restored it is not, or another
one has its number. Full runs read everything anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import numpy as np
from django.db import connection

from portfolio.models import ChangeSet, Touched

if TYPE_CHECKING:
    from metrics.columns import Ints, Table

MOST_BYTES: Final = 256 << 20
"""Of all feeds together in one process; the feed that was not used for longest goes first."""

FEWEST_ROWS: Final = 100_000
"""Below this many a feed is read faster than it is looked after."""

MOST_CHANGED: Final = 20_000
"""Above this many changed rows all are read anew."""

LIVE: Final = "deleted_at IS NULL"


@dataclass(frozen=True, slots=True)
class Moment:
    """The newest change set of a database, as this transaction sees it."""

    database: tuple[str, str, str]
    change_set: int
    at: datetime | None

    @classmethod
    def now(cls) -> Moment:
        """Cost: one query."""
        settings = connection.settings_dict
        newest = ChangeSet.objects.order_by("-id").values_list("id", "at").first() or (0, None)
        return cls((settings["HOST"], str(settings["PORT"]), settings["NAME"]), *newest)

    def is_behind(self, now: Moment) -> bool:
        """Whether the other moment is this one, or came of it. Cost: up to one query."""
        if self.database != now.database:
            return False
        if self == now:
            return True
        return self.at is not None and ChangeSet.objects.filter(pk=self.change_set, at=self.at).exists()


class KeptRows:
    """Tables by feed, with references as database ids: what these lead to changes without the row."""

    def __init__(self, most_bytes: int = MOST_BYTES, fewest_rows: int = FEWEST_ROWS) -> None:
        self.most_bytes, self.fewest_rows = most_bytes, fewest_rows
        self._held: OrderedDict[str, tuple[Moment, Table]] = OrderedDict()

    def table(self, feed: str, select: Callable[[str], Table]) -> Table:
        """Live rows of a feed now; `select` reads the rows for which a condition holds, in the order of their ids.

        The arrays must not be written to. Call inside a transaction that sees one moment. Cost: up to four queries.
        """
        now = Moment.now()
        moment, rows = self._held.pop(feed, (None, None))
        if moment is None or rows is None or not moment.is_behind(now):
            rows = select(LIVE)
        elif moment != now:
            rows = _followed(feed, rows, moment.change_set, select)
        self._keep(feed, now, rows)
        return rows

    def forget(self) -> None:
        """Let go of everything."""
        self._held.clear()

    @property
    def bytes_held(self) -> int:
        """Size of all that is kept."""
        return sum(_size(rows) for _, rows in self._held.values())

    def _keep(self, feed: str, now: Moment, rows: Table) -> None:
        if len(rows) < self.fewest_rows:
            return
        for array in (rows.ids, *rows.columns.values()):
            array.flags.writeable = False
        self._held[feed] = (now, rows)
        while self._held and self.bytes_held > self.most_bytes:
            self._held.popitem(last=False)


def _size(rows: Table) -> int:
    return rows.ids.nbytes + sum(array.nbytes for array in rows.columns.values())


def _followed(feed: str, rows: Table, since: int, select: Callable[[str], Table]) -> Table:
    """The rows, with those replaced, added and left out that a later change set touched."""
    if not Touched.objects.filter(change_set_id__gt=since, feed=feed).exists():
        return rows
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM portfolio_{feed} WHERE changed_in_id > %s ORDER BY id LIMIT %s", [since, MOST_CHANGED + 1]
        )
        changed: Ints = np.array([key for (key,) in cursor.fetchall()], dtype=np.int64)
    if len(changed) > MOST_CHANGED:
        return select(LIVE)
    if not len(changed):
        return rows
    stay = np.ones(len(rows), dtype=np.bool_)
    place = np.minimum(np.searchsorted(rows.ids, changed), len(rows) - 1)
    stay[place[rows.ids[place] == changed]] = False
    old = rows.take(stay)
    new = select(f"{LIVE} AND id = ANY(ARRAY[{','.join(map(str, changed.tolist()))}]::bigint[])")
    at = np.searchsorted(old.ids, new.ids)
    columns = {name: np.insert(array, at, new.columns[name]) for name, array in old.columns.items()}
    return type(rows)(feed, np.insert(old.ids, at, new.ids), columns)


KEPT: Final = KeptRows()
"""What this process keeps."""
