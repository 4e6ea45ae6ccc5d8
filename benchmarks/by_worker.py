"""A full computation asked of the running workers: prints JSON with the seconds until it was published."""

from __future__ import annotations

import json
import time
from datetime import date

from benchmarks.common import AS_OF, django

django()

from metrics import runs, tasks  # noqa: E402
from metrics.models import Run  # noqa: E402


def main() -> None:
    """Ask, wait, print."""
    started = time.perf_counter()
    run = runs.run_request(cause="benchmark", full=True, as_of=date.fromisoformat(AS_OF))
    tasks.advance.delay()
    while run.state in (Run.State.WANTED, Run.State.RUNNING):
        time.sleep(0.05)
        run.refresh_from_db()
    assert run.state == Run.State.PUBLISHED, run.error
    print(json.dumps({"seconds": time.perf_counter() - started, "peak_rss_mb": run.peak_rss_mb}))


if __name__ == "__main__":
    main()
