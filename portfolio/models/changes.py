"""The change log (who changed what, with the row before), and import runs with their reports."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ChangeSet(models.Model):
    """One committed write of facts. Ids rise in the order of commits: writes hold one lock."""

    class Kind(models.TextChoices):
        IMPORT = "import", _("Import")
        API = "api", _("API")
        FORM = "form", _("Form")
        UNDO = "undo", _("Undo")

    at = models.DateTimeField(_("at"), db_index=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    note = models.TextField(_("note"), blank=True, default="")
    # {feed: {"created": n, "updated": n, "removed": n}}, feeds that changed only.
    counts = models.JSONField(_("counts"), default=dict)
    undoes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by", verbose_name=_("undoes")
    )

    class Meta:
        db_table = "portfolio_changeset"
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind}"


class Change(models.Model):
    """One row as it was before it was updated, removed or revived. New rows are found by their `created_in`."""

    class Action(models.TextChoices):
        UPDATE = "update", _("Updated")
        REMOVE = "remove", _("Removed")
        REVIVE = "revive", _("Brought back")

    change_set = models.ForeignKey(ChangeSet, on_delete=models.PROTECT, related_name="changes", db_index=False)
    feed = models.CharField(_("feed"), max_length=30)
    row = models.BigIntegerField(_("row"))
    action = models.CharField(_("action"), max_length=6, choices=Action.choices)
    # The columns of the table as they were: references as ids, months as first days.
    before = models.JSONField(_("before"))

    class Meta:
        db_table = "portfolio_change"
        verbose_name = _("changed row")
        verbose_name_plural = _("changed rows")
        indexes = [
            models.Index(fields=["change_set", "feed"], name="change_by_set"),
            models.Index(fields=["feed", "row"], name="change_by_row"),
        ]

    def __str__(self) -> str:
        return f"{self.feed} {self.row}"


class Touched(models.Model):
    """What a write touched, for whoever computes: the atoms that changed rows of a feed name, and their months.

    `kind` is the kind of the atom (project, customer, service, team, outcome, person ...); a changed project touches
    itself. One more line per feed has no atom: kind "feed" when the atoms are listed, "all" when there were too many
    or none. `month_from` and `month_to` span the dates of the rows before and after, blank where they carry none.
    """

    change_set = models.ForeignKey(ChangeSet, on_delete=models.CASCADE, related_name="touched")
    feed = models.CharField(_("feed"), max_length=30)
    kind = models.CharField(_("kind"), max_length=20)
    atom = models.BigIntegerField(_("atom"), null=True)
    month_from = models.DateField(_("from"), null=True)
    month_to = models.DateField(_("to"), null=True)

    class Meta:
        db_table = "portfolio_touched"
        verbose_name = _("touched")
        verbose_name_plural = _("touched")

    def __str__(self) -> str:
        return f"{self.feed} {self.kind} {self.atom or ''}"


class ImportRun(models.Model):
    """One import from its request to its report."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        IMPORTED = "imported", _("Imported")
        REFUSED = "refused", _("Refused")
        VALID = "valid", _("Checked, nothing stored")
        FAILED = "failed", _("Failed")

    class OnError(models.TextChoices):
        REFUSE = "refuse", _("Refuse the whole import")
        SKIP = "skip", _("Leave out rows with errors")

    FINAL = (Status.IMPORTED, Status.REFUSED, Status.VALID, Status.FAILED)

    created_at = models.DateTimeField(_("asked for at"), auto_now_add=True, db_index=True)
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    # Written over a second connection while the import's own transaction runs.
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True)
    attempts = models.SmallIntegerField(_("attempts"), default=0)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    connector = models.CharField(_("connector"), max_length=50, blank=True, default="")
    options = models.JSONField(_("options"), default=dict)
    on_error = models.CharField(_("on error"), max_length=6, choices=OnError.choices, default=OnError.REFUSE)
    dry_run = models.BooleanField(_("check only"), default=False)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.QUEUED, db_index=True)
    stage = models.CharField(_("stage"), max_length=100, blank=True, default="")
    progress = models.FloatField(_("progress"), default=0.0)
    # {feed: {"rows", "created", "updated", "unchanged", "rejected"}}
    counts = models.JSONField(_("counts"), default=dict)
    error_count = models.IntegerField(_("errors"), default=0)
    warning_count = models.IntegerField(_("warnings"), default=0)
    # Of an import that was only checked: {feed: [columns beside what was stored then]}, see services.preview.
    preview = models.JSONField(_("preview"), default=dict)
    # The report is worded in the language of whoever asked for it.
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    # Said by a connector: what it dropped and why, what stays undefined.
    notes = models.JSONField(_("notes"), default=list)
    message = models.TextField(_("message"), blank=True, default="")
    seconds = models.FloatField(_("seconds"), null=True)
    change_set = models.OneToOneField(
        ChangeSet, on_delete=models.PROTECT, null=True, blank=True, related_name="import_run"
    )
    # Folder of the stored upload, below settings.UPLOADS; blank when the files were read where they lay.
    folder = models.CharField(_("folder"), max_length=200, blank=True, default="")

    class Meta:
        db_table = "portfolio_importrun"
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"


class ImportFile(models.Model):
    """One file (or sheet) of an import."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(_("name"), max_length=255)
    feed = models.CharField(_("feed"), max_length=30, blank=True, default="")
    size = models.BigIntegerField(_("bytes"), null=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, default="")
    rows = models.IntegerField(_("rows"), default=0)
    left_out = models.BooleanField(_("left out"), default=False)

    class Meta:
        db_table = "portfolio_importfile"
        verbose_name = _("imported file")
        verbose_name_plural = _("imported files")

    def __str__(self) -> str:
        return self.name


class ImportProblem(models.Model):
    """One line of an import's report: an error or a warning, with place and remedy."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="problems", db_index=False)
    place = models.IntegerField(_("place"))
    file = models.CharField(_("file"), max_length=255)
    line = models.IntegerField(_("line"), null=True)
    column = models.CharField(_("column"), max_length=200, blank=True, default="")
    value = models.TextField(_("value"), blank=True, default="")
    code = models.CharField(_("code"), max_length=30)
    severity = models.CharField(_("severity"), max_length=7)
    message = models.TextField(_("message"))
    remedy = models.TextField(_("remedy"))

    class Meta:
        db_table = "portfolio_importproblem"
        verbose_name = _("problem")
        verbose_name_plural = _("problems")
        constraints = [models.UniqueConstraint(fields=["run", "place"], name="importproblem_place")]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.code}"
