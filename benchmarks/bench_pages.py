"""Every page: server time, queries and bytes, beside a page that shows nothing, in the same run.

    DATABASE_URL=... REDIS_URL=... python -m benchmarks.bench_pages [--sizes S L] [--rounds 20]
    DATABASE_URL=... REDIS_URL=... python -m benchmarks.bench_pages --here [--only overview]

Requests go through the whole of Django in one process, without a network, each page in turn in every round. The page
beside them does what every page does (log-in, rights, the frame) and nothing more, so that times can be
compared when other work shares the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.common import AS_OF, child, company, load, manage, take_turns

QUIET: Final = "search"
"""The page that does least: the search box without words."""
GOALS: Final = {"overview": 80, "projects": 120, "projects, sorted": 120, "projects, filtered": 120}
QUERIES: Final = 12


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["S"], choices=["S", "M", "L"])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", nargs="*", default=[], help="names of pages")
    parser.add_argument("--here", action="store_true", help="measure DATABASE_URL itself, which holds computed values")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    ask = ("bench_pages", "--child", "--rounds", str(options.rounds), "--only", *options.only)
    if options.child:
        print(json.dumps(measure(options.rounds, options.only)))
    elif options.here:
        os.environ["EPMO_AS_OF"] = AS_OF
        report("this database", child(*ask))
    else:
        for size in options.sizes:
            with company(size):
                manage("compute_metrics", "--full", "--as-of", AS_OF, "--json")
                report(f"size {size}", child(*ask))


def report(label: str, found: dict[str, Any]) -> None:
    """Print what a child measured, as a table."""
    print(f"\n{label}; {load()}; peak memory of the process {found.pop('peak_mb'):.0f} MB\n")
    print("| page | median ms | p95 ms | goal p95 | times the quiet page | queries (goal 12) | kB | kB compressed |")
    print("|---|---|---|---|---|---|---|---|")
    quiet = found[QUIET]["p50"]
    for name, own in found.items():
        goal = GOALS.get(name, "")
        print(
            f"| {name} | {own['p50']:.0f} | {own['p95']:.0f} | {goal} | {own['p50'] / quiet:.1f} |"
            f" {own['queries']} | {own['bytes'] / 1000:.0f} | {own['sent'] / 1000:.1f} |",
            flush=True,
        )


def measure(rounds: int, only: list[str]) -> dict[str, Any]:
    """Times of every page, in turn."""
    from benchmarks.common import django

    django()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["*"]
    person = reader()
    calls: dict[str, Callable[[], Any]] = {
        name: lambda path=path: got(person, path)
        for name, path in pages().items()
        if not only or name in {*only, QUIET}
    }
    found: dict[str, Any] = {}
    for name, call in calls.items():
        call()  # fills what a process keeps
        with CaptureQueriesContext(connection) as queries:
            sent, whole = call()
        asked = [q["sql"] for q in queries.captured_queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        found[name] = {"queries": len(asked), "bytes": whole, "sent": sent}
    take_turns(calls, rounds, found)
    return found


def reader(name: str = "benchmark") -> Any:
    """Somebody who may read all, logged in."""
    from django.contrib.auth.models import User
    from django.test import Client

    from portfolio.rights import Role
    from portfolio.services.rights import role_set

    user, _ = User.objects.get_or_create(username=name)
    role_set(user=user, role=Role.PMO_LEAD)
    person = Client()
    person.force_login(user)
    return person


def got(person: Any, path: str) -> tuple[int, int]:
    """Bytes of an answer as sent and whole; it must be right."""
    import gzip

    response = person.get(path, headers={"accept-encoding": "gzip"})
    assert response.status_code == 200, (path, response.status_code)
    return len(response.content), len(gzip.decompress(response.content))


def pages() -> dict[str, str]:
    """Addresses by name, each of the subject with most to show."""
    from django.db import connection

    def first(statement: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone()
        return str(row[0])

    busiest = (
        "SELECT code FROM {table} x JOIN (SELECT {key} AS id, count(*) AS n FROM portfolio_{facts} GROUP BY 1) f"
        " ON f.id = x.id WHERE x.deleted_at IS NULL ORDER BY n DESC, code LIMIT 1"
    )
    from portfolio.feeds import FEEDS

    def most(feed: str, facts: str, key: str) -> str:
        return first(busiest.replace("portfolio_{facts}", FEEDS[facts].table).format(table=FEEDS[feed].table, key=key))

    project = most("projects", "defects", "project_id")
    customer = most("customers", "initiatives", "customer_id")
    initiative = most("initiatives", "outcomes", "initiative_id")
    incident = first(
        f"SELECT code FROM {FEEDS['incidents'].table} ORDER BY restored_at - started_at DESC NULLS LAST, 1"
    )
    portfolio = most("portfolios", "projects", "portfolio_id")
    return {
        QUIET: "/search/",
        "overview": "/",
        "customers": "/customers/",
        "customer": f"/customers/{customer}/",
        "incidents": "/incidents/",
        "incident": f"/incidents/{incident}/",
        "scorecards": "/scorecards/",
        "decisions": "/decisions/",
        "decision, new": "/decisions/new/",
        "projects": "/projects/",
        "projects, sorted": "/projects/?sort=-points&page=3",
        "projects, filtered": "/projects/?q=a&state=active",
        "project": f"/projects/{project}/",
        "portfolio": f"/portfolios/{portfolio}/",
        "initiatives": "/initiatives/",
        "initiative": f"/initiatives/{initiative}/",
        "people": "/people/",
        "metrics": "/metrics/",
        "metric": "/metrics/cost_performance_index/",
        "data": "/data/",
        "explain": f"/explain/defect_time_to_fix/?scope=project:{project}",
        "explain, index": "/explain/customer_success_index/?scope=enterprise:",
        "search, words": "/search/?q=port",
    }


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    sys.exit(main())
