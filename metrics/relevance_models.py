"""What the customer panel says about each metric and each feed: does it move with what customers achieve."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Relevance(models.Model):
    """The newest verdict on one metric or feed; all rows are of one computation and are replaced together."""

    class Kind(models.TextChoices):
        METRIC = "metric", _("Metric")
        FEED = "feed", _("Feed")

    class Advice(models.TextChoices):
        KEEP = "keep", _("Keep")
        FIX = "fix", _("Fix")
        STOP = "stop", _("Stop collecting")
        NOT_ENOUGH_DATA = "not_enough_data", _("Not enough data")

    kind = models.CharField(max_length=6, choices=Kind)
    key = models.CharField(max_length=100)
    outcome = models.CharField(max_length=100, help_text=_("The metric that stands for what customers achieve."))
    advice = models.CharField(max_length=15, choices=Advice)
    reason = models.CharField(max_length=30, help_text=_("Why: a verdict of the panel, or why there is none."))
    # The statistic of the panel; blank where it could not be taken.
    n = models.IntegerField(default=0, help_text=_("Pairs at the chosen lag."))
    lag = models.SmallIntegerField(null=True, help_text=_("Quarters by which the outcome follows."))
    rho = models.FloatField(null=True)
    p = models.FloatField(null=True)
    q = models.FloatField(null=True)
    rho_by_lag = models.JSONField(default=list)
    as_expected = models.BooleanField(null=True, help_text=_("Whether it moves the way that its direction says."))
    by_metrics = models.JSONField(default=list, help_text=_("Of a feed: metrics that read it and are kept or fixed."))
    customers = models.IntegerField(default=0)
    first_quarter = models.CharField(max_length=7, blank=True, default="")
    last_quarter = models.CharField(max_length=7, blank=True, default="")
    seed = models.BigIntegerField()
    draws = models.IntegerField()
    run_id = models.IntegerField(help_text=_("The published run whose values were looked at."))
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("relevance")
        verbose_name_plural = _("relevance")
        ordering = ["kind", "id"]
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="metrics_relevance_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.advice}"
