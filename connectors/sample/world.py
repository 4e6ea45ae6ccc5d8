"""Who and what there is: customers, services, teams, projects and how well each does, before any fact is written."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import polars as pl

from connectors.sample import demo
from connectors.sample.columns import Bools, Floats, Ints, codes, ranks
from connectors.sample.sizes import Size
from connectors.sample.window import MONTHS, Window

SEED = 20_260_101
CURRENCIES = ("EUR", "SEK", "USD")
EUR_VALUE = np.array([1.0, 0.088, 0.92])
"""What one unit of each currency is worth in EUR, roughly; the exact monthly rates are in fx_rates."""


@dataclass(frozen=True, slots=True)
class Customers:
    """`health` (customer, month) drives what customers say, use, buy and reach; 0 is bad and 1 is good."""

    code: pl.Series
    name: list[str]
    segment: list[str]
    country: list[str]
    acquired: Ints
    """First month as a customer, counted from the first month of the window."""
    left: Ints
    """First month no longer a customer; beyond the window for those that stay."""
    importance: Ints
    currency: Ints
    arr: Floats
    """Recurring revenue at the start in EUR."""
    health: Floats


@dataclass(frozen=True, slots=True)
class Projects:
    """Plan, progress and pull of each project; months are counted from the first month of the window."""

    code: pl.Series
    name: list[str]
    program: Ints
    service: Ints
    team: Ints
    currency: Ints
    budget: Floats
    cost_index: Floats
    start: Ints
    plan: Ints
    """Planned months."""
    actual: Ints
    """Months the work takes (cut short where cancelled)."""
    full: Ints
    """Months the work would take to the end."""
    rows: Ints
    """Rows of project_months."""
    priority: Ints
    impact: Floats
    diligence: Floats
    """How surely reports come and dates are kept, 0 to 1."""
    cancelled: Bools
    on_hold: Bools

    @property
    def begun(self) -> Bools:
        """Projects that have begun before the as-of day."""
        return self.start < MONTHS

    @property
    def finished(self) -> Bools:
        """Projects whose last month lies before the last month of the window."""
        return self.start + self.actual < MONTHS

    @property
    def running_until(self) -> Ints:
        """First month in which the project does not run any more, at most the end of the window."""
        return np.minimum(self.start + self.actual, MONTHS)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Services that customers use, sorted by service; months as in `Customers`."""

    service: Ints
    customer: Ints
    since: Ints
    until: Ints


@dataclass(frozen=True, slots=True)
class Links:
    """Customers that a project works for, sorted by project; each uses the project's service."""

    project: Ints
    customer: Ints


@dataclass(frozen=True, slots=True)
class World:
    """Everything the feeds agree on."""

    size: Size
    window: Window
    teams: list[str]
    portfolio_code: pl.Series
    portfolio_name: list[str]
    portfolio_parent: Ints
    """Row of the parent portfolio, -1 at the top; programs come after portfolios."""
    service_code: pl.Series
    service_name: list[str]
    service_team: Ints
    customers: Customers
    projects: Projects
    pairs: Pairs
    links: Links

    def rng(self, feed: str) -> np.random.Generator:
        """Return the feed's own stream of random numbers, the same on every call."""
        return stream(self.size.name, feed)

    def slots(self, tail: int = 0) -> tuple[Ints, Ints]:
        """Return (project, month) of every month in which a begun project runs, and `tail` months after it."""
        projects = self.projects
        begun = np.flatnonzero(projects.begun)
        until = np.minimum(projects.running_until[begun] + tail, MONTHS)
        group, place = ranks(until - projects.start[begun])
        return begun[group], projects.start[begun][group] + place

    def first_link(self) -> tuple[Ints, Ints]:
        """Return, by project, the place of its first link and its number of links."""
        counts = np.bincount(self.links.project, minlength=len(self.projects.name))
        return np.cumsum(counts) - counts, counts

    def health_at(self, customer: Ints, month: Ints) -> Floats:
        """Return the health of customers in months (cut to the window)."""
        return self.customers.health[customer, np.clip(month, 0, MONTHS - 1)]


def stream(size: str, feed: str) -> np.random.Generator:
    """Return a stream of random numbers that depends on size and feed only."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([SEED, zlib.crc32(f"{size}/{feed}".encode())])))


def world_make(size: Size, window: Window) -> World:
    """Return the made-up company of one size."""
    named = size.name == "demo"
    if named:
        teams = [team for _, _, team in demo.SERVICES]
        service_code = pl.Series([code for code, _, _ in demo.SERVICES])
        service_name = [name for _, name, _ in demo.SERVICES]
    else:
        teams = [f"{demo.THEMES[i % len(demo.THEMES)]} team {i // len(demo.THEMES) + 1}" for i in range(size.teams)]
        service_code = codes("S", size.services, 3)
        service_name = [
            f"{demo.THEMES[i % len(demo.THEMES)]} service {i // len(demo.THEMES) + 1}" for i in range(size.services)
        ]
    service_team = np.arange(size.services) % size.teams
    portfolio_code, portfolio_name, portfolio_parent = tree(size, named=named)
    customers = demo_customers() if named else many_customers(size)
    pairs = pairs_make(size, customers)
    projects = demo_projects(service_team) if named else many_projects(size, service_team)
    return World(
        size=size,
        window=window,
        teams=teams,
        portfolio_code=portfolio_code,
        portfolio_name=portfolio_name,
        portfolio_parent=portfolio_parent,
        service_code=service_code,
        service_name=service_name,
        service_team=service_team,
        customers=customers,
        projects=projects,
        pairs=pairs,
        links=links_make(size, projects, pairs),
    )


def tree(size: Size, *, named: bool) -> tuple[pl.Series, list[str], Ints]:
    """Return codes, names and parents of portfolios, then of programs."""
    if named:
        listed = [*demo.PORTFOLIOS, *((code, name) for code, name, _ in demo.PROGRAMS)]
        parents = [-1] * len(demo.PORTFOLIOS) + [parent for _, _, parent in demo.PROGRAMS]
        return pl.Series([code for code, _ in listed]), [name for _, name in listed], np.array(parents)
    top = codes("PF", size.portfolios, 3)
    below = codes("PG", size.programs, 4)
    names = [f"{demo.THEMES[i % len(demo.THEMES)]} portfolio {i + 1}" for i in range(size.portfolios)]
    names += [f"{demo.THEMES[(i * 7) % len(demo.THEMES)]} program {i + 1}" for i in range(size.programs)]
    parent = np.concatenate([np.full(size.portfolios, -1), np.arange(size.programs) % size.portfolios])
    return pl.concat([top, below]), names, parent


def demo_customers() -> Customers:
    """Return the named customers."""
    listed = demo.CUSTOMERS
    rng = stream("demo", "customers")
    month = np.arange(MONTHS)
    level = np.array([c.level for c in listed])[:, None]
    slope = np.array([c.slope for c in listed])[:, None]
    shock = np.array([c.shock for c in listed])[:, None]
    health = level + slope * month / MONTHS + shock * np.clip((month - 26) / 5, 0, 1)
    codes_ = [f"C-{c.name.split()[0].upper().replace('Ä', 'A')}" for c in listed]
    return Customers(
        code=pl.Series(codes_),
        name=[c.name for c in listed],
        segment=[c.segment for c in listed],
        country=[c.country for c in listed],
        acquired=np.array([MONTHS - c.acquired_months_ago for c in listed]),
        left=np.array([MONTHS - c.left_months_ago if c.left_months_ago else 10**6 for c in listed]),
        importance=np.array([c.importance for c in listed]),
        currency=np.array([country_currency(c.country) for c in listed]),
        arr=np.array([float(c.arr) for c in listed]),
        health=np.clip(health + wobble(rng, len(listed), 0.035), 0.05, 0.97),
    )


def many_customers(size: Size) -> Customers:
    """Return as many customers as the size has; one in twelve leaves, one in ten arrives inside the window."""
    rng = stream(size.name, "customers")
    n = size.customers
    order = np.arange(n)
    country = [demo.COUNTRIES[i] for i in rng.integers(0, len(demo.COUNTRIES), n)]
    new = rng.random(n) < 0.10
    gone = ~new & (rng.random(n) < 0.09)
    level = rng.normal(0.58, 0.12, n) - 0.12 * gone
    slope = rng.normal(0.05, 0.15, n) - 0.2 * gone
    month = np.arange(MONTHS)
    firsts, lasts = len(demo.COMPANY_FIRST), len(demo.COMPANY_LAST)
    return Customers(
        code=codes("C", n, 4),
        name=[f"{demo.COMPANY_FIRST[i % firsts]} {demo.COMPANY_LAST[i // firsts % lasts]} {i + 1}" for i in order],
        segment=[demo.SEGMENTS[i] for i in rng.integers(0, len(demo.SEGMENTS), n)],
        country=country,
        acquired=np.where(new, rng.integers(2, 24, n), -rng.integers(1, 120, n)),
        left=np.where(gone, rng.integers(14, 35, n), 10**6),
        importance=rng.integers(1, 6, n),
        currency=np.array([country_currency(code) for code in country]),
        arr=np.round(np.exp(rng.normal(13.0, 0.8, n)), -3),
        health=np.clip(level[:, None] + slope[:, None] * (month - 12) / MONTHS + wobble(rng, n, 0.05), 0.05, 0.97),
    )


def wobble(rng: np.random.Generator, rows: int, width: float) -> Floats:
    """Return a slow random walk around 0 for each row, as long as the window."""
    steps = rng.normal(0, width, (rows, MONTHS))
    walk = np.zeros((rows, MONTHS))
    for month in range(1, MONTHS):
        walk[:, month] = 0.8 * walk[:, month - 1] + steps[:, month]
    return walk


def country_currency(country: str) -> int:
    """Return the place in `CURRENCIES` of the currency a country is billed in."""
    return {"SE": 1, "US": 2}.get(country, 0)


def pairs_make(size: Size, customers: Customers) -> Pairs:
    """Return which customer uses which service: an equal number for each customer, services taken in turn."""
    n = len(customers.name)
    if size.name == "demo":
        wanted = ([0, 1, 5], [1, 3, 5], [1, 4, 5], [2, 3, 1], [0, 1, 4], [0, 1, 2], [2, 3, 4], [1, 4, 5], [3, 4, 1],
                  [2, 3, 4], [1, 4], [0, 1, 2])  # fmt: skip
        customer = np.concatenate([np.full(len(w), c) for c, w in enumerate(wanted)])
        service = np.concatenate([np.array(w) for w in wanted])
    else:
        each = min(size.pairs_per_customer, size.services)
        customer = np.repeat(np.arange(n), each)
        step = max(1, size.services // each)
        service = (customer * 7 + np.tile(np.arange(each), n) * step) % size.services
    order = np.lexsort((customer, service))
    customer, service = customer[order], service[order]
    return Pairs(service=service, customer=customer, since=customers.acquired[customer], until=customers.left[customer])


def demo_projects(service_team: Ints) -> Projects:
    """Return the named projects."""
    listed = demo.PROJECTS
    n = len(listed)
    plan = np.array([p.plan for p in listed])
    full = np.maximum(1, np.round(plan * np.array([p.late for p in listed])).astype(int))
    service = np.array([p.service for p in listed])
    name = [p.name for p in listed]
    cancelled = np.array([p == "Fleet claims pilot" for p in name])
    on_hold = np.array([p == "Developer portal" for p in name])
    start = np.array([p.start for p in listed])
    actual = np.where(cancelled, 7, np.where(on_hold, 5, full))
    diligence = np.clip(0.98 - 0.25 * (np.arange(n) % 5 == 3) - 0.12 * (np.arange(n) % 7 == 2), 0, 1)
    return Projects(
        code=codes("P-", n, 2),
        name=name,
        program=len(demo.PORTFOLIOS) + np.arange(n) // 5,
        service=service,
        team=service_team[service],
        currency=np.array([CURRENCIES.index(p.currency) for p in listed]),
        budget=np.array([float(p.budget) for p in listed]),
        cost_index=np.array([p.cost_index for p in listed]),
        start=start,
        plan=plan,
        actual=actual,
        full=full,
        rows=np.maximum(plan, full),
        priority=np.array([p.priority for p in listed]),
        impact=np.array([p.impact for p in listed]),
        diligence=diligence,
        cancelled=cancelled,
        on_hold=on_hold,
    )


def many_projects(size: Size, service_team: Ints) -> Projects:
    """Return as many projects as the size has, 36 rows of project months each on average, exactly."""
    rng = stream(size.name, "projects")
    n = size.projects
    half = rng.integers(0, 19, (n + 1) // 2)
    rows = 36 + np.stack([half, -half], axis=1).ravel()[:n]
    if n % 2:
        rows[-1] = 36
    start = np.floor(rng.random(n) * np.minimum(30, 60 - rows + 1)).astype(np.int64)
    late = np.clip(rng.normal(1.08, 0.12, n), 0.88, 1.45)
    plan = np.where(late > 1, np.round(rows / late), rows).astype(np.int64)
    full = np.where(late > 1, rows, np.round(rows * late)).astype(np.int64)
    cancelled = rng.random(n) < 0.03
    on_hold = ~cancelled & (rng.random(n) < 0.02)
    cut = np.maximum(3, full // 3)
    themes, things = len(demo.THEMES), len(demo.THINGS)
    service = rng.integers(0, size.services, n)
    impact = np.where(rng.random(n) < 0.12, 0.0, rng.gamma(0.9, 1.1, n)) * np.where(rng.random(n) < 0.08, -1, 1)
    return Projects(
        code=codes("P", n, 5),
        name=[
            f"{demo.THEMES[i % themes]} {demo.THINGS[i // themes % things]} {i // (themes * things) + 1}"
            for i in range(n)
        ],
        program=size.portfolios + np.arange(n) % size.programs,
        service=service,
        team=service_team[service],
        currency=rng.choice(3, n, p=[0.7, 0.2, 0.1]),
        budget=np.round(np.exp(rng.normal(13.2, 0.8, n)), -4) + 50_000,
        cost_index=np.clip(rng.normal(0.97, 0.10, n), 0.6, 1.3),
        start=start,
        plan=plan,
        actual=np.where(cancelled | on_hold, cut, full),
        full=full,
        rows=rows,
        priority=rng.integers(0, 10, n),
        impact=impact,
        diligence=np.clip(rng.normal(0.86, 0.12, n), 0.3, 1),
        cancelled=cancelled,
        on_hold=on_hold,
    )


def links_make(size: Size, projects: Projects, pairs: Pairs) -> Links:
    """Return the customers of each project: users of its service that were customers when it ended or started."""
    rng = stream(size.name, "links")
    n = len(projects.name)
    first = np.searchsorted(pairs.service, projects.service)
    count = np.searchsorted(pairs.service, projects.service, side="right") - first
    far = (projects.impact < 0) | (projects.impact > 1.5)
    each = np.minimum(size.links_per_project + 2 * far, count)
    group, place = ranks(each)
    begin = np.floor(rng.random(n) * count).astype(np.int64)
    position = first[group] + (begin[group] + place) % count[group]
    customer = pairs.customer[position]
    served = (pairs.until[position] > projects.start[group] + 2) & (
        pairs.since[position] < projects.start[group] + projects.rows[group]
    )
    keep = served | (place == 0)
    return Links(project=group[keep], customer=customer[keep])
