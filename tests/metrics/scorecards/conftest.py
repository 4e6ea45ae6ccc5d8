"""People of a scorecard, as a fixture."""

from typing import Any

import pytest

from tests.metrics.scorecards.people import Cast, make_cast


@pytest.fixture
def cast(db: Any) -> Cast:
    """Who drafts, who signs, who only looks."""
    return make_cast()
