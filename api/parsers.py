"""Bodies: strict JSON whose numbers keep their digits, JSON lines and CSV; all bounded before they are read."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from api.problems import FieldError, Problem, refused

MAX_ERROR_TEXT = 80


class NumberText(str):
    """A JSON number as it was written; 0.1 stays 0.1, and 1e400 reaches the check that refuses it."""

    __slots__ = ()


class JsonParser(BaseParser):
    """`application/json`, read strictly."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return load_json(read_bounded(stream))


class MergePatchParser(JsonParser):
    """`application/merge-patch+json`, read the same."""

    media_type = "application/merge-patch+json"


class RawParser(BaseParser):
    """The bytes of a body; base of the kinds that are read line by line."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return read_bounded(stream)


class JsonLinesParser(RawParser):
    media_type = "application/jsonl"


class NewlineJsonParser(RawParser):
    media_type = "application/x-ndjson"


class JsonAsLinesParser(RawParser):
    media_type = "application/json"


class CsvParser(RawParser):
    media_type = "text/csv"


def read_bounded(stream: IO[bytes]) -> bytes:
    """The whole body, or 413."""
    limit = settings.API_MAX_BODY_BYTES
    raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            _("The body is larger than %(limit)d bytes. Send more data as an import.") % {"limit": limit},
        )
    return raw


def load_json(raw: bytes) -> Any:
    """The value of a JSON text: UTF-8, no NaN or Infinity, no key twice, bounded depth. Numbers come as NumberText."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refused("", "bad_encoding", _("The body is not UTF-8.")) from error
    try:
        return json.loads(
            text,
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=refuse_constant,
            object_pairs_hook=unique_keys,
        )
    except RecursionError as error:
        raise refused("", "bad_json", _("The JSON is nested too deeply.")) from error
    except ValueError as error:
        raise refused("", "bad_json", _("The body is not JSON: %(error)s.") % {"error": str(error)[:200]}) from error


def refuse_constant(name: str) -> Any:
    """NaN and Infinity are no JSON."""
    raise refused("", "bad_number", _("The JSON holds %(name)s, which is no number.") % {"name": name})


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, refused when a key stands in it twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})[:5]
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            _("The JSON names a field twice."),
            [FieldError(name[:MAX_ERROR_TEXT], "duplicate_field", _("Named twice.")) for name in twice],
        )
    return found
