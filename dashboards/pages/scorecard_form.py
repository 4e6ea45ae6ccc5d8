"""The form of a draft, as stored or as sent, and two people's texts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dashboards import catalogue_text as text
from dashboards.pages.scorecard_sheet import Sheet, SheetRow, metric_name
from dashboards.scorecard_links import NOTES, card_url, field_name
from metrics.models import Scorecard
from metrics.registry import metrics
from metrics.scorecards.selection import metrics_listed


@dataclass(frozen=True, slots=True)
class Box:
    """A measure that can be put on the scorecard."""

    key: str
    name: str
    chosen: bool
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class BoxGroup:
    """The measures of a family."""

    name: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A text of the form."""

    name: str
    label: str
    text: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else changed meanwhile."""

    name: str
    theirs: str
    mine: str


@dataclass(frozen=True, slots=True)
class EditPage:
    """The form of a draft."""

    heading: str
    url: str
    back: str
    revision: int
    notes: tuple[Field, ...]
    comments: tuple[Field, ...]
    groups: tuple[BoxGroup, ...]
    sign_off: str
    differences: tuple[Difference, ...]
    errors: tuple[str, ...]


def edit_page(
    card: Scorecard,
    sheet: Sheet,
    *,
    sent: Mapping[str, object] | None = None,
    differences: Sequence[Difference] = (),
    errors: Sequence[str] = (),
) -> EditPage:
    """The form as stored, or as it was sent when it could not be kept."""
    held: dict[str, object] = {
        "happened": card.happened,
        "doing": card.doing,
        "unknown": card.unknown,
        "metrics": list(card.metrics),
        "sign_off": [place.title for place in card.sign_offs.all() if place.position],
        **{f"comment:{comment.metric}": comment.text for comment in card.comments.all()},
    }
    held |= sent or {}
    helps = {
        "happened": _("What the figures show, in two or three sentences."),
        "doing": _("Who does what until when."),
        "unknown": _("What the figures cannot say."),
    }
    chosen = held["metrics"]
    assert isinstance(chosen, list)
    titles = held["sign_off"]
    assert isinstance(titles, list)
    return EditPage(
        heading=_("Edit the scorecard of %(period)s, %(scope)s") % {"period": sheet.period, "scope": sheet.scope},
        url=card_url("scorecard-edit", card.period, card.scope_kind, card.scope),
        back=card_url("scorecard", card.period, card.scope_kind, card.scope),
        revision=card.revision,
        notes=tuple(Field(name, field_name(name), str(held[name]), helps[name]) for name in NOTES),
        comments=tuple(
            Field(f"comment:{row.key}", row.name, str(held.get(f"comment:{row.key}", "")), _row_help(row))
            for group in sheet.groups
            for row in group.rows
        ),
        groups=_boxes(card.scope_kind, chosen),
        sign_off="\n".join(str(title) for title in titles),
        differences=tuple(differences),
        errors=tuple(errors),
    )


@dataclass(frozen=True, slots=True)
class CommentPage:
    """The form of one comment."""

    heading: str
    period: str
    url: str
    back: str
    text: str
    before: str
    help: str
    differences: tuple[Difference, ...]
    errors: tuple[str, ...]


def comment_page(
    card: Scorecard,
    sheet: Sheet,
    key: str,
    *,
    sent: str | None = None,
    differences: Sequence[Difference] = (),
    errors: Sequence[str] = (),
) -> CommentPage | None:
    """The form for one row; None for a row that is not on the sheet."""
    row = next((row for group in sheet.groups for row in group.rows if row.key == key), None)
    if row is None:
        return None
    return CommentPage(
        heading=_("Comment on %(name)s") % {"name": row.name},
        period=sheet.period,
        url=card_url("scorecard-comment", card.period, card.scope_kind, card.scope, row=key),
        back=card_url("scorecard", card.period, card.scope_kind, card.scope),
        text=row.comment if sent is None else sent,
        before=row.comment,
        help=_row_help(row),
        differences=tuple(differences),
        errors=tuple(errors),
    )


def _row_help(row: SheetRow) -> str:
    return " · ".join(part for part in (row.actual, row.delta.text if row.delta else "", row.status.word) if part)


def _boxes(kind: str, chosen: Sequence[object]) -> tuple[BoxGroup, ...]:
    groups: dict[str, list[Box]] = {}
    for key in metrics_listed(kind):
        groups.setdefault(metrics()[key].family, []).append(Box(key, text.title(key), key in chosen))
    return tuple(BoxGroup(text.family(family), tuple(boxes)) for family, boxes in groups.items())


def differences_of(theirs: Mapping[str, object], mine: Mapping[str, object]) -> tuple[Difference, ...]:
    """What two people wrote, side by side."""
    return tuple(Difference(field_name(key), _words(theirs.get(key)), _words(mine[key])) for key in mine)


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(metric_name(str(item)) for item in value)
    return str(value or "")
