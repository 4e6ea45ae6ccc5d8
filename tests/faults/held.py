"""`python -m tests.faults.held worker ...`: a real Celery process that waits, raises or dies where a test asks it to.

Only this module knows of it: before `celery` starts, a few functions are wrapped in calls of `point`. At a point the
process leaves a file `reached/NAME.PID`, and then does what it finds in the folder: `hold/NAME` (wait until the file
is gone), `raise/NAME` (raise its text), `kill/NAME` (kill -9 itself), `eat/NAME` (take so many MB), `spend/NAME`
(so many seconds). Patience is taken from the environment, so that short tests need not wait for that of production.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["EPMO_FAULTS"])
EATEN: list[bytearray] = []


def point(name: str) -> None:
    """Say that the process is here, and do what the test asks of it here."""
    (FOLDER / "reached" / f"{name}.{os.getpid()}").touch()
    while (FOLDER / "hold" / name).exists():
        time.sleep(0.01)
    if (told := FOLDER / "raise" / name).exists():
        raise RuntimeError(told.read_text())
    if (told := FOLDER / "spend" / name).exists():
        end = time.monotonic() + float(told.read_text())
        while time.monotonic() < end:
            time.sleep(0.02)
    if (told := FOLDER / "eat" / name).exists():
        EATEN.append(bytearray(int(told.read_text()) * 1_000_000))
    if (FOLDER / "kill" / name).exists():
        os.kill(os.getpid(), signal.SIGKILL)


def between(module: Any, name: str, before: Callable[..., str] | None, after: Callable[..., str] | None) -> None:
    """Wrap a function in points named from its arguments."""
    plain = getattr(module, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before is not None:
            point(before(*args, **kwargs))
        answer = plain(*args, **kwargs)
        if after is not None:
            point(after(*args, **kwargs))
        return answer

    setattr(module, name, wrapped)


def setup() -> None:
    """Set up Django as `celery -A epmo` does."""
    import django

    import epmo.celery  # noqa: F401

    django.setup()


def celery() -> None:
    """Be Celery."""
    from celery.bin.celery import main

    main()


def prepare() -> None:
    """Put the points in, and set the patience."""
    from connectors import services
    from epmo.celery import app
    from metrics import publication, runs, schedule

    for name in ("STALE_SECONDS", "HEARTBEAT_SECONDS", "FAILED_WAIT_SECONDS"):
        if wanted := os.environ.get(f"EPMO_FAULT_{name}"):
            setattr(runs, name, float(wanted))
    if wanted := os.environ.get("EPMO_FAULT_SWEEP_SECONDS"):
        for entry in ("sweep", "imports"):
            schedule.BEAT_SCHEDULE[entry]["schedule"] = float(wanted)
    if wanted := os.environ.get("EPMO_FAULT_NIGHTLY_SECONDS"):
        schedule.BEAT_SCHEDULE["nightly"]["schedule"] = float(wanted)
    if wanted := os.environ.get("EPMO_FAULT_SOFT_TIME_LIMIT"):
        app.conf.task_soft_time_limit = float(wanted)
    if wanted := os.environ.get("EPMO_FAULT_VISIBILITY"):
        # What is in hand longer is handed out again, and that is looked for twice a second.
        app.conf.broker_transport_options |= {
            "visibility_timeout": float(wanted),
            "unacked_restore_interval": 0.5,
            "unacked_restore_throttle": 1,
        }
    between(
        runs,
        "chunk_stage",
        lambda run, number, plan: f"start.{plan.name}",
        lambda run, number, plan: f"staged.{plan.name}",
    )
    between(publication, "publish", lambda run: "publish", lambda run: "published")
    between(services, "_delivery", lambda run, paths: "import.begin", lambda run, paths: "import.read")
    between(services, "run_write", None, lambda **fields: "import.committed")
    plain = services.import_run

    def import_run(run_id: int) -> Any:
        return plain(run_id, progress=lambda stage, share: point("import." + stage.replace(" ", "_")))

    services.import_run = import_run  # type: ignore[assignment]


if __name__ == "__main__":
    sys.argv[0] = "celery"  # by which settings know a worker
    setup()
    prepare()
    celery()
