"""Messages to workers, by name. A message is a hint: when the broker is away, a sweeper finds the work."""

import logging

from celery import current_app

logger = logging.getLogger(__name__)


def send(task: str) -> None:
    """Sends a task without arguments; never fails."""
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except Exception as error:
        logger.warning("task_not_sent", extra={"task": task, "error": type(error).__name__})
