"""The contribution ledger over time: its state at every period's start and end, from stored facts.

The arithmetic at one instant is metrics.formulas.contribution; here facts are put into its places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metrics.columns import Floats, Mask, Table, choice
from metrics.formulas.contribution import Hierarchy, Ledger, Method, Movement, ledger, movement
from metrics.frame import Frame, Spread

METHODS: Final[tuple[Method, ...]] = ("proportional", "shapley")
FEEDS: Final = ("contributions", "outcomes", "outcome_measurements", "initiatives", "customers", "projects")
EVIDENCED: Final = ("before_after", "customer_confirmed")


@dataclass(frozen=True)
class Instants:
    """Latest rows before each of the grain's instants: the first period's start, then every T."""

    days: Floats

    @classmethod
    def of(cls, frame: Frame) -> Instants:
        return cls(np.concatenate([frame.grain.start[:1], frame.grain.cut]))

    def latest(self, owner: NDArray[np.integer], day: Floats, owners: int) -> NDArray[np.int64]:
        """Position of each owner's latest row with day < instant, -1 for none: shape (instants, owners)."""
        order = np.lexsort((day, owner))
        span = 1 << 33
        shift = 1 << 32
        key = owner[order].astype(np.int64) * span + day[order].astype(np.int64) + shift
        asked = np.arange(owners, dtype=np.int64)[None, :] * span + self.days[:, None].astype(np.int64) + shift
        at = np.searchsorted(key, asked.ravel(), side="left") - 1
        position = np.where(at >= 0, order[np.maximum(at, 0)], -1) if len(order) else np.full(len(at), -1)
        mine = np.tile(np.arange(owners), len(self.days))
        same = position >= 0
        same[same] = owner[position[same]] == mine[same]
        return np.where(same, position, -1).reshape(len(self.days), owners)


class LedgerStates:
    """Ledgers of one method at every instant of a frame, with the rows they come from.

    `claims` are the contributions rows, `outcomes` the outcomes rows, both with initiative and
    customer; `in_force[i]` is for each (project, outcome) pair its row in force at instant i, -1 none.
    """

    def __init__(self, frame: Frame, method: Method, evidenced_only: bool = False) -> None:
        initiatives = frame.table("initiatives")
        outcomes = frame.table("outcomes")
        customer = initiatives.customer[outcomes.initiative] if len(outcomes) else outcomes.initiative
        self.frame = frame
        self.outcomes: Table = outcomes.plus(customer=customer)
        claims = frame.table("contributions")
        self.claims: Table = claims.plus(
            initiative=outcomes.initiative[claims.outcome] if len(claims) else claims.outcome,
            customer=customer[claims.outcome] if len(claims) else claims.outcome,
        )
        span = max(len(outcomes), 1)
        pair_key = claims.project.astype(np.int64) * span + claims.outcome
        self.pairs, pair = np.unique(pair_key, return_inverse=True)
        self.pair_project = self.pairs // span
        self.pair_outcome = self.pairs % span
        instants = Instants.of(frame)
        self.in_force = instants.latest(pair, claims.valid_from, len(self.pairs))
        measured = frame.table("outcome_measurements")
        latest = instants.latest(measured.outcome, measured.measured_on, len(outcomes))
        hierarchy = Hierarchy(
            initiative=outcomes.initiative.astype(np.int64),
            customer=initiatives.customer.astype(np.int64),
            weight=outcomes.weight,
            initiative_weight=initiatives.weight,
            importance=frame.table("customers").importance,
        )
        evidence = np.isin(claims.evidence, [choice("contributions", "evidence", word) for word in EVIDENCED])
        claimed_only = claims.evidence == choice("contributions", "evidence", "claimed")
        self.evidenced: Mask = evidence
        self.ledgers: list[Ledger] = []
        for place, day in enumerate(instants.days):
            row = self.in_force[place]
            effect = np.where(row >= 0, claims.effect[np.maximum(row, 0)], np.nan) if len(claims) else np.zeros(0)
            if evidenced_only and len(claims):
                effect = np.where((row >= 0) & claimed_only[np.maximum(row, 0)], 0.0, effect)
            at = latest[place]
            value = (
                np.where(at >= 0, measured.value[np.maximum(at, 0)], np.nan)
                if len(measured)
                else np.full(len(at), np.nan)
            )
            started = np.isnan(outcomes.start_on) | (outcomes.start_on < day)
            self.ledgers.append(
                ledger(
                    hierarchy=hierarchy,
                    value=value,
                    baseline=outcomes.baseline,
                    target=outcomes.target,
                    started=started,
                    outcome=self.pair_outcome,
                    effect=effect,
                    method=method,
                )
            )

    @classmethod
    def of(cls, frame: Frame, method: Method) -> LedgerStates:
        """The states of a frame, made once."""
        key = ("ledger", method)
        if key not in frame._memo:
            frame._memo[key] = cls(frame, method)
        return frame._memo[key]

    def ends(self, places: Iterable[int] | None = None) -> Iterator[tuple[int, Ledger, Movement]]:
        """For each period (or those numbers) its number, the ledger at T, and what moved since the period's start."""
        for place in range(self.frame.count) if places is None else places:
            before, after = self.ledgers[place], self.ledgers[place + 1]
            yield place, after, movement(before, after)

    def claim_rows(self, values: NDArray[np.float64], kept: NDArray[np.bool_]) -> Spread:
        """Values of pairs, shape (periods, pairs), beside the claim row in force at T (else at the start)."""
        period, pair = np.nonzero(kept)
        at = self.in_force[period + 1, pair]
        at = np.where(at >= 0, at, self.in_force[period, pair])
        return Spread(at, period, values[period, pair])

    def outcome_rows(self, values: NDArray[np.float64], kept: NDArray[np.bool_]) -> Spread:
        """Values of outcomes, shape (periods, outcomes), beside their rows."""
        period, outcome = np.nonzero(kept)
        return Spread(outcome, period, values[period, outcome])

    def stacked(self, name: str) -> NDArray[np.float64]:
        """One array of the ledgers at every T: shape (periods, pairs or outcomes)."""
        return np.stack([getattr(after, name) for after in self.ledgers[1:]])

    def moved(self, name: str) -> NDArray[np.float64]:
        """One array of the movements of every period: shape (periods, pairs or outcomes)."""
        return np.stack([getattr(step, name) for _, _, step in self.ends()])
