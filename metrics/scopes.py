"""Scopes: what a value is about, and which scopes each row of facts belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.columns import Facts, Table, choice

ScopeKind = Literal["enterprise", "portfolio", "program", "project", "customer", "initiative", "service", "team"]
SCOPE_KINDS: Final[tuple[ScopeKind, ...]] = (
    "enterprise",
    "portfolio",
    "program",
    "project",
    "customer",
    "initiative",
    "service",
    "team",
)
FEED_OF: Final[dict[str, str]] = {
    "portfolio": "portfolios",
    "program": "portfolios",
    "project": "projects",
    "customer": "customers",
    "initiative": "initiatives",
    "service": "services",
    "team": "teams",
}

Places = NDArray[np.int32]


@dataclass(frozen=True)
class ScopeSet:
    """The scopes of one kind that are computed, and the way from a place in the feed to them.

    `ids` are database ids in the kind's feed (0 for the enterprise); `places[k]` is the scope of
    the feed's row k, -1 when that row is not asked for.
    """

    kind: str
    ids: NDArray[np.int64]
    places: Places

    def __len__(self) -> int:
        return len(self.ids)


class Scopes:
    """Scope sets of one computation: all live scopes, or only the asked ones.

    `only` maps a kind to the database ids wanted; a kind missing from it has no scope.
    """

    def __init__(self, facts: Facts, only: Mapping[str, Iterable[int]] | None = None) -> None:
        self.facts = facts
        self._only = None if only is None else {kind: set(ids) for kind, ids in only.items()}
        self._sets: dict[str, ScopeSet] = {}
        self._ancestors: dict[str, list[Places]] = {}

    def of(self, kind: str) -> ScopeSet:
        if kind not in self._sets:
            self._sets[kind] = self._make(kind)
        return self._sets[kind]

    def _make(self, kind: str) -> ScopeSet:
        if kind == "enterprise":
            wanted = self._only is None or kind in self._only
            return ScopeSet(
                kind, np.zeros(int(wanted), dtype=np.int64), np.array([0 if wanted else -1], dtype=np.int32)
            )
        table = self.facts.table(FEED_OF[kind])
        chosen = np.ones(len(table), dtype=np.bool_)
        if kind in ("portfolio", "program"):
            chosen &= table.kind == choice("portfolios", "kind", kind)
        if self._only is not None:
            chosen &= np.isin(table.ids, np.fromiter(self._only.get(kind, ()), dtype=np.int64))
        places = np.full(len(table), -1, dtype=np.int32)
        places[chosen] = np.arange(int(chosen.sum()), dtype=np.int32)
        return ScopeSet(kind, table.ids[chosen], places)

    def ancestors(self, kind: str) -> list[Places]:
        """For each project its portfolios (or programs), one array a level, -1 where there is none."""
        if kind not in self._ancestors:
            projects, portfolios = self.facts.table("projects"), self.facts.table("portfolios")
            scopes = self.of(kind).places
            chains: list[list[int]] = []
            for place in range(len(portfolios)):
                chain, at = [], place
                while at >= 0:
                    if scopes[at] >= 0:
                        chain.append(int(scopes[at]))
                    at = int(portfolios.parent[at])
                chains.append(chain)
            depth = max((len(chain) for chain in chains), default=0)
            padded = np.full((len(portfolios) + 1, depth), -1, dtype=np.int32)
            for place, chain in enumerate(chains):
                padded[place, : len(chain)] = chain
            by_project = padded[projects.portfolio] if len(projects) else padded[:0]
            self._ancestors[kind] = [np.ascontiguousarray(by_project[:, level]) for level in range(depth)]
        return self._ancestors[kind]

    def members(self, rows: Table, kind: str) -> list[Places]:
        """Scopes of each row, one array a level (a row hangs in several portfolios), -1 for none."""
        if kind == "enterprise":
            place = 0 if len(self.of(kind)) else -1
            return [np.full(len(rows), place, dtype=np.int32)]
        if kind in ("portfolio", "program"):
            if "project" not in rows:
                return []
            return [_through(rows.project, level) for level in self.ancestors(kind)]
        places = self.of(kind).places
        if kind == "team":
            return [_through(self.team_of(rows), places)]
        if kind == "initiative" and "initiative" not in rows and "outcome" in rows:
            return [_through(_through(rows.outcome, self.facts.table("outcomes").initiative), places)]
        return [_through(rows.columns[kind], places)] if kind in rows else []

    def team_of(self, rows: Table) -> Places:
        """Team of each row: its own column, else the team of its person, else that of its service."""
        team = rows.team.copy() if "team" in rows else np.full(len(rows), -1, dtype=np.int32)
        for column, feed in (("person", "people"), ("service", "services")):
            if column in rows:
                team = np.where(team >= 0, team, _through(rows.columns[column], self.facts.table(feed).team))
        return team


def _through(places: NDArray[np.int32], lookup: NDArray[np.int32]) -> Places:
    """lookup[places], with -1 staying -1."""
    # A place of -1 finds the last one, which is -1: one pass over the rows instead of four.
    return np.append(lookup, -1).astype(np.int32)[places]
