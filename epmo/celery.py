"""The Celery application: `celery -A epmo worker`, `celery -A epmo beat`."""

import os
import signal
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init

from epmo import children

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "epmo.settings")

app = Celery("epmo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_finalize.connect
def load_schedule(sender: Celery, **kwargs: Any) -> None:
    """Take the beat schedule from code: `metrics.schedule.BEAT_SCHEDULE`, a plain dictionary."""
    if find_spec("metrics.schedule"):
        sender.conf.beat_schedule = import_module("metrics.schedule").BEAT_SCHEDULE


@setup_logging.connect
def keep_logging(**kwargs: Any) -> None:
    """Keep the log settings of Django; Celery would replace them."""


@worker_process_init.connect
def end_with_worker(**kwargs: Any) -> None:
    """A pool process does not outlive its worker, however that ends: what it works on is done again elsewhere."""
    children.die_with_parent(signal.SIGKILL)
