"""Files of a scorecard, made by whoever registered to make them, and noted so that they can be known again.

`dashboards` draws the files; `api` and the mailing ask for them here, for neither may import the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils import timezone

from metrics.models import ExportTemplate, Scorecard, ScorecardEvent, ScorecardExport
from metrics.scorecards.selectors import Shown
from portfolio.models import RightsEvent
from portfolio.services.rights import event_record

FORMS: Final = ("pdf", "xlsx", "pptx", "csv")


@dataclass(frozen=True, slots=True)
class File:
    """A finished file."""

    name: str
    media_type: str
    data: bytes


class NotAvailable(RuntimeError):
    """A format that this installation cannot make; the message says what to do instead."""


Maker = Callable[[Shown, str, ExportTemplate | None], File]
_MAKER: list[Maker] = []


def maker_register(maker: Maker) -> None:
    """Name the one function that makes files (called at start)."""
    _MAKER[:] = [maker]


def scorecard_export(
    shown: Shown,
    form: str,
    *,
    by: str,
    template: ExportTemplate | None = None,
    kind: str = ScorecardEvent.Kind.EXPORTED,
) -> File:
    """The file of a format, in the active language, noted in the record. Raises NotAvailable."""
    if not _MAKER:
        raise NotAvailable(form)
    made = _MAKER[0](shown, form, template)
    export_note(shown, form, made, by=by, kind=kind)
    return made


@transaction.atomic
def export_note(shown: Shown, form: str, made: File, *, by: str, kind: str) -> None:
    """Write down what was made, of what, and for whom."""
    card: Scorecard = shown.card
    digest = hashlib.sha256(made.data).hexdigest()
    now = timezone.now()
    ScorecardExport.objects.create(
        scorecard=card, form=form, sha256=digest, content_sha256=shown.hash_shown, at=now, by=by[:150]
    )
    detail = {"form": form, "sha256": digest, "hidden": shown.content.rows_hidden}
    ScorecardEvent.objects.create(scorecard=card, at=now, kind=kind, actor=by[:150], detail=detail)
    event_record(
        kind=RightsEvent.Kind.EXPORTED,
        actor=by,
        subject=f"scorecard {card.period} {card.scope_kind}:{card.scope}",
        detail=detail,
    )
