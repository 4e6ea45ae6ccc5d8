"""Whether a hash, or a file, is of what was published."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from typing import Final

from metrics.models import Scorecard, ScorecardExport
from metrics.scorecards.content import sha256

HASH: Final = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
LARGEST: Final = 25 * 1024 * 1024
LARGEST_UNPACKED: Final = 100 * 1024 * 1024
MOST_ENTRIES: Final = 2000


class FileTooLarge(ValueError):
    """A file is larger than what an export can be."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `matches` is the answer; `intact` says that the stored text still has its own hash.

    status: identical (a file that was made here, byte for byte), same_hash (it names the published hash; a file of
    this kind was changed after it was made, or a hash alone was asked for), frozen_text (the canonical text itself),
    draft (a file made of a draft), other (the hash of another scorecard, `period` and `scope` say which), unknown.
    """

    status: str
    matches: bool
    intact: bool
    sha256: str
    found: str = ""
    period: str = ""
    scope_kind: str = ""
    scope: str = ""
    is_file: bool = False


def intact(card: Scorecard) -> bool:
    """Whether the frozen text still has the hash under which it was published."""
    return sha256(card.frozen) == card.sha256


def hash_verify(card: Scorecard, text: str) -> Verdict:
    """A hash against what was published: that of the scorecard, or that of a file which was exported from it."""
    asked = text.strip().lower()
    if asked == card.sha256:
        return Verdict("same_hash", intact(card), intact(card), card.sha256, asked)
    made = ScorecardExport.objects.filter(sha256=asked, scorecard=card).first() if len(asked) == 64 else None
    if made is not None:
        same = made.content_sha256 == card.sha256
        return Verdict("identical" if same else "draft", same and intact(card), intact(card), card.sha256, asked)
    return _other(card, asked, is_file=False)


def file_verify(card: Scorecard, data: bytes) -> Verdict:
    """A file against what was published. Raises FileTooLarge."""
    if len(data) > LARGEST:
        raise FileTooLarge
    own = hashlib.sha256(data).hexdigest()
    whole = intact(card)
    if own == card.sha256:
        return Verdict("frozen_text", whole, whole, card.sha256, own, is_file=True)
    made = ScorecardExport.objects.filter(sha256=own).select_related("scorecard").first()
    if made is not None:
        same = made.scorecard_id == card.pk and made.content_sha256 == card.sha256
        if same:
            return Verdict("identical", whole, whole, card.sha256, card.sha256, is_file=True)
        if made.scorecard_id == card.pk:
            return Verdict("draft", False, whole, card.sha256, made.content_sha256, is_file=True)
        return _other(card, made.content_sha256, is_file=True)
    named = hashes_in(data)
    if card.sha256 in named:
        # It names the hash, but no export of ours has these bytes.
        return Verdict("same_hash", False, whole, card.sha256, card.sha256, is_file=True)
    for candidate in sorted(named):
        verdict = _other(card, candidate, is_file=True)
        if verdict.status == "other":
            return verdict
    return Verdict("unknown", False, whole, card.sha256, is_file=True)


def _other(card: Scorecard, asked: str, *, is_file: bool) -> Verdict:
    other = Scorecard.objects.filter(sha256=asked).defer("frozen").first() if len(asked) == 64 else None
    if other is None or other.pk == card.pk:
        return Verdict("unknown", False, intact(card), card.sha256, asked[:64], is_file=is_file)
    return Verdict(
        "other",
        False,
        intact(card),
        card.sha256,
        asked,
        other.period,
        other.scope_kind,
        other.scope,
        is_file=is_file,
    )


def hashes_in(data: bytes) -> set[str]:
    """Everything in a file that looks like a SHA-256; parts of a zip (XLSX, PPTX) are looked through."""
    found = {match.decode() for match in HASH.findall(data)}
    if data[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                entries = archive.infolist()
                if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
                    raise FileTooLarge
                for entry in entries:
                    if entry.filename.endswith(".xml"):
                        with archive.open(entry) as part:
                            found |= {match.decode() for match in HASH.findall(part.read(LARGEST_UNPACKED))}
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
            return found
    return found
