"""Reading stored values: the values endpoint and the overview page, each with its floor in the same run.

    DATABASE_URL=... REDIS_URL=... python -m benchmarks.bench_read [--sizes S M L] [--requests 40]

Server time only: requests go through the whole of Django in one process, without a network. The floor of the endpoint
is raw SQL for the same records and orjson; that of the page a bare view with the same log-in whose template holds the
finished page. Product and floor take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.common import AS_OF, child, company, load, manage, say, take_turns

PAGE: Final = 100
VALUES: Final = f"/api/v1/values/?scope_kind=project&period=2026-Q2&page_size={PAGE}"


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["S", "M"], choices=["S", "M", "L"])
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--here", action="store_true", help="measure DATABASE_URL itself, which holds computed values")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.requests)))
    elif options.here:
        os.environ["EPMO_AS_OF"] = AS_OF
        report(child("bench_read", "--child", "--requests", str(options.requests)))
    else:
        for size in options.sizes:
            with company(size):
                manage("compute_metrics", "--full", "--as-of", AS_OF, "--json")
                report(child("bench_read", "--child", "--requests", str(options.requests)))


def report(found: dict[str, Any]) -> None:
    """Print what a child measured."""
    for name in ("values", "overview"):
        own, floor = found[name], found[f"{name} floor"]
        note = f"{own['queries']} queries, {own['bytes'] / 1000:.0f} kB; {load()}"
        say(f"{name}: median (p95)", f"{own['p50']:.1f} ms ({own['p95']:.1f})", note)
        say("  floor", f"{floor['p50']:.1f} ms ({floor['p95']:.1f})", f"{own['p50'] / floor['p50']:.1f} times")
    say("peak memory of the process", f"{found['peak_mb']:.0f} MB")


def measure(requests: int) -> dict[str, Any]:
    """Times of both readers and their floors, in turn."""
    from benchmarks.common import django

    django()
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, override_settings

    from portfolio.rights import Role, TokenScope
    from portfolio.services.rights import role_set
    from portfolio.services.tokens import token_create

    settings.ALLOWED_HOSTS = ["*"]
    settings.API_RATE = 1_000_000
    user, _ = User.objects.get_or_create(username="benchmark")
    role_set(user=user, role=Role.EXECUTIVE)
    _token, text = token_create(user=user, name="benchmark", scope=TokenScope.READ)
    program = Client(headers={"authorization": f"Bearer {text}"})
    person = Client()
    person.force_login(user)

    page = ok(person.get("/"))
    BARE["page"] = page.content.decode()
    calls: dict[str, Callable[[], Any]] = {
        "values": lambda: ok(program.get(VALUES)),
        "values floor": lambda: raw_values(connection),
        "overview": lambda: ok(person.get("/")),
        "overview floor": lambda: bare(person, override_settings),
    }
    found: dict[str, Any] = {}
    for name, call in calls.items():
        with CaptureQueriesContext(connection) as queries:
            body = call()
        size = len(body) if isinstance(body, bytes) else len(body.content)
        found[name] = {"queries": len(queries), "bytes": size}
    take_turns(calls, requests, found)
    return found


BARE: dict[str, str] = {}


def ok(response: Any) -> Any:
    """The response, which must be right."""
    assert response.status_code == 200, (response.status_code, response.content[:500])
    return response


def bare(person: Any, override: Any) -> Any:
    """The finished page out of a template that holds it, by a view that asks for nothing but the log-in."""
    with override(ROOT_URLCONF="benchmarks.bare_urls"):
        return ok(person.get("/"))


RAW: Final = """
SELECT %s AS metric, s.version, k.kind, k.code, s.value[14] AS value, s.numerator[14] AS numerator,
       s.denominator[14] AS denominator, s.n[14] AS n, s.state[14] AS state, s.run[14] AS run,
       (SELECT published_at FROM metrics_run r WHERE r.id = s.run[14]) AS computed_at
FROM metrics_scope k JOIN metrics_series s ON s.scope_id = k.id AND s.component_id = %s AND s.year = 2026
WHERE k.kind = 'project' AND s.state[14] <> 0 ORDER BY k.code LIMIT %s
"""


def raw_values(connection: Any) -> bytes:
    """As many records of one metric by one query, and orjson."""
    import orjson

    with connection.cursor() as cursor:
        metric = "cost_performance_index"
        cursor.execute("SELECT id FROM metrics_component WHERE metric = %s AND component = ''", [metric])
        cursor.execute(RAW, [metric, cursor.fetchone()[0], PAGE])
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
    assert len(rows) == PAGE
    return orjson.dumps({"results": [dict(zip(names, row, strict=True)) for row in rows]})


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    sys.exit(main())
