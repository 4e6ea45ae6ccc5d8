"""Every figure of the reference company is the sum of the rows that explain shows behind it."""

import dataclasses

import pytest

from metrics.columns import Facts
from metrics.frame import Frame
from metrics.parts import Piece, Sum
from metrics.registry import metrics
from tests.metrics.readding import differences, frame_of
from tests.metrics.stored.company import AS_OF, Company

PERIODS = ("2025-Q2", "2026-Q1", "2026-Q2", "2026-06", "2026-07", "2025")


@pytest.mark.parametrize("period", PERIODS)
def test_rows_re_add_to_every_figure(company: Company, period: str) -> None:
    frame = frame_of(Facts(), period, AS_OF)

    found = [line for key in metrics() for line in differences(frame, key)]

    assert found == []


def test_a_row_with_a_wrong_weight_would_be_seen(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(self: Sum, frame: Frame, kind: str) -> list[Piece]:
        return [dataclasses.replace(piece, weight=piece.weight * 2) for piece in pieces(self, frame, kind)]

    pieces = Sum.pieces
    monkeypatch.setattr(Sum, "pieces", doubled)

    assert list(differences(frame_of(Facts(), "2026-Q2", AS_OF), "milestones_on_time_rate"))
