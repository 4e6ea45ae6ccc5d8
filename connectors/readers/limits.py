"""Limits of what is read, from settings. They are looked up before anything is unpacked."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from portfolio.services.problems import Problem, problem

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest sizes that a reader accepts."""

    file_bytes: int = 4096 * MB
    unpacked_bytes: int = 4096 * MB
    sheet_bytes: int = 400 * MB
    ratio: int = 100
    ratio_from_bytes: int = 10 * MB
    entries: int = 1_000
    columns: int = 1_000
    cell_characters: int = 10 * MB
    rows: int = 20_000_000


def limits() -> Limits:
    """The limits in force: `IMPORT_LIMITS` of the settings over the usual ones."""
    return Limits(**getattr(settings, "IMPORT_LIMITS", {}))


def too_large(file: str, message: str, *, line: int = 1) -> Problem:
    """A passed limit: the import is refused."""
    return problem(file, line, "", "", "too_large", message)


def archive_problem(file: str, archive: zipfile.ZipFile, held: Limits) -> Problem | None:
    """What is wrong with an archive by its directory alone: count, sizes, ratio, passwords."""
    entries = archive.infolist()
    if len(entries) > held.entries:
        message = _("The archive holds %(count)d entries; the limit is %(limit)d.")
        return too_large(file, message % {"count": len(entries), "limit": held.entries})
    total = sum(entry.file_size for entry in entries)
    if total > held.unpacked_bytes:
        message = _("The archive would unpack to %(size)d MB; the limit is %(limit)d MB.")
        return too_large(file, message % {"size": total // MB, "limit": held.unpacked_bytes // MB})
    for entry in entries:
        ratio = entry.file_size / max(1, entry.compress_size)
        if entry.file_size > held.ratio_from_bytes and ratio > held.ratio:
            message = _("An entry of the archive is packed %(ratio)d to 1; the limit is %(limit)d to 1.")
            return too_large(file, message % {"ratio": ratio, "limit": held.ratio})
        if entry.flag_bits & 0x1:
            message = _("The archive is protected by a password.")
            return problem(file, 1, "", "", "bad_file", message, _("Save it without a password."))
    return None
