"""People with clients, over values written by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from metrics.models import Scorecard
from metrics.scorecards.services import (
    scorecard_change,
    scorecard_draft,
    scorecard_publish,
)
from tests.metrics.scorecards.people import Cast, make_cast
from tests.metrics.scorecards.stored import make_values


@pytest.fixture
def cast(db: Any) -> Cast:
    return make_cast()


@pytest.fixture
def client_of(cast: Cast) -> Callable[[str], Client]:
    def make(name: str) -> Client:
        client = Client()
        client.force_login(getattr(cast, name).user)
        return client

    return make


@pytest.fixture
def published(cast: Cast) -> Scorecard:
    """The enterprise's second quarter of 2026, published, with texts that a spreadsheet could run."""
    make_values()
    card, _new = scorecard_draft(period="2026-Q2", **cast.lead.who)
    scorecard_change(
        card_id=card.pk,
        revision=1,
        notes={"happened": "=1+1 went\nwell", "doing": "@SUM(A1)", "unknown": "<b>why</b>"},
        comments={"net_promoter_score": "=cmd|'/c calc'!A1", "gross_margin": "-2+3"},
        **cast.lead.who,
    )
    return scorecard_publish(card_id=card.pk, **cast.lead.who)
