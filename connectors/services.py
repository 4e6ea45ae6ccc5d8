"""Imports: an upload is stored and queued, a run is worked on by a task or a command; one path for both."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from connectors.readers.deliveries import delivery_read
from connectors.readers.limits import MB, limits
from connectors.registry import connector_get
from portfolio.lost import is_database_lost
from portfolio.models import ImportRun
from portfolio.selectors.visibility import visibility_of
from portfolio.services.facts import Report
from portfolio.services.imports import MAX_ATTEMPTS, Alive, run_claim, run_fail, run_open, run_write, runs_abandoned
from portfolio.services.tables import Delivery

logger = logging.getLogger(__name__)

IMPORT_TASK = "connectors.import_run"
MAX_FILES = 100
NAME_CHARACTERS = re.compile(r"[^A-Za-z0-9._ -]")

Progress = Callable[[str, float], None]


class Upload(Protocol):
    """A file as Django receives it."""

    name: str | None
    size: int | None

    def chunks(self) -> Iterable[bytes]:
        """Its content in pieces."""


class ImportNotStarted(Exception):
    """An upload that is not even queued; `code` as in the contract, and one sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def import_start(
    *,
    files: Sequence[Upload],
    actor: User | None,
    connector: str = "",
    options: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
) -> ImportRun:
    """Store an upload and queue its import. Raises ImportNotStarted for too many or too large files."""
    _check_upload(files, connector, options or {})
    with transaction.atomic():
        run = run_open(
            actor=actor,
            connector=connector,
            options=dict(options or {}),
            skip_bad_rows=skip_bad_rows,
            dry_run=dry_run,
            language=get_language() or "",
        )
        run.folder = f"imports/{run.pk}"
        run.save(update_fields=["folder"])
        folder = _folder(run)
        try:
            for place, upload in enumerate(files):
                _keep(upload, folder / str(place))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        transaction.on_commit(lambda: import_send(run.pk), robust=True)
    return run


def _check_upload(files: Sequence[Upload], connector: str, options: Mapping[str, str]) -> None:
    if not files:
        raise ImportNotStarted("missing_value", _("No file was sent."))
    if len(files) > MAX_FILES:
        raise ImportNotStarted("too_large", _("More than %d files were sent.") % MAX_FILES)
    if sum(upload.size or 0 for upload in files) > limits().file_bytes:
        raise ImportNotStarted("too_large", _("The files are larger than %d MB.") % (limits().file_bytes // MB))
    if connector:
        known = connector_get(connector)
        if known is None:
            raise ImportNotStarted("bad_enum", _("There is no connector of that name."))
        unknown = sorted(set(options) - set(known.options))
        if unknown:
            raise ImportNotStarted("unknown_column", _("The connector has no option %s.") % unknown[0])


def upload_limit() -> int:
    """Largest upload in bytes; worth asking before one is read."""
    return limits().file_bytes


def _folder(run: ImportRun) -> Path:
    return Path(settings.MEDIA_ROOT) / run.folder


def _keep(upload: Upload, folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    with (folder / safe_name(upload.name or "")).open("xb") as stream:
        for chunk in upload.chunks():
            stream.write(chunk)


def safe_name(name: str) -> str:
    """The last part of a name a stranger chose, with nothing in it that a file system could take amiss."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return NAME_CHARACTERS.sub("_", last).lstrip(". ")[-100:] or "file"


def import_send(run: int) -> None:
    """Ask a worker to do the import. A lost message is found by the sweeper."""
    try:
        current_app.send_task(IMPORT_TASK, args=[run], retry=False, ignore_result=True)
    except Exception as error:
        logger.warning("import_not_sent", extra={"run": run, "error": type(error).__name__})


def import_run(run_id: int, *, progress: Progress | None = None) -> Report | None:
    """Do a queued import. None when it is done already or somebody else works on it. Safe to call twice.

    The report is worded in the language of whoever asked.
    """
    asked = ImportRun.objects.filter(pk=run_id).values_list("language", flat=True).first()
    with override(asked or settings.LANGUAGE_CODE):
        return _import_run(run_id, progress)


def _import_run(run_id: int, progress: Progress | None) -> Report | None:
    with Alive(run_id) as alive:
        run = run_claim(run_id) if alive.claimed else None
        if run is None:
            if alive.claimed:
                _tidy(run_id)
            return None
        if run.actor is not None and not visibility_of(run.actor).may_write:
            run_fail(run.pk, _("Whoever asked for this import may no longer write facts; nothing was stored."))
            shutil.rmtree(_folder(run), ignore_errors=True)
            return None
        paths = [path for path in sorted(_folder(run).glob("*/*")) if path.is_file()] if run.folder else []
        if not paths:
            # A command that was killed, or an upload that this machine does not hold.
            run_fail(run.pk, _("The files of this import are not at hand; nothing was stored. Import them again."))
            return None
        report = _work(run, paths, alive, progress, is_tried_again=run.attempts < MAX_ATTEMPTS)
    shutil.rmtree(_folder(run), ignore_errors=True)
    return report


def _tidy(run_id: int) -> None:
    """Forget the upload of an import that had come to its end when its worker died. Of a failed one it is kept."""
    status = ImportRun.Status
    done = ImportRun.objects.filter(pk=run_id, status__in=(status.IMPORTED, status.REFUSED, status.VALID)).first()
    if done is not None and done.folder:
        shutil.rmtree(_folder(done), ignore_errors=True)


def import_paths(
    *,
    paths: Sequence[Path],
    connector: str = "",
    options: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> tuple[ImportRun, Report]:
    """Import files where they lie, at once: what the commands do."""
    run = run_open(
        actor=None, connector=connector, options=dict(options or {}), skip_bad_rows=skip_bad_rows, dry_run=dry_run
    )
    with Alive(run.pk) as alive:
        claimed = run_claim(run.pk) if alive.claimed else None
        if claimed is None:
            raise RuntimeError(f"import {run.pk} was taken by another process")
        return claimed, _work(claimed, paths, alive, progress)


def _work(
    run: ImportRun, paths: Sequence[Path], alive: Alive, progress: Progress | None, *, is_tried_again: bool = False
) -> Report:
    try:
        delivery = _delivery(run, paths)
        return run_write(run=run, delivery=delivery, alive=alive, progress=progress)
    except Exception as error:
        if is_tried_again and is_database_lost(error):
            raise  # no fault of the files: the task, or the sweeper, does it again
        run_fail(run.pk, _("%(error)s: nothing was stored.") % {"error": type(error).__name__})
        logger.exception("import_failed", extra={"run": run.pk})
        raise


def _delivery(run: ImportRun, paths: Sequence[Path]) -> Delivery:
    if not run.connector:
        return delivery_read(paths)
    connector = connector_get(run.connector)
    if connector is None:
        raise LookupError(run.connector)
    return connector.translate(paths, run.options)


def imports_sweep() -> int:
    """Ask again for imports whose message was lost or whose worker died; returns how many."""
    abandoned = runs_abandoned()
    for run in abandoned:
        import_send(run)
    return len(abandoned)
