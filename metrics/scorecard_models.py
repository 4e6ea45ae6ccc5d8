"""Quarterly scorecards as they are drafted, signed and published, and what was made of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Scorecard(models.Model):
    """The scorecard of one quarter and scope. Published, its `frozen` text never changes (a trigger refuses it)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REVIEW = "review", _("In review")
        PUBLISHED = "published", _("Published")

    period = models.CharField(_("quarter"), max_length=7)
    scope_kind = models.CharField(_("scope kind"), max_length=12, default="enterprise")
    scope = models.CharField(_("scope"), max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    # Rows, by metric; the order on the page is that of the catalogue, families in their fixed order.
    metrics = models.JSONField(_("metrics"), default=list)
    happened = models.TextField(_("what happened"), blank=True, default="")
    doing = models.TextField(_("what we will do"), blank=True, default="")
    unknown = models.TextField(_("what we do not know"), blank=True, default="")
    revision = models.IntegerField(
        default=1, help_text=_("Rises with each change; a form names the one it was made of.")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.CharField(_("created by"), max_length=150, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True)
    published_by = models.CharField(_("published by"), max_length=150, blank=True)
    # Canonical JSON: exactly the bytes that the hash is of, so text and not jsonb.
    frozen = models.TextField(blank=True, default="", editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, default="", editable=False, db_index=True)

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        ordering = ["-period", "scope_kind", "scope"]
        constraints = [
            models.UniqueConstraint(fields=["period", "scope_kind", "scope"], name="metrics_scorecard_key"),
            models.CheckConstraint(
                condition=models.Q(state="published", published_at__isnull=False) & ~models.Q(sha256="")
                | ~models.Q(state="published") & models.Q(sha256="", frozen=""),
                name="metrics_scorecard_frozen_when_published",
            ),
            models.CheckConstraint(
                condition=models.Q(period__regex=r"^\d{4}-Q[1-4]$"), name="metrics_scorecard_quarter"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.scope_kind}:{self.scope}"

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED


class ScorecardComment(models.Model):
    """What is said of one row."""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.CASCADE, related_name="comments")
    metric = models.CharField(_("metric"), max_length=100)
    text = models.TextField(_("comment"))
    by = models.CharField(_("by"), max_length=150)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [models.UniqueConstraint(fields=["scorecard", "metric"], name="metrics_scorecardcomment_key")]

    def __str__(self) -> str:
        return f"{self.metric}: {self.text[:40]}"


class SignOff(models.Model):
    """A place to sign, by title. `digest` is of what was signed: a later change leaves the signature behind."""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.CASCADE, related_name="sign_offs")
    position = models.SmallIntegerField(_("position"))
    title = models.CharField(_("title"), max_length=100)
    role = models.CharField(_("role"), max_length=20, help_text=_("The role that signs here."))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(_("signed by"), max_length=150, blank=True)
    at = models.DateTimeField(_("signed at"), null=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["scorecard", "position"], name="metrics_signoff_position"),
            # One person, one signature.
            models.UniqueConstraint(
                fields=["scorecard", "user"], name="metrics_signoff_person", condition=models.Q(user__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.name}"


class ScorecardEvent(models.Model):
    """One entry of a scorecard's record: who did what, with the texts before and after. Only ever added to."""

    class Kind(models.TextChoices):
        DRAFTED = "drafted", _("drafted")
        CHANGED = "changed", _("changed")
        COMMENTED = "commented", _("commented")
        SUBMITTED = "submitted", _("sent to review")
        RETURNED = "returned", _("returned to draft")
        SIGNED = "signed", _("signed")
        PUBLISHED = "published", _("published")
        EXPORTED = "exported", _("exported")
        MAILED = "mailed", _("mailed")

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # Names, not keys: the record outlives the people in it.
    actor = models.CharField(_("by"), max_length=150, blank=True)
    detail = models.JSONField(_("detail"), default=dict)

    class Meta:
        verbose_name = _("entry of a scorecard's record")
        verbose_name_plural = _("record of scorecards")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"


class ScorecardExport(models.Model):
    """One file that was made of a scorecard; by its own hash it is known again, byte for byte."""

    scorecard = models.ForeignKey(Scorecard, on_delete=models.PROTECT, related_name="exports")
    form = models.CharField(_("format"), max_length=5)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, db_index=True)
    content_sha256 = models.CharField(_("SHA-256 of what it shows"), max_length=64)
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=150)

    class Meta:
        verbose_name = _("exported file")
        verbose_name_plural = _("exported files")

    def __str__(self) -> str:
        return f"{self.form} {self.sha256[:12]}"


class ExportTemplate(models.Model):
    """An own PPTX with placeholders that exports fill."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    file = models.BinaryField()
    size = models.IntegerField(_("bytes"))
    placeholders = models.JSONField(_("placeholders"), default=list)
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now=True)
    uploaded_by = models.CharField(_("uploaded by"), max_length=150)

    class Meta:
        verbose_name = _("export template")
        verbose_name_plural = _("export templates")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
