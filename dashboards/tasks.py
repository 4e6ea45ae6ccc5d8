"""Celery entry points of what people are sent."""

from celery import shared_task
from django.db import InterfaceError, OperationalError

from dashboards.exports.mailing import mailings_send


@shared_task(
    name="dashboards.send_mailings",
    autoretry_for=(OperationalError, InterfaceError),
    retry_backoff=True,
    max_retries=3,
    acks_late=True,
    ignore_result=True,
)
def send_mailings() -> None:
    """Send the scorecards whose time has come to those who asked for them."""
    mailings_send()
