"""The body that drafts a scorecard or changes a draft: read strictly, refused by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext as _

from api.parameters import MAX_TEXT
from api.parsers import NumberText
from api.problems import FieldError, Problem
from metrics.scorecards.selection import KINDS

NOTES = ("happened", "doing", "unknown")
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
WORDS = {"type": "array", "items": {"type": "string"}}
BODY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "period": {
            "type": "string",
            "pattern": "^[0-9]{4}-Q[1-4]$",
            "description": "Needed where the address names none.",
        },
        "scope_kind": {"type": "string", "enum": list(KINDS)},
        "scope": {"type": "string"},
        "notes": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in NOTES},
            "additionalProperties": False,
        },
        "comments": {**TEXTS, "description": "By metric, or customer_success_index:factor."},
        "metrics": WORDS,
        "sign_off": {**WORDS, "description": "Titles that executives sign under; blank: nobody is asked."},
        "revision": {"type": "integer", "description": "The revision that this changes; 409 when it is another one."},
    },
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be drafted or changed; None for what stays."""

    period: str
    scope_kind: str
    scope: str
    notes: dict[str, str] | None
    comments: dict[str, str] | None
    metrics: list[str] | None
    sign_off: list[str] | None
    revision: int | None

    @property
    def changes(self) -> bool:
        """Whether anything is said beyond that there be a draft."""
        return any(part is not None for part in (self.notes, self.comments, self.metrics, self.sign_off))


def read_draft(
    body: Any, *, named: bool = False, period: str = "", scope_kind: str = "enterprise", scope: str = ""
) -> Wish:
    """A body as a wish. `named`: it names quarter and scope itself. Raises Problem 400 naming each field."""
    errors: list[FieldError] = []
    if body in (None, ""):
        body = {}
    if not isinstance(body, Mapping):
        errors.append(FieldError("", "bad_type", _("Expected a JSON object.")))
        body = {}
    place = ("period", "scope_kind", "scope") if named else ()
    known = {*place, "notes", "comments", "metrics", "sign_off", "revision"}
    errors += [
        FieldError(str(name)[:MAX_TEXT], "unknown_field", _("Unknown field.")) for name in body if name not in known
    ]
    if named:
        period = _word(body, "period", errors, needed=True)
        scope_kind = _word(body, "scope_kind", errors) or "enterprise"
        scope = _word(body, "scope", errors)
    wish = Wish(
        period,
        scope_kind,
        scope,
        _texts(body, "notes", errors, allowed=NOTES),
        _texts(body, "comments", errors),
        _words(body, "metrics", errors),
        _words(body, "sign_off", errors),
        _revision(body, errors),
    )
    if errors:
        raise Problem(HTTPStatus.BAD_REQUEST, _("The body cannot be read."), errors)
    return wish


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, NumberText)


def _word(body: Mapping[str, Any], name: str, errors: list[FieldError], *, needed: bool = False) -> str:
    value = body.get(name)
    if value is None:
        if needed:
            errors.append(FieldError(name, "missing_value", _("This field is needed.")))
        return ""
    if not _is_text(value) or len(value) > MAX_TEXT or not value.isprintable():
        errors.append(FieldError(name, "bad_type", _("Expected a short text.")))
        return ""
    return str(value)


def _texts(
    body: Mapping[str, Any], name: str, errors: list[FieldError], allowed: tuple[str, ...] = ()
) -> dict[str, str] | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        errors.append(FieldError(name, "bad_type", _("Expected an object of texts.")))
        return None
    for key, text in value.items():
        field = f"{name}.{str(key)[:MAX_TEXT]}"
        if allowed and key not in allowed:
            errors.append(FieldError(field, "unknown_field", _("Unknown field.")))
        elif not _is_text(text) or "\x00" in text:
            errors.append(FieldError(field, "bad_type", _("Expected a text.")))
    return {str(key): str(text) for key, text in value.items()}


def _words(body: Mapping[str, Any], name: str, errors: list[FieldError]) -> list[str] | None:
    value = body.get(name)
    if value is None:
        return None
    if (
        not isinstance(value, list)
        or len(value) > 200
        or not all(_is_text(word) and len(word) <= MAX_TEXT and word.isprintable() for word in value)
    ):
        errors.append(FieldError(name, "bad_type", _("Expected a list of texts.")))
        return None
    return [str(word) for word in value]


def _revision(body: Mapping[str, Any], errors: list[FieldError]) -> int | None:
    value = body.get("revision")
    if value is None:
        return None
    if not isinstance(value, NumberText) or not value.isdigit() or len(value) > 9:
        errors.append(FieldError("revision", "bad_type", _("Expected a whole number.")))
        return None
    return int(value)
