"""`demo` from nothing: facts in, computed by a worker, served; nothing stays when it ends, and data are kept."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.epmo.test_embedded import query
from tests.services import temporary_var
from tests.stack import free_port, wait_until

pytestmark = pytest.mark.fault
ROOT = Path(__file__).resolve().parents[2]
FACTS = {
    "portfolios.csv": "code,name,kind\nPF-1,Platform,portfolio\n",
    "projects.csv": (
        "code,name,portfolio,status,currency,planned_start_on,planned_finish_on,actual_start_on\n"
        "P-1,One,PF-1,active,EUR,2026-01-01,2026-12-31,2026-01-01\n"
    ),
    "milestones.csv": (
        "project,code,name,baseline_on,actual_on,customer_facing\nP-1,M-1,First,2026-02-10,2026-02-09,true\n"
    ),
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three small fact files."""
    folder = tmp_path_factory.mktemp("facts")
    for name, text in FACTS.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def var():
    """A folder whose processes are killed at the end, whatever the test did."""
    folder = temporary_var()
    yield folder
    for pid in processes_of(folder):
        os.kill(pid, signal.SIGKILL)


def processes_of(var: Path) -> list[int]:
    """Processes whose environment or command line names this folder, ourselves excepted."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
            named = f"EPMO_VAR={var}".encode() in (folder / "environ").read_bytes()
            named |= str(var).encode() in (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if named and state != "Z" and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def start_demo(var: Path, facts: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the demo and wait until it says that it is ready."""
    variables = {
        name: value for name, value in os.environ.items() if not re.match(r"EPMO_|DATABASE_URL|REDIS_URL", name)
    }
    variables |= {"EPMO_VAR": str(var), "PORT": str(port), "DATA": str(facts), "EPMO_AS_OF": "2026-07-10"}
    log = var / "demo.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"], cwd=ROOT, env=variables, stdout=output, stderr=output
        )
    end = time.monotonic() + 240
    while b"Ctrl-C stops everything" not in log.read_bytes():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.2)
    return process


def test_the_demo_leaves_nothing_behind_and_keeps_its_data(var, facts):
    port = free_port()
    first = start_demo(var, facts, port)
    log = (var / "demo.log").read_text()
    with urllib.request.urlopen(f"http://localhost:{port}/readyz", timeout=30) as answer:
        ready = json.load(answer)
    state = json.loads(next(var.glob("demo-*.json")).read_text())

    assert ready["newest_run_age_seconds"] is not None
    assert list(state["logins"]) == ["lead", "executive", "viewer"]
    assert all(password in log for password in state["logins"].values())
    assert f"http://localhost:{port}/" in log

    first.kill()
    first.wait()
    wait_until(lambda: processes_of(var) == [], seconds=30)

    second = start_demo(var, facts, port)
    url = json.loads((var / "services.json").read_text())["urls"]["DATABASE_URL"]
    assert query(url, "SELECT count(*) FROM portfolio_projects") == 1
    assert query(url, "SELECT count(*) FROM metrics_run") == 1
    assert json.loads(next(var.glob("demo-*.json")).read_text()) == state

    second.send_signal(signal.SIGINT)
    assert second.wait(30) == 0
    assert processes_of(var) == []


def test_a_port_in_use_and_a_folder_that_is_not_there_are_refused_by_name(var):
    variables = {**os.environ, "EPMO_VAR": str(var), "EPMO_MODE": "demo"}

    def demo(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env=variables | more,
            capture_output=True,
            text=True,
            check=False,
        )

    with subprocess.Popen(
        [sys.executable, "-m", "http.server", "0", "-b", "127.0.0.1"],
        stdout=subprocess.PIPE,
        env={"PYTHONUNBUFFERED": "1"},
    ) as other:
        port = re.search(rb"port (\d+)", other.stdout.readline()).group(1).decode()
        taken = demo(PORT=port)
        other.kill()
    missing = demo(DATA="/nowhere")

    assert (taken.returncode, missing.returncode) == (1, 1)
    assert f"Port {port} is in use" in taken.stderr
    assert "DATA=/nowhere does not exist" in missing.stderr
