"""One run in a process of its own: seconds from the wish to values that are published and committed, as JSON.

    python -m benchmarks.one_run [--full] [--celery]

With --celery the workers that run already compute it; else this process does.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date

from benchmarks.common import AS_OF, django

django()

from metrics import runs, tasks  # noqa: E402
from metrics.models import Run  # noqa: E402


def main() -> None:
    """Ask, wait, print."""
    started = time.perf_counter()
    run = runs.run_request(cause="benchmark", full="--full" in sys.argv, as_of=date.fromisoformat(AS_OF))
    if "--celery" in sys.argv:
        tasks.advance.delay()
        while run.state in (Run.State.WANTED, Run.State.RUNNING):
            time.sleep(0.05)
            run.refresh_from_db()
    else:
        run = runs.run_compute(run.pk)
    seconds = time.perf_counter() - started
    assert run.state == Run.State.PUBLISHED, run.error
    assert not run.chunks.filter(attempts__gt=1).exists(), "a chunk was computed twice: the time says nothing"
    found = {"seconds": seconds, "written": run.values_written, "unchanged": run.values_unchanged}
    chunks = {chunk.name: chunk.seconds for chunk in run.chunks.all()}
    print(json.dumps({**found, "run_peak_mb": run.peak_rss_mb, "chunks": chunks}))


if __name__ == "__main__":
    main()
