"""Servers that may be broken, made once a session, and a company on a database of its own for each test."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from epmo import children
from tests import services
from tests.faults import figures
from tests.faults.breakable import Breakable
from tests.faults.company import AS_OF, IMPATIENT, PATIENT, Cells, Company
from tests.stack import ROOT, wait_until

MadeCompany = Callable[..., Company]


@dataclass(frozen=True, slots=True)
class Clean:
    """Stored cells of clean runs."""

    facts: Cells
    update: Cells


def environment_of(servers: Breakable, database: str, folder: Path) -> dict[str, str]:
    """Variables of a company's processes."""
    found = {
        **os.environ,
        **IMPATIENT,
        "EPMO_MODE": "demo",
        "EPMO_SECRET_KEY": "one key for all processes of a company that tests may break",
        "EPMO_VAR": str(folder),
        "EPMO_AS_OF": AS_OF,
        "EPMO_LOG_LEVEL": "WARNING",
        "EPMO_FAULTS": str(folder / "faults"),
        "DATABASE_URL": servers.database_url(database),
        "REDIS_URL": servers.urls()["REDIS_URL"],
        "EPMO_QUEUE_PREFIX": f"{database}-",
        "PYTHONWARNINGS": "ignore",
    }
    found.pop("CACHE_URL", None)
    return found


@dataclass(frozen=True, slots=True)
class Sized:
    """The made-up company of a size: databases to copy, its files, and the stored cells of a clean run."""

    facts: str
    computed: str
    files: Path
    cells: Cells


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Drills end with their figures."""
    figures.show(terminalreporter.write_line)


def _make(var: Path) -> None:
    """Make the databases in servers that are stopped afterwards."""
    servers = Breakable(var, database="facts")
    try:
        servers.start(tied=True)
        subprocess.run(
            [sys.executable, "-m", "tests.faults.made", str(var)],
            cwd=ROOT,
            env=environment_of(servers, "facts", var),
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    finally:
        servers.stop()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `var/` folder with the databases, made by whichever process of the run comes first."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if services.WORKER else base
    with (shared / "fault-company.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note = shared / "fault-company"
        if note.exists() and (found := Path(note.read_text())).exists():
            return found
        var = services.temporary_var()
        _make(var)
        note.write_text(str(var))
        return var


@pytest.fixture(scope="session")
def clean(made: Path) -> Clean:
    """What clean runs store over the reference facts, and over them with the second delivery."""
    return Clean(json.loads((made / "facts.json").read_text()), json.loads((made / "update.json").read_text()))


@pytest.fixture(scope="session")
def broken_servers(made: Path) -> Iterator[Breakable]:
    """Servers on a copy of what was made; tests of this folder may do to them what they want."""
    var = services.temporary_var()
    servers = Breakable(var, database="facts")
    source, target = Breakable(made).place.base, servers.place.base
    subprocess.run(["cp", "-a", source, target], check=True)
    shutil.rmtree(target / "run", ignore_errors=True)
    try:
        servers.start(tied=True)
        yield servers
    finally:
        servers.stop()
        if servers.place.user is not None and not target.is_relative_to(var):
            shutil.rmtree(target, ignore_errors=True)


@pytest.fixture(scope="session")
def nursery(broken_servers: Breakable) -> Iterator[Path]:
    """The socket of a process that forks others, all on the database `company`."""
    folder = broken_servers.var / "company"
    folder.mkdir()
    path = broken_servers.var / "nursery"
    with (broken_servers.var / "nursery.log").open("ab") as log:
        process = children.start(
            [sys.executable, "-m", "tests.faults.nursery", str(path)],
            death_signal=signal.SIGKILL,
            env=environment_of(broken_servers, "company", folder),
            cwd=ROOT,
            output=log,
        )
    wait_until(path.exists, seconds=60)
    try:
        yield path
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def make_company(broken_servers: Breakable, nursery: Path, clean: Clean) -> Iterator[MadeCompany]:
    """A function that opens a company: `facts` not yet computed, or `computed`. All ends with the test."""
    folder = broken_servers.var / "company"
    made: list[Company] = []

    def make(template: str = "facts") -> Company:
        shutil.rmtree(folder, ignore_errors=True)
        for part in ("reached", "hold", "raise", "kill", "eat", "spend"):
            (folder / "faults" / part).mkdir(parents=True)
        broken_servers.admin("DROP DATABASE IF EXISTS company WITH (FORCE)")
        broken_servers.admin(f"CREATE DATABASE company TEMPLATE {template}")
        # Without WAL (wal_level minimal) a copy of unlogged tables is only safe from a crash once it is written out.
        broken_servers.admin("CHECKPOINT")
        environment = environment_of(broken_servers, "company", folder)
        made.append(Company(broken_servers, "company", folder, environment, nursery))
        return made[0]

    yield make
    for company in made:
        company.stop()
    broken_servers.make_whole()


@pytest.fixture(scope="session")
def sized(broken_servers: Breakable) -> Sized:
    """The made-up company of EPMO_DRILL_SIZE."""
    size = os.environ.get("EPMO_DRILL_SIZE", "S")
    facts, folder = f"facts_{size.lower()}", broken_servers.var
    broken_servers.admin(f"CREATE DATABASE {facts}")
    subprocess.run(
        [sys.executable, "-m", "tests.faults.made", str(folder), size],
        cwd=ROOT,
        env=environment_of(broken_servers, facts, folder),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    cells = json.loads((folder / f"{size}.json").read_text())
    return Sized(facts, f"computed_{size.lower()}", folder / size, cells)


@pytest.fixture
def make_drilled(make_company: MadeCompany, sized: Sized) -> MadeCompany:
    """`make_company` for the made-up company, whose processes are as patient as in production."""

    def make(template: str) -> Company:
        company = make_company(template)
        company.own = PATIENT
        return company

    return make


@pytest.fixture
def company(make_company: MadeCompany) -> Company:
    """A company with the reference facts, not yet computed; nothing of it runs."""
    return make_company()


@pytest.fixture
def computed(make_company: MadeCompany) -> Company:
    """A company whose values are of its facts; nothing of it runs."""
    return make_company("computed")
