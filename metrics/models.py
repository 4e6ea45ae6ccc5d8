"""What is stored of measurements: components, scopes, series of values, contributions, runs.

Series and contributions keep one row a calendar year with 17 slots (12 months, 4 quarters, the
year) in arrays: see docs/adr on the layout of stored values. Slots that hold nothing have state 0.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Collate
from django.utils.translation import gettext_lazy as _

from metrics.periods import SLOTS_IN_YEAR


class Component(models.Model):
    """A metric's component under the number by which series refer to it; the headline is blank."""

    id = models.SmallAutoField(primary_key=True)
    metric = models.CharField(max_length=100)
    component = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["metric", "component"], name="metrics_component_key")]

    def __str__(self) -> str:
        return f"{self.metric}:{self.component}" if self.component else self.metric


class Scope(models.Model):
    """What values are about: the enterprise (blank code), or an object of a feed by its code."""

    id = models.AutoField(primary_key=True)
    kind = models.CharField(max_length=12)
    code = models.CharField(max_length=200, blank=True)
    object_id = models.IntegerField(help_text=_("Database id in the kind's feed; 0 for the enterprise."))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "code"], name="metrics_scope_key"),
            models.UniqueConstraint(fields=["kind", "object_id"], name="metrics_scope_object"),
        ]
        # Pages of values go by the bytes of codes, whatever the database's own order is.
        indexes = [models.Index("kind", Collate("code", "C"), name="metrics_scope_bytes")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}"


class Run(models.Model):
    """One computation: wanted, running, then published in one step (or superseded, or failed)."""

    class State(models.TextChoices):
        WANTED = "wanted", _("Waiting")
        RUNNING = "running", _("Running")
        PUBLISHED = "published", _("Published")
        SUPERSEDED = "superseded", _("Superseded")
        FAILED = "failed", _("Failed")

    id = models.AutoField(primary_key=True)
    state = models.CharField(max_length=12, choices=State, default=State.WANTED)
    cause = models.CharField(max_length=200, blank=True)
    slot = models.CharField(max_length=100, null=True, unique=True, help_text=_("Schedule slot; one run a slot."))
    is_full = models.BooleanField(default=False)
    as_of = models.DateField(null=True)
    as_of_fixed = models.BooleanField(default=False, help_text=_("The as-of day was named, not today's."))
    request = models.JSONField(default=dict, help_text=_("Asked periods, metrics and scopes; empty for all."))
    plan = models.JSONField(default=dict, help_text=_("Per chunk: metrics and scopes; set when the run starts."))
    changes_upto = models.BigIntegerField(default=0, help_text=_("Last change set that the run has seen."))
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.CharField(max_length=150, blank=True)
    started_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    values_written = models.IntegerField(default=0)
    values_unchanged = models.IntegerField(default=0)
    seconds = models.FloatField(null=True)
    peak_rss_mb = models.FloatField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "id"], name="metrics_run_state")]

    def __str__(self) -> str:
        return f"run {self.pk} ({self.state})"

    @property
    def is_shadowed(self) -> bool:
        """Whether the run began with nothing stored and stages into tables of its own (metrics.shadows)."""
        return bool(self.plan.get("shadowed", False))


class RunChunk(models.Model):
    """A part of a run that one worker computes; staged rows are published with the run."""

    class State(models.TextChoices):
        READY = "ready", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="chunks")
    number = models.SmallIntegerField()
    name = models.CharField(max_length=50)
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    attempts = models.SmallIntegerField(default=0)
    claim = models.UUIDField(null=True, help_text=_("The attempt that may write; an older one is ignored."))
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    changes_seen = models.BigIntegerField(default=0, help_text=_("Last change set in the facts that it read."))
    rows_staged = models.IntegerField(default=0)
    values_written = models.IntegerField(default=0)
    values_unchanged = models.IntegerField(default=0)
    peak_rss_mb = models.FloatField(null=True)
    seconds = models.FloatField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="metrics_run_chunk_key")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.name} ({self.state})"


class Heartbeat(models.Model):
    """Last sign of life of the attempt at a chunk, written over a connection of its own.

    A table of its own, so that a beat never collides with the chunk's long transaction.
    """

    chunk = models.OneToOneField(RunChunk, on_delete=models.CASCADE, primary_key=True, related_name="heartbeat")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.chunk_id} at {self.at}"


def _floats(**options: Any) -> Any:
    return ArrayField(models.FloatField(), size=SLOTS_IN_YEAR, **options)


class Series(models.Model):
    """A year of one component for one scope: 17 slots. NaN is a blank number, -1 a blank n."""

    pk = models.CompositePrimaryKey("component_id", "version", "scope_id", "year")
    # Numbers, not foreign keys: half a million rows a run would each pay two checks, and only
    # metrics.storage writes here.
    component_id = models.SmallIntegerField()
    version = models.SmallIntegerField()
    scope_id = models.IntegerField()
    year = models.SmallIntegerField()
    value = _floats()
    numerator = _floats(null=True)
    denominator = _floats(null=True)
    n = ArrayField(models.IntegerField(), size=SLOTS_IN_YEAR)
    state = ArrayField(models.SmallIntegerField(), size=SLOTS_IN_YEAR)
    run = ArrayField(models.IntegerField(), size=SLOTS_IN_YEAR)

    class Meta:
        db_table = "metrics_series"
        indexes = [models.Index(fields=["scope_id", "year"], name="metrics_series_scope")]

    def __str__(self) -> str:
        return f"{self.component_id}/{self.scope_id}/{self.year}"


class Contribution(models.Model):
    """A year of one project's credit on one outcome by one method; project 0 is `(unattributed)`."""

    pk = models.CompositePrimaryKey("method", "outcome_id", "project_id", "year")
    method = models.SmallIntegerField()
    outcome_id = models.IntegerField()
    project_id = models.IntegerField()
    year = models.SmallIntegerField()
    attained_progress = _floats()
    outcome_points_weight = _floats()
    claim_progress = _floats()
    credited_progress = _floats()
    scale = _floats()
    points = _floats()
    change = _floats()
    mix = _floats()
    state = ArrayField(models.SmallIntegerField(), size=SLOTS_IN_YEAR)
    run = ArrayField(models.IntegerField(), size=SLOTS_IN_YEAR)

    class Meta:
        db_table = "metrics_contribution"
        indexes = [models.Index(fields=["project_id", "year"], name="metrics_contribution_project")]

    def __str__(self) -> str:
        return f"{self.method}/{self.outcome_id}/{self.project_id}/{self.year}"


class Restatement(models.Model):
    """A value of a closed period that a later run changed: old, new, and what caused it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="restatements")
    chunk = models.SmallIntegerField()
    component = models.ForeignKey(Component, on_delete=models.CASCADE)
    version = models.SmallIntegerField()
    scope = models.ForeignKey(Scope, on_delete=models.CASCADE)
    period = models.CharField(max_length=7)
    old_value = models.FloatField(null=True)
    old_state = models.SmallIntegerField()
    old_run = models.IntegerField()
    new_value = models.FloatField(null=True)
    new_state = models.SmallIntegerField()
    cause = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["scope", "component"], name="metrics_restatement_scope"),
            models.Index(fields=["run", "chunk"], name="metrics_restatement_run"),
        ]

    def __str__(self) -> str:
        return f"{self.component_id}/{self.scope_id} {self.period}"


# Scorecards, decisions and what people asked for stand in files of their own; Django looks for them here.
from metrics.decision_models import Decision, DecisionChange, Delivery, SavedView, Subscription  # noqa: E402
from metrics.relevance_models import Relevance  # noqa: E402
from metrics.scorecard_models import (  # noqa: E402
    ExportTemplate,
    Scorecard,
    ScorecardComment,
    ScorecardEvent,
    ScorecardExport,
    SignOff,
)
from metrics.version_models import DefinitionVersion  # noqa: E402

__all__ = [
    "Component",
    "Contribution",
    "Decision",
    "DecisionChange",
    "DefinitionVersion",
    "Delivery",
    "ExportTemplate",
    "Heartbeat",
    "Relevance",
    "Restatement",
    "Run",
    "RunChunk",
    "SavedView",
    "Scope",
    "Scorecard",
    "ScorecardComment",
    "ScorecardEvent",
    "ScorecardExport",
    "Series",
    "SignOff",
    "Subscription",
]
