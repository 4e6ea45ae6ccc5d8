"""Application `connectors` (step: in)."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConnectorsConfig(AppConfig):
    """Settings of the application `connectors`."""

    name = "connectors"
    verbose_name = _("Connectors")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the connectors known."""
        from connectors.sources.registry import sources_register

        sources_register()
