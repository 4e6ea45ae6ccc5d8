"""How many of everything each size of the made-up company has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Counts of one size. Totals of large feeds are exact, the other feeds follow from the densities."""

    name: str
    portfolios: int
    programs: int
    projects: int
    customers: int
    services: int
    teams: int
    people: int
    pairs_per_customer: int
    links_per_project: int
    initiatives_per_customer: int
    # exact totals
    person_months: int
    ledger: int
    defects: int
    survey_responses: int
    employee_answers: int
    """Answers of employees, among the survey responses."""
    incidents: int
    incident_impacts: int
    revenue_events: int
    # densities
    wave_months: int
    adoption_months: int
    check_months: int
    milestones_per_project: int
    work_items_per_project: int
    deployments_per_service: int
    ideas: int

    @property
    def project_months(self) -> int | None:
        """The exact number of project months, or None where each project has its own length (demo)."""
        return None if self.name == "demo" else self.projects * 36


DEMO = Size(
    name="demo",
    portfolios=4,
    programs=8,
    projects=40,
    customers=12,
    services=6,
    teams=6,
    people=78,
    pairs_per_customer=3,
    links_per_project=3,
    initiatives_per_customer=2,
    person_months=5_600,
    ledger=5_400,
    defects=1_600,
    survey_responses=9_600,
    employee_answers=640,
    incidents=420,
    incident_impacts=1_050,
    revenue_events=84,
    wave_months=3,
    adoption_months=1,
    check_months=3,
    milestones_per_project=6,
    work_items_per_project=45,
    deployments_per_service=160,
    ideas=190,
)


def scaled(name: str, share: float) -> Size:
    """Return the size that holds `share` of size L."""

    def part(full: int, least: int = 1) -> int:
        return max(least, round(full * share))

    return Size(
        name=name,
        portfolios=part(50, 4),
        programs=part(400, 8),
        projects=part(10_000),
        customers=part(2_000),
        services=part(200),
        teams=part(300),
        people=part(20_000),
        pairs_per_customer=5,
        links_per_project=2,
        initiatives_per_customer=2,
        person_months=part(1_440_000),
        ledger=part(1_440_000),
        defects=part(1_000_000),
        survey_responses=part(1_000_000),
        employee_answers=part(80_000),
        incidents=part(300_000),
        incident_impacts=part(600_000),
        revenue_events=part(40_000),
        wave_months=6,
        adoption_months=3,
        check_months=3,
        milestones_per_project=4,
        work_items_per_project=8,
        deployments_per_service=100,
        ideas=part(10_000),
    )


SIZES: dict[str, Size] = {"demo": DEMO, "S": scaled("S", 1 / 50), "M": scaled("M", 1 / 5), "L": scaled("L", 1.0)}
