"""pytest plugin (`-p tests.services`): chooses database and broker before Django reads its settings.

`DATABASE_URL` and `REDIS_URL` when they are set, else embedded servers of this run's own, which end with it. The
test database is one of its own beside the named one (`test_...`), each worker of pytest-xdist has another; queues
and cache keys carry the worker's name.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from epmo import env
from epmo.embedded import Servers

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
# What a developer's shell may hold and tests must not depend on.
FIXED = (
    "EPMO_AS_OF",
    "EPMO_BASE_CURRENCY",
    "EPMO_TIME_ZONE",
    "EPMO_CLOSE_DAYS",
    "EPMO_HOSTS",
    "EPMO_DEBUG",
    "CACHE_URL",
)

_started: list[Servers] = []


def choose() -> None:
    """Set the environment that the settings read; start servers when none are named."""
    for name in FIXED:
        os.environ.pop(name, None)
    os.environ["EPMO_MODE"] = "test"
    # Playwright keeps an event loop in the main thread, where Django would refuse to query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    var = temporary_var()
    os.environ["EPMO_VAR"] = str(var)
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        servers = Servers(var, durable=False)
        for name, value in servers.start(tied=True).items():
            os.environ.setdefault(name, value)
        _started.append(servers)


def choose_in_worker() -> None:
    """A worker uses the servers of the run, with its own queues, cache and `var/`."""
    number = int(WORKER.removeprefix("gw") or 0)
    os.environ["EPMO_VAR"] = str(temporary_var())
    os.environ["EPMO_QUEUE_PREFIX"] = f"{WORKER}-"
    os.environ["CACHE_URL"] = env.redis_with_database(os.environ["REDIS_URL"], 8 + number % 8)


def temporary_var() -> Path:
    """A `var/` folder that goes when the run ends; the unprivileged user that servers run as can pass through it."""
    var = Path(tempfile.mkdtemp(prefix="epmo-test-"))
    var.chmod(0o711)
    atexit.register(shutil.rmtree, var, ignore_errors=True)
    return var


def stop() -> None:
    """Stop the servers that this run started."""
    while _started:
        _started.pop().stop()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """The run is over."""
    stop()


def pytest_report_header() -> list[str]:
    """Say which servers the run uses."""
    return [f"servers: {env.hide_password(os.environ['DATABASE_URL'])} {env.hide_password(os.environ['REDIS_URL'])}"]


if WORKER:
    choose_in_worker()
else:
    choose()
    atexit.register(stop)
