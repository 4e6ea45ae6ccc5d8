"""Application `dashboards` (step: shown)."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardsConfig(AppConfig):
    """Settings of the application `dashboards`."""

    name = "dashboards"
    verbose_name = _("Dashboards")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Name the maker of scorecard files; `metrics` and `api` ask for them without importing this package."""
        maker = import_module("dashboards.exports.files").scorecard_file
        import_module("metrics.scorecards.exporting").maker_register(maker)
