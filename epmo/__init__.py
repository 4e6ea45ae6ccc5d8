"""Wiring of ePMO: settings, addresses, Celery application, health and the embedded servers."""

from epmo.celery import app as celery_app

__all__ = ["celery_app"]
