"""Application `metrics` (step: measured)."""

import pkgutil
from importlib import import_module

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _

from portfolio.selectors.moments import locked_register
from portfolio.vocabulary import metrics_register


class MetricsConfig(AppConfig):
    """Settings of the application `metrics`."""

    name = "metrics"
    verbose_name = _("Metrics")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import every module of the catalogue, so that all formulas are registered."""
        package = import_module("metrics.catalogue")
        for module in pkgutil.iter_modules(package.__path__):
            import_module(f"{package.__name__}.{module.name}")
        # A publication can put another table in the place of these (metrics.shadows).
        locked_register([layout.table for layout in import_module("metrics.layout").LAYOUTS])
        registry = import_module("metrics.registry")
        # Facts name metrics (own thresholds); `portfolio` may not import the catalogue. The index has
        # thresholds too (catalogue, section derived).
        metrics_register(
            lambda: {
                **{key: entry.direction for key, entry in registry.metrics().items()},
                "customer_success_index": "higher",
            }
        )
        register(import_module("metrics.checks").check_catalogue, "metrics")
