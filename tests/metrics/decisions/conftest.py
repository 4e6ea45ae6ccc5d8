"""People of a decision, as a fixture."""

from typing import Any

import pytest

from tests.metrics.scorecards.people import Cast, make_cast


@pytest.fixture
def cast(db: Any) -> Cast:
    """A lead, two executives, a viewer."""
    return make_cast()
