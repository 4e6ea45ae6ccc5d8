"""Import at size L's `project_months` and `defects` (1.36 million rows) against COPY of the same files, interleaved.

    DATABASE_URL=... python -m benchmarks.bench_import [--rounds 3] [--share 1.0]

Makes a database of its own beside the given one and drops it again. Printed per round: the import as the command does
it, the same import again (nothing changes, nothing may be written), a COPY of the same files into an indexed, logged
copy of the tables, and a bare COPY into unlogged tables without indexes; then medians, ratios and peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
PROJECTS, MONTHS, DEFECTS, SERVICES, RELEASES = 10_000, 36, 1_000_000, 200, 20_000
TYPES = {"date": "date", "instant": "timestamptz", "number": "numeric(28,10)", "bool": "boolean"}
INDEXED = {
    "project_months": (("project", "month"),),
    "defects": (("code",), ("project",), ("service",)),
}


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="share of the rows, for a quick look")
    options = parser.parse_args()
    url = os.environ["DATABASE_URL"]
    name = f"epmo_bench_import_{os.getpid()}"
    own = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    admin = psycopg2.connect(url)
    admin.autocommit = True
    admin.cursor().execute(f'CREATE DATABASE "{name}"')
    try:
        with tempfile.TemporaryDirectory() as folder:
            parents, facts = Path(folder, "parents"), Path(folder, "facts")
            rows = generate(parents, facts, options.share)
            os.environ["DATABASE_URL"] = own
            manage("migrate", "--skip-checks", "-v0")
            manage("import_facts", str(parents), "--json")
            print(f"rows {rows:,}, files {sum(f.stat().st_size for f in facts.iterdir()) / 1e6:.0f} MB")
            measure(own, facts, options.rounds)
    finally:
        admin.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def manage(*arguments: str) -> tuple[float, float, str]:
    """Run a command of ours; seconds, peak memory in MB, what it printed."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = process.stdout.read(), process.stderr.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments[0]} failed: {errors.decode()[-2000:]}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024, output.decode()


def measure(url: str, facts: Path, rounds: int) -> None:
    """Interleave the import with its floors."""
    found: dict[str, list[float]] = {"import": [], "unchanged": [], "copy_indexed": [], "copy_bare": [], "command": []}
    memory = []
    tables = [file.stem for file in sorted(facts.iterdir())]
    for place in range(rounds):
        empty(url, tables)
        found["copy_bare"].append(copy(url, facts, indexed=False))
        found["copy_indexed"].append(copy(url, facts, indexed=True))
        seconds, peak, output = manage("import_facts", str(facts), "--json")
        report = json.loads(output)
        assert report["status"] == "imported", report["errors"][:3]
        found["import"].append(report["seconds"])
        found["command"].append(seconds)
        before = written(url)
        _seconds, again, output = manage("import_facts", str(facts), "--json")
        report = json.loads(output)
        assert all(not c["created"] + c["updated"] for c in report["feeds"].values())
        assert written(url) == before, "a file that changes nothing wrote rows"
        found["unchanged"].append(report["seconds"])
        memory.append(max(peak, again))
        print(f"round {place + 1}: " + ", ".join(f"{name} {values[-1]:.2f} s" for name, values in found.items()))
    middle = {name: statistics.median(values) for name, values in found.items()}
    print("median: " + ", ".join(f"{name} {value:.2f} s" for name, value in middle.items()))
    for floor, label in (("copy_indexed", "indexed, logged COPY"), ("copy_bare", "bare, unlogged COPY")):
        ratios = [one / other for one, other in zip(found["import"], found[floor], strict=True)]
        print(f"import / {label}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"peak memory of the importing process: {max(memory):.0f} MB")


def connect(url: str) -> Any:
    """A connection that commits by itself."""
    made = psycopg2.connect(url)
    made.autocommit = True
    return made


def empty(url: str, tables: list[str]) -> None:
    """Remove what an earlier round imported."""
    with connect(url) as made, made.cursor() as cursor:
        for table in tables:
            cursor.execute(f"TRUNCATE portfolio_{table}")
        cursor.execute("CHECKPOINT")
    made.close()


def written(url: str) -> list[Any]:
    """Rows of facts and their log, with the newest change of each."""
    with connect(url) as made, made.cursor() as cursor:
        found = []
        for table in ("project_months", "defects"):
            cursor.execute(f"SELECT count(*), max(changed_in_id), max(xmin::text::bigint) FROM portfolio_{table}")
            found.append(cursor.fetchone())
        for table in ("change", "changeset", "touched"):
            cursor.execute(f"SELECT count(*) FROM portfolio_{table}")
            found.append(cursor.fetchone())
    made.close()
    return found


def copy(url: str, facts: Path, *, indexed: bool) -> float:
    """Seconds of COPY of the files into copies of the tables, with codes where the tables hold ids."""
    made = connect(url)
    total = 0.0
    with made.cursor() as cursor:
        for file in sorted(facts.iterdir()):
            columns = columns_of(file)
            cursor.execute("DROP TABLE IF EXISTS copied")
            kind = "" if indexed else "UNLOGGED"
            extra = "id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, " if indexed else ""
            cursor.execute(
                f"CREATE {kind} TABLE copied ({extra}" + ", ".join(f'"{n}" {t}' for n, t in columns.items()) + ")"
            )
            if indexed:
                for place, key in enumerate(INDEXED[file.stem]):
                    cursor.execute(f"CREATE {'' if place else 'UNIQUE '}INDEX ON copied ({', '.join(key)})")
            started = time.perf_counter()
            with file.open("rb") as stream:
                names = ", ".join(f'"{name}"' for name in columns)
                cursor.copy_expert(f"COPY copied ({names}) FROM STDIN (FORMAT csv, HEADER)", stream, 1 << 20)
            total += time.perf_counter() - started
        cursor.execute("DROP TABLE IF EXISTS copied")
    made.close()
    return total


def columns_of(file: Path) -> dict[str, str]:
    """Columns of a file with the types of their table; codes stay texts, and so do months."""
    sys.path.insert(0, str(ROOT))
    from portfolio.feeds import FEEDS

    with file.open(encoding="utf-8") as stream:
        names = stream.readline().strip().split(",")
    feed = FEEDS[file.stem]
    types = {"integer": "smallint", **TYPES}
    return {name: types.get(feed.column(name).kind, "varchar(200)") for name in names}


def generate(parents: Path, facts: Path, share: float) -> int:
    """Write the files; the same bytes for the same share."""
    parents.mkdir()
    facts.mkdir()
    rng = random.Random(20260710)
    projects, defects = max(20, round(PROJECTS * share)), round(DEFECTS * share)
    lines(parents / "portfolios.csv", "code,name,kind,parent", ["PF,All,portfolio,"])
    rows = (f"P-{i:05d},Project {i},PF,active,EUR" for i in range(projects))
    lines(parents / "projects.csv", "code,name,portfolio,status,currency", rows)
    lines(parents / "services.csv", "code,name", (f"S-{i:03d},Service {i}" for i in range(SERVICES)))
    rows = (f"R-{i:05d},S-{i % SERVICES:03d}" for i in range(RELEASES))
    lines(parents / "releases.csv", "code,service", rows)
    months = [f"{2023 + (i + 6) // 12}-{(i + 6) % 12 + 1:02d}" for i in range(MONTHS)]
    rows = (
        f"P-{i:05d},{month},{rng.randint(1_000, 90_000)}.{rng.randint(0, 99):02d},"
        f"{rng.randint(1_000, 90_000)}.{rng.randint(0, 99):02d},{rng.randint(1_000, 90_000)}.{rng.randint(0, 99):02d}"
        for i in range(projects)
        for month in months
    )
    lines(facts / "project_months.csv", "project,month,planned_value,earned_value,actual_cost", rows)
    lines(
        facts / "defects.csv",
        "code,project,service,severity,validity,opened_at,fixed_at,found_phase,release,introduced_release",
        (defect(rng, place, projects) for place in range(defects)),
    )
    return projects * MONTHS + defects


def defect(rng: random.Random, place: int, projects: int) -> str:
    """One line of defects.csv."""
    opened = datetime(2023, 7, 1, tzinfo=UTC) + timedelta(minutes=rng.randint(0, 1_570_000))
    fixed = opened + timedelta(minutes=rng.randint(60, 90_000)) if rng.random() < 0.85 else None
    release = rng.randrange(RELEASES)
    return (
        f"D{place:07d},P-{rng.randrange(projects):05d},S-{release % SERVICES:03d},{rng.randint(1, 4)},"
        f"{rng.choice(('valid', 'valid', 'valid', 'duplicate', 'rejected'))},{opened:%Y-%m-%dT%H:%M:%SZ},"
        f"{f'{fixed:%Y-%m-%dT%H:%M:%SZ}' if fixed else ''},{rng.choice(('before_release', 'after_release'))},"
        f"R-{release:05d},R-{release:05d}"
    )


def lines(path: Path, header: str, rows: Any) -> None:
    """Write a file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(header + "\n")
        stream.writelines(f"{row}\n" for row in rows)


if __name__ == "__main__":
    main()
