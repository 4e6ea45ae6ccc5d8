"""Since when a metric is computed by which version of its definition."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DefinitionVersion(models.Model):
    """The first published run that computed a metric by a version; only ever added to."""

    metric = models.CharField(max_length=100)
    version = models.SmallIntegerField()
    run_id = models.IntegerField()
    as_of = models.DateField(null=True)
    since = models.DateTimeField(help_text=_("When the first values of this version were published."))

    class Meta:
        verbose_name = _("version of a definition")
        verbose_name_plural = _("versions of definitions")
        ordering = ["metric", "version"]
        constraints = [models.UniqueConstraint(fields=["metric", "version"], name="metrics_definitionversion_key")]

    def __str__(self) -> str:
        return f"{self.metric} {self.version}"
