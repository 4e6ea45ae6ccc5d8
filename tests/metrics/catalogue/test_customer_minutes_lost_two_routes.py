"""The same minutes and interruptions by another route: a walk over every instant at which something changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tests.metrics.builders import make_facts, measure

ORIGIN = datetime(2026, 3, 25, tzinfo=UTC)
APRIL = (datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
MAY = (APRIL[1], datetime(2026, 6, 1, tzinfo=UTC))
AS_OF = datetime(2026, 5, 10, tzinfo=UTC)
Cell = str


def text(moment: datetime | None) -> Cell:
    return "" if moment is None else moment.isoformat().replace("+00:00", "Z")


def company(random: Random) -> dict[str, list[dict[str, Cell]]]:
    """Few services and customers with many coarse intervals, so that all kinds of touching and nesting occur."""

    def moment() -> datetime:
        return ORIGIN + timedelta(hours=12 * random.randrange(110))

    incidents, impacts = [], []
    for k in range(40):
        start = moment()
        end = random.choice([None, start + timedelta(hours=12 * random.randrange(8))])
        incidents.append(
            {
                "code": f"I{k}",
                "service": random.choice(["S-1", "S-2"]),
                "started_at": text(start),
                "restored_at": text(end) if k % 4 else "",
                "planned": random.choice(["true", "false"]),
            }
        )
        for customer in ("C-1", "C-2", "C-3"):
            own = moment()
            impacts.append(
                {
                    "incident": f"I{k}",
                    "customer": customer,
                    "started_at": random.choice(["", text(own)]),
                    "ended_at": text(own + timedelta(hours=12 * random.randrange(9))),
                    "degradation": random.choice(["", "0.25", "0.5", "0.5", "1"]),
                }
            )
    served = [{"service": "S-1", "customer": "C-4", "valid_from": "2025-01-01", "valid_to": ""}]
    for service in ("S-1", "S-2"):
        for customer in ("C-1", "C-2", "C-3"):
            day = ORIGIN + timedelta(days=random.randrange(3))
            for _ in range(5):
                until = day + timedelta(days=random.randrange(12))
                served.append(
                    {
                        "service": service,
                        "customer": customer,
                        "valid_from": day.date().isoformat(),
                        "valid_to": until.date().isoformat(),
                    }
                )
                day = until + timedelta(days=random.choice([0, 0, 2]))
    return {"incidents": incidents, "incident_impacts": impacts, "service_customers": served}


def walk(rows: dict[str, list[dict[str, Cell]]], start: datetime, end: datetime) -> tuple[float, int]:
    """Minutes lost and interruptions started of all pairs, half a day at a time (all borders lie on half days)."""
    until = min(end, AS_OF)
    unplanned = [row for row in rows["incidents"] if row["planned"] == "false"]
    incidents = {row["code"]: row for row in unplanned if datetime.fromisoformat(row["started_at"]) < AS_OF}
    minutes, started = 0.0, 0

    def read(cell: Cell) -> datetime:
        return datetime.fromisoformat(cell)

    def level(service: str, customer: str, at: datetime) -> float:
        day = at.date().isoformat()
        if not any(
            row["service"] == service and row["customer"] == customer and row["valid_from"] <= day < row["valid_to"]
            for row in rows["service_customers"]
        ):
            return 0.0
        found = 0.0
        for row in rows["incident_impacts"]:
            incident = incidents.get(row["incident"])
            if incident is None or incident["service"] != service or row["customer"] != customer:
                continue
            first = read(row["started_at"] or incident["started_at"])
            last = row["ended_at"] or incident["restored_at"]
            if first <= at and (not last or at < read(last)):
                found = max(found, float(row["degradation"] or 1))
        return found

    half = timedelta(hours=12)
    for service in ("S-1", "S-2"):
        for customer in ("C-1", "C-2", "C-3"):
            before = level(service, customer, start - half)
            at = start
            while at < until:
                now = level(service, customer, at)
                minutes += now * 720
                started += before == 0 and now > 0
                before, at = now, at + half
    return minutes, started


@pytest.mark.parametrize("seed", range(6))
def test_both_routes_agree(seed: int) -> None:
    rows = company(Random(seed))
    values = measure(make_facts(**rows), "customer_minutes_lost", as_of=AS_OF.date().isoformat())

    for period, (start, end) in (("2026-04", APRIL), ("2026-05", MAY), ("2026-Q2", (APRIL[0], MAY[1]))):
        lost, started = walk(rows, start, end)
        assert values.at(period, component="customer_minutes").value == pytest.approx(lost)
        assert values.at(period, component="minutes_per_interruption")[1:3] == (lost, started)
