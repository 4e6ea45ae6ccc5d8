"""What a process remembers: shared by readers of everything alone, and gone with a run or a fact."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from dashboards.selectors import remembered as module
from dashboards.selectors.measured import Published
from dashboards.selectors.remembered import forget, remembered, weighed, weight
from portfolio.rights import Role, Visibility

STATE = Published(7, date(2026, 7, 10), datetime(2026, 7, 10, tzinfo=UTC), (2026,), 40)
LEAD = Visibility(user_id=1, role=Role.PMO_LEAD)
EXECUTIVE = Visibility(user_id=2, role=Role.EXECUTIVE)
VIEWER = Visibility(user_id=3, role=Role.VIEWER, codes={"project": frozenset({"P-1"})})


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    forget()
    yield
    forget()


def asked(answer: object, *, state: Published = STATE, visible: Visibility = LEAD, what: str = "q2") -> object:
    return remembered("rows", (what,), lambda: answer, state=state, visible_to=visible, most=2)


def test_an_answer_is_shared_by_those_who_read_the_same():
    assert asked("first") == "first"
    assert asked("second", visible=replace(LEAD, user_id=9)) == "first"


def test_nobody_gets_what_was_made_with_other_rights():
    assert asked("lead") == "lead"
    assert asked("executive", visible=EXECUTIVE) == "executive"
    assert asked("viewer", visible=VIEWER) == "viewer"
    assert asked("inactive", visible=replace(LEAD, active=False)) == "inactive"
    # What a grant opened is not held for anybody, the same reader among them.
    assert asked("viewer again", visible=VIEWER) == "viewer again"
    assert asked("lead again") == "lead"


@pytest.mark.parametrize("later", [{"run": 8}, {"facts": 41}, {"computed_at": datetime(2026, 7, 11, tzinfo=UTC)}])
def test_a_run_or_a_fact_ends_it(later):
    asked("before")

    assert asked("after", state=replace(STATE, **later)) == "after"


def test_only_the_last_used_are_held():
    asked("a", what="a")
    asked("b", what="b")
    asked("a", what="a")
    asked("c", what="c")

    assert asked("new", what="a") == "a"
    assert asked("new", what="b") == "new"


def test_all_answers_together_stay_below_their_limit_and_the_last_used_stays(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 3_500)

    def made(name: str) -> bool:
        was_made = []
        remembered(name, (), lambda: was_made.append(1) or np.zeros(200), state=STATE, visible_to=LEAD, most=2)
        return bool(was_made)

    assert [made(name) for name in ("a", "b", "a", "c")] == [True, True, False, True]
    assert weighed() == 3_200
    assert [made("a"), made("c"), made("b")] == [False, False, True]


def test_an_answer_that_is_too_much_alone_is_held_until_the_next(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 1_000)

    remembered("big", (), lambda: np.zeros(500), state=STATE, visible_to=LEAD, most=2)

    assert remembered("big", (), lambda: "made anew", state=STATE, visible_to=LEAD, most=2) is not None
    assert weighed() == 4_000


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    values: tuple[float, ...]


@pytest.mark.parametrize(
    ("answer", "least", "most"),
    [
        (np.zeros((100, 10)), 8_000, 8_000),
        ([Row(f"P{i:05}", (float(i), 2.0)) for i in range(10_000)], 1_500_000, 3_000_000),
        ({"a": "b" * 1_000}, 1_000, 2_000),
        (None, 1, 100),
    ],
    ids=["array", "rows", "mapping", "none"],
)
def test_an_answer_is_weighed_with_all_that_it_holds(answer, least, most):
    assert least <= weight(answer) <= most
