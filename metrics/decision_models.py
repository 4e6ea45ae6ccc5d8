"""Decisions: questions with an owner, a due date and an expected effect, and what came of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Decision(models.Model):
    """A question that can be answered yes or no; its expected effect is a change of one value."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed by a signal")
        OPEN = "open", _("Waiting")
        DECIDED = "decided", _("Decided")
        DECLINED = "declined", _("Declined")
        DONE = "done", _("Done")

    class Source(models.TextChoices):
        HAND = "hand", _("Raised by hand")
        OFF_TARGET = "off_target", _("Off target")
        OUT_OF_LIMITS = "out_of_limits", _("Out of its limits")
        RESTATEMENT = "restatement", _("Restated after closing")

    OVER = (State.DECLINED, State.DONE)

    question = models.CharField(_("question"), max_length=300)
    because = models.TextField(_("because"), blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    source = models.CharField(_("source"), max_length=15, choices=Source, default=Source.HAND)
    # Numbers behind a signal; words are made when it is shown.
    signal = models.JSONField(default=dict)
    signal_key = models.CharField(max_length=400, null=True, unique=True, help_text=_("One proposal a signal."))
    scope_kind = models.CharField(_("scope kind"), max_length=12, default="enterprise")
    scope = models.CharField(_("scope"), max_length=200, blank=True, default="")
    owner = models.CharField(_("owner"), max_length=150, blank=True, default="")
    due_on = models.DateField(_("due"), null=True)
    # The expected effect: this much change of this value, from the base period to the effect period.
    metric = models.CharField(_("metric"), max_length=100, blank=True, default="")
    component = models.CharField(_("component"), max_length=100, blank=True, default="")
    effect_period = models.CharField(_("effect in"), max_length=7, blank=True, default="")
    expected_change = models.FloatField(_("expected change"), null=True)
    base_period = models.CharField(max_length=7, blank=True, default="")
    base_value = models.FloatField(null=True)
    forecast_value = models.FloatField(null=True)
    forecast_method = models.CharField(max_length=20, blank=True, default="")
    answer = models.TextField(_("answer"), blank=True, default="")
    decided_at = models.DateTimeField(_("decided at"), null=True)
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    raised_at = models.DateTimeField(_("raised at"))
    raised_by = models.CharField(_("raised by"), max_length=150, blank=True)
    revision = models.IntegerField(default=1)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-id"]
        indexes = [models.Index(fields=["scope_kind", "scope", "state"], name="metrics_decision_scope")]

    def __str__(self) -> str:
        return self.question

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER


class DecisionChange(models.Model):
    """One change of a decision: fields with their old and new values. Only ever added to."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="changes")
    revision = models.IntegerField()
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=150, blank=True)
    fields = models.JSONField(default=dict, help_text=_("Field to [before, after]."))

    class Meta:
        verbose_name = _("change of a decision")
        verbose_name_plural = _("changes of decisions")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.decision_id}.{self.revision}"


class SavedView(models.Model):
    """A page with its filters, under a person's own name for it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=100)
    path = models.CharField(_("page"), max_length=500)
    query = models.CharField(_("filters"), max_length=2000, blank=True, default="")
    created_at = models.DateTimeField(_("saved at"), auto_now_add=True)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="metrics_savedview_name")]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A person's wish to get a scorecard by mail: which scope, in which format, how often."""

    class When(models.TextChoices):
        PUBLISHED = "published", _("When it is published")
        WEEKLY = "weekly", _("Every Monday")
        MONTHLY = "monthly", _("On the first of the month")

    class Form(models.TextChoices):
        PDF = "pdf", "PDF"
        XLSX = "xlsx", "XLSX"
        PPTX = "pptx", "PPTX"
        CSV = "csv", "CSV"

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscriptions")
    scope_kind = models.CharField(_("scope kind"), max_length=12, default="enterprise")
    scope = models.CharField(_("scope"), max_length=200, blank=True, default="")
    when = models.CharField(_("when"), max_length=10, choices=When, default=When.PUBLISHED)
    form = models.CharField(_("format"), max_length=5, choices=Form, default=Form.PDF)
    language = models.CharField(_("language"), max_length=5, default="en")
    created_at = models.DateTimeField(_("asked for at"))

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "scope_kind", "scope", "when", "form"], name="metrics_subscription_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.scope_kind}:{self.scope} {self.when}"


class Delivery(models.Model):
    """One mailing of a subscription. The slot is claimed before anything is sent, so that nothing goes out twice."""

    class State(models.TextChoices):
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        NOTHING = "nothing", _("Nothing to send")
        FAILED = "failed", _("Failed")

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries")
    slot = models.CharField(max_length=40, help_text=_("What it is of: a published quarter, a week, a month."))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.SENDING)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    period = models.CharField(_("quarter"), max_length=7, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    attempts = models.SmallIntegerField(default=1)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["subscription", "slot"], name="metrics_delivery_slot")]

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.slot} {self.state}"
