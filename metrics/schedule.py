"""The schedule, in code and in one place. Beat may be late, down or doubled: each day is one run.

The sweeper runs at any time and catches up what beat missed.
"""

from __future__ import annotations

from typing import Any, Final

from celery.schedules import crontab

SWEEP_SECONDS: Final = 10.0

BEAT_SCHEDULE: Final[dict[str, dict[str, Any]]] = {
    "sweep": {"task": "metrics.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS * 3}},
    "imports": {
        "task": "connectors.imports_sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS * 3},
    },
    "nightly": {"task": "metrics.nightly", "schedule": crontab(hour="0", minute="20"), "options": {"expires": 3600}},
    "decisions": {
        "task": "metrics.propose_decisions",
        "schedule": crontab(hour="4", minute="40"),
        "options": {"expires": 3600},
    },
    # Also asked by the sweeper, so that a first or full run does not wait for it.
    "relevance": {
        "task": "metrics.compute_relevance",
        "schedule": crontab(hour="2", minute="20", day_of_week="mon"),
        "options": {"expires": 3600},
    },
    # Looks for mailings whose slot has come; each slot is served once, however often it is looked.
    "mailings": {
        "task": "dashboards.send_mailings",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 600},
    },
}
