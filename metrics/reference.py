"""Comparison of computed values with published result files, record for record."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from metrics.cells import NO_DATA, NOT_DUE, STATES
from metrics.engine import Block
from metrics.periods import Period
from metrics.scopes import ScopeSet

KEY: Final = ("metric", "component", "version", "scope_kind", "scope", "period")
NUMBERS: Final = ("value", "numerator", "denominator", "n")
ABSOLUTE: Final = 1e-6
RELATIVE: Final = 1e-9

Record = dict[str, str]
Key = tuple[str, ...]


def same_number(found: str, expected: str) -> bool:
    """Equal within 1e-6 absolute or 1e-9 relative, whichever is larger; blank equals blank only."""
    if not found or not expected:
        return found == expected
    a, b = float(found), float(expected)
    return abs(a - b) <= max(ABSOLUTE, RELATIVE * max(abs(a), abs(b)))


@dataclass
class Comparison:
    """How one result file compares: matched, total, and what differs in words."""

    name: str
    matched: int = 0
    total: int = 0
    differences: list[str] = field(default_factory=list)
    by_metric: dict[str, list[int]] = field(default_factory=dict)

    def add(self, what: str, difference: str | None, metric: str = "") -> None:
        counts = self.by_metric.setdefault(metric, [0, 0])
        self.total += 1
        counts[1] += 1
        if difference is None:
            self.matched += 1
            counts[0] += 1
        else:
            self.differences.append(f"{what}: {difference}")

    @property
    def is_complete(self) -> bool:
        return self.matched == self.total


def read_rows(path: Path) -> list[Record]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row_difference(found: Mapping[str, str] | None, expected: Mapping[str, str], numbers: Iterable[str]) -> str | None:
    """The first thing that differs, in words; None when all agrees."""
    if found is None:
        return "is missing"
    numeric = set(numbers)
    for name, wanted in expected.items():
        have = found.get(name, "")
        if not (same_number(have, wanted) if name in numeric else have == wanted):
            return f"{name} is {have or 'blank'}, expected {wanted or 'blank'}"
    return None


def compare_values(
    name: str, expected: Iterable[Record], found: Mapping[Key, Record], due: Period | None
) -> Comparison:
    """Value records against the found ones; a cell that is not stored reads no_data (or not_due)."""
    result = Comparison(name)
    for row in expected:
        key = tuple(row[column] for column in KEY)
        have = found.get(key)
        if have is None:
            status = "not_due" if due is not None and Period.parse(row["period"]).start >= due.start else "no_data"
            have = {**dict.fromkeys((*NUMBERS, "reason"), ""), "status": status}
        expected_rest = {column: row[column] for column in (*NUMBERS, "status", "reason")}
        result.add(" ".join(key), row_difference(have, expected_rest, NUMBERS), row["metric"])
    return result


def number_text(value: float) -> str:
    """Shortest text that reads back as the same float; blank for NaN."""
    return "" if math.isnan(value) else repr(float(value))


def block_records(block: Block, scopes: ScopeSet, codes: Mapping[int, str]) -> Iterator[tuple[Key, Record]]:
    """Records of one block, by their key, cells without any row left out."""
    cells = block.cells
    for s, identity in enumerate(scopes.ids.tolist()):
        for p, period in enumerate(block.grain.periods):
            state = int(cells.state[s, p])
            if state in (NO_DATA, NOT_DUE):
                continue
            status, reason = STATES[state]
            key = (
                block.metric.key,
                block.component,
                str(block.metric.version),
                block.scope_kind,
                codes.get(identity, ""),
                period.code,
            )
            yield (
                key,
                {
                    "value": number_text(cells.value[s, p]),
                    "numerator": number_text(cells.numerator[s, p]),
                    "denominator": number_text(cells.denominator[s, p]),
                    "n": "" if cells.n[s, p] < 0 else str(int(cells.n[s, p])),
                    "status": status,
                    "reason": reason,
                },
            )
