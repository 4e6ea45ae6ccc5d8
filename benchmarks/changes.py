"""One small change of one row of each feed, forth and back: what the benchmarks import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


def _one_more(text: str) -> str:
    return str(round(float(text) + 1.0, 2))


def _one_less(text: str) -> str:
    return str(round(float(text) - 1.0, 2))


def _a_little_more(text: str) -> str:
    return str(round(float(text) + 0.01, 4))


def _a_little_less(text: str) -> str:
    return str(round(float(text) - 0.01, 4))


def _flag(text: str) -> str:
    return "false" if text == "true" else "true"


def _minute(text: str) -> str:
    """The same instant with the other one of two minutes of its last pair."""
    minute = int(text[14:16])
    return f"{text[:14]}{minute ^ 1:02d}{text[16:]}"


def _day(text: str) -> str:
    """The same date or instant on the other one of two days that follow each other."""
    return f"{text[:8]}{int(text[8:10]) ^ 1:02d}{text[10:]}"


def _above(least: float) -> Callable[[str], bool]:
    return lambda text: bool(text) and float(text) > least


def _is_flag(text: str) -> bool:
    return text in ("true", "false")


def _is_day(text: str) -> bool:
    return bool(text) and 10 <= int(text[8:10]) <= 25


@dataclass(frozen=True, slots=True)
class Change:
    """The column that is changed, which rows may be taken, and the change forth and back."""

    column: str
    is_free: Callable[[str], bool]
    forth: Callable[[str], str]
    back: Callable[[str], str]


def _number(column: str, least: float = 10) -> Change:
    return Change(column, _above(least), _one_more, _one_less)


def _either(column: str, is_free: Callable[[str], bool], turn: Callable[[str], str]) -> Change:
    return Change(column, is_free, turn, turn)


CHANGES: Final[dict[str, Change]] = {
    "project_months": _number("actual_cost"),
    "person_months": _number("hours"),
    "defects": Change("validity", lambda text: text == "valid", lambda _: "duplicate", lambda _: "valid"),
    "survey_responses": Change("score", lambda text: bool(text) and 3 <= float(text) <= 4, _one_more, _one_less),
    "ledger": _number("amount"),
    "incident_impacts": Change("degradation", lambda text: text == "1", lambda _: "0.5", lambda _: "1"),
    "incidents": _either("restored_at", bool, _minute),
    "capacity": _number("hours"),
    "status_reports": Change("rag", lambda text: text == "green", lambda _: "red", lambda _: "green"),
    "adoption": _number("active_users"),
    "standard_checks": _either("passed", _is_flag, _flag),
    "contributions": Change("effect", _above(0.1), _a_little_more, _a_little_less),
    "work_items": _either("finished_at", bool, _minute),
    "outcome_measurements": _number("value"),
    "contracts": _number("annual_value"),
    "revenue_events": _number("delta_arr"),
    "milestones": _either("actual_on", _is_day, _day),
    "benefits": _number("realised"),
    "deployments": _either("failed", _is_flag, _flag),
    "people": _either("hired_on", _is_day, _day),
    "releases": _either("released_at", _is_day, _day),
    "development_plans": Change("measurable_goals", lambda text: text == "1", lambda _: "0", lambda _: "1"),
}
"""By feed, the large ones first."""
