"""Application `api` (step: shown)."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    """Settings of the application `api`."""

    name = "api"
    verbose_name = _("Api")
    default_auto_field = "django.db.models.BigAutoField"
