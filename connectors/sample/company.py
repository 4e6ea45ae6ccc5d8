"""Writes the made-up company as fact files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from connectors.sample import books, delivery, flow, money, outages, outcomes, rules, staff, structure, voice
from connectors.sample.columns import Columns, facts_file
from connectors.sample.sizes import SIZES
from connectors.sample.window import Window
from connectors.sample.world import World, world_make


def company_write(
    *, size: str, as_of: date, folder: Path, progress: Callable[[str, int], None] = lambda feed, rows: None
) -> dict[str, int]:
    """Write all 35 feeds of one size into `folder` and return the rows of each.

    Facts end the day before `as_of`; plans may lie later. The same arguments give the same bytes. One feed is in
    memory at a time.
    """
    world = world_make(SIZES[size], Window(as_of))
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, int] = {}
    for feed, columns in feeds(world):
        rows[feed] = facts_file(folder, feed, columns)
        progress(feed, rows[feed])
    return rows


def feeds(world: World) -> Iterator[tuple[str, Columns]]:
    """Yield every feed with its columns, one after the other."""
    yield "portfolios", structure.portfolios(world)
    yield "projects", structure.projects(world)
    yield "customers", structure.customers(world)
    yield "services", structure.services(world)
    yield "service_customers", structure.service_customers(world)
    wishes = outcomes.wishes_make(world)
    yield "initiatives", outcomes.initiatives(world, wishes)
    yield "outcomes", outcomes.outcomes(world, wishes)
    yield "outcome_measurements", outcomes.outcome_measurements(world, wishes)
    yield "contributions", outcomes.contributions(world, wishes)
    work = delivery.progress_make(world)
    yield "project_months", delivery.project_months(world, work)
    yield "status_reports", delivery.status_reports(world, work)
    del work
    yield "milestones", delivery.milestones(world)
    yield "benefits", delivery.benefits(world)
    yield "work_items", flow.work_items(world)
    releases = flow.releases_make(world)
    yield "releases", flow.releases(world, releases)
    yield "defects", flow.defects(world, releases)
    deployments = flow.deployments_make(world)
    yield "deployments", flow.deployments(world, deployments)
    yield from people_feeds(world)
    yield "touchpoints", voice.touchpoints(world)
    yield "reputation_signals", voice.reputation_signals(world)
    yield "contracts", money.contracts(world)
    yield "revenue_events", money.revenue_events(world)
    yield "ledger", books.ledger(world)
    trouble = outages.outages_make(world)
    yield "incidents", outages.incidents(world, trouble, deployments)
    yield "incident_impacts", outages.incident_impacts(world, trouble)
    yield "standards", rules.standards(world)
    yield "standard_checks", rules.standard_checks(world)
    yield "adoption", voice.adoption(world)
    yield "fx_rates", money.fx_rates(world)
    yield "targets", rules.targets(world)


def people_feeds(world: World) -> Iterator[tuple[str, Columns]]:
    """Yield the feeds of people, among them what employees answer beside customers."""
    people = staff.staff_make(world)
    yield "people", staff.people(world, people)
    hours = staff.hours_make(world, people)
    yield "person_months", staff.person_months(world, people, hours)
    yield "capacity", staff.capacity(world, people, hours)
    del hours
    yield "development_plans", staff.development_plans(world, people)
    yield "ideas", staff.ideas(world)
    yield "survey_responses", voice.survey_responses(world, people)
