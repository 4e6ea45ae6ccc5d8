"""Some tools write 0001-01-01 or 9999-12-31 for a day that they do not know: it counts, and periods stay few."""

from pathlib import Path

from metrics.periods import Period
from metrics.selectors import state, value_get
from portfolio.rights import EVERYTHING
from tests.metrics.written import compute, deliver


def test_a_first_day_of_the_year_one_counts_and_does_not_begin_the_periods(db: None, tmp_path: Path) -> None:
    people = "\n".join(f"A{k} T-1 2026-01-01 -" for k in range(4))
    deliver(tmp_path / "facts", people=f"code team hired_on left_on\nOLD T-1 0001-01-01 9999-12-31\n{people}")

    compute(full=True)

    assert state().years[0] == 1900
    june = Period.parse("2026-06")
    found = value_get("voluntary_turnover_rate", "average_headcount", "enterprise", "", june, visible_to=EVERYTHING)
    assert found is not None
    assert (found.value, found.n) == (5.0, 5)
