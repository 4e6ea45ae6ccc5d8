"""Entry points of the workers: one call each."""

from celery import shared_task
from django.db import DatabaseError, InterfaceError

from connectors import services


@shared_task(
    name=services.IMPORT_TASK,
    autoretry_for=(DatabaseError, InterfaceError),
    retry_backoff=True,
    max_retries=5,
    acks_late=True,
    ignore_result=True,
)
def import_run_task(run_id: int) -> None:
    """Do one queued import."""
    services.import_run(run_id)


@shared_task(name="connectors.imports_sweep", ignore_result=True)
def imports_sweep_task() -> None:
    """Send again what was lost."""
    services.imports_sweep()
