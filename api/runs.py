"""`/runs/`: computations, and the wish for one."""

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.answers import json_answer
from api.columns import OutColumn, json_row
from api.idempotency import HEADER, once
from api.paging import Direction, is_place, page_of, read_cursor
from api.parameters import MAX_TEXT, PAGE_SIZE, choice, read_day
from api.parsers import NumberText
from api.periods import read_period
from api.problems import FieldError, Problem, not_found
from api.schema import JSON_MEDIA, Operation, columns_schema, list_content, shape
from api.sending import send
from api.view import ApiView, ListView, person
from metrics.models import Run, Scope
from metrics.registry import metrics
from metrics.runs import run_progress, run_request
from metrics.storage import scopes_ensure
from portfolio.rights import SCOPE_KINDS

ADVANCE = "metrics.advance"
YEARS = range(1990, 2201)
OUT = (
    OutColumn("id", "integer"),
    OutColumn("state"),
    OutColumn("cause"),
    OutColumn("full", "bool"),
    OutColumn("as_of", "date"),
    OutColumn("requested_at", "instant"),
    OutColumn("requested_by"),
    OutColumn("started_at", "instant"),
    OutColumn("published_at", "instant"),
    OutColumn("values_written", "integer"),
    OutColumn("values_unchanged", "integer"),
    OutColumn("seconds", "float"),
    OutColumn("peak_rss_mb", "float"),
    OutColumn("error"),
)
RUN = shape(
    "Run",
    columns_schema(
        OUT, {"url": {"type": "string", "format": "uri"}, "request": {"type": "object"}, "progress": {"type": "object"}}
    ),
)
WISH = {
    "type": "object",
    "properties": {
        "full": {"type": "boolean"},
        "as_of": {"type": ["string", "null"], "format": "date"},
        "from": {"type": ["string", "null"]},
        "to": {"type": ["string", "null"]},
        "metrics": {"type": "array", "items": {"type": "string"}},
        "scopes": {"type": "array", "items": {"type": "string"}, "description": "kind:code"},
    },
}


def run_row(run: Run) -> tuple[Any, ...]:
    """A run as cells."""
    names = {"full": "is_full"}
    return tuple(getattr(run, names.get(column.name, column.name)) for column in OUT)


def run_json(run: Run, request: Request) -> dict[str, Any]:
    """A run with how far it is."""
    return {
        **json_row(OUT, run_row(run)),
        "url": request.build_absolute_uri(reverse("api:run", kwargs={"key": run.pk})),
        "request": run.request,
        "progress": run_progress(run),
    }


class RunList(ListView):
    """Runs, the newest first; POST wishes for one."""

    name = "runs"
    tag = "runs"
    parameters = (choice("state", Run.State.values, "Only runs in this state."),)

    def get(self, request: Request) -> HttpResponseBase:
        if not self.visible.reads_all:
            raise not_found()
        rows = Run.objects.prefetch_related("chunks")
        if "state" in self.query:
            rows = rows.filter(state=self.query["state"])
        if not self.is_paged:
            return self.file_answer(map(run_row, rows.order_by("-pk").iterator(1000)), OUT)

        def fetch(direction: Direction, place: Any, n: int) -> Sequence[Run]:
            if direction == "before":
                return list(rows.filter(pk__gt=place).order_by("pk")[:n])
            return list((rows if place is None else rows.filter(pk__lt=place)).order_by("-pk")[:n])

        cursor = read_cursor(self.query.get("cursor"), is_place)
        size = self.query.get("page_size", PAGE_SIZE)
        page = page_of(fetch, cursor=cursor, size=size, position=lambda run: run.pk)
        return self.object_page_answer(page, lambda run: run_json(run, request), OUT, run_row)

    def post(self, request: Request) -> HttpResponseBase:
        body: Any = request.data

        def work() -> tuple[HTTPStatus, dict[str, object]]:
            full, as_of, wanted = read_wish(body)
            run = run_wish(full, as_of, wanted, person(request).get_username())
            return HTTPStatus.ACCEPTED, run_json(run, request)

        return once(request, repr(body).encode(errors="replace"), work)

    def operations(self) -> Mapping[str, Operation]:
        taken = {202: {JSON_MEDIA: RUN}}
        return {
            "GET": Operation("runs_list", "Runs", {200: list_content(RUN)}),
            "POST": Operation(
                "runs_start", "Wish for a run", taken, {JSON_MEDIA: WISH}, (HEADER,), problems=(409, 422)
            ),
        }


class RunDetail(ApiView):
    """One run and how far it is."""

    tag = "runs"

    def get(self, request: Request, key: str) -> HttpResponseBase:
        run = None
        if self.visible.reads_all and key.isascii() and key.isdigit() and len(key) < 10:
            run = Run.objects.prefetch_related("chunks").filter(pk=int(key)).first()
        if run is None:
            raise not_found()
        return json_answer(request, run_json(run, request))

    def operations(self) -> Mapping[str, Operation]:
        return {"GET": Operation("runs_retrieve", "One run", {200: {JSON_MEDIA: RUN}})}


def run_wish(full: bool, as_of: date | None, wanted: dict[str, Any], by: str) -> Run:
    """The run that was asked for; the one that waits for the same already, if there is one."""
    with transaction.atomic():
        waiting = Run.objects.filter(state=Run.State.WANTED, request=wanted, is_full=full, as_of=as_of, slot=None)
        run = waiting.first() or run_request(cause="api", full=full, as_of=as_of, request=wanted, by=by)
        transaction.on_commit(lambda: send(ADVANCE), robust=True)
    return run


def read_wish(body: Any) -> tuple[bool, date | None, dict[str, Any]]:
    """What the body of a wish asks for: full, as-of day, request. Raises Problem 400 naming each field."""
    errors: list[FieldError] = []
    if not isinstance(body, dict):
        errors.append(FieldError("", "bad_type", _("Expected a JSON object.")))
        body = {}
    errors += [
        FieldError(str(name)[:MAX_TEXT], "unknown_field", _("Unknown field."))
        for name in body
        if name not in WISH["properties"]
    ]
    full = body.get("full", False)
    if not isinstance(full, bool):
        errors.append(FieldError("full", "bad_type", _("Expected true or false.")))
    as_of = read_field(body, "as_of", read_as_of, errors)
    wanted: dict[str, Any] = {}
    for name in ("from", "to"):
        period = read_field(body, name, read_period, errors)
        if period is not None:
            wanted[name] = period.code
    keys = read_words(body, "metrics", errors)
    if unknown := [key for key in keys if key not in metrics()]:
        errors.append(FieldError("metrics", "unknown_reference", _("No metric %(key)s.") % {"key": unknown[0][:100]}))
    elif keys:
        wanted["metrics"] = keys
    if scopes := read_scopes(read_words(body, "scopes", errors), errors):
        wanted["scopes"] = scopes
    if errors:
        raise Problem(HTTPStatus.BAD_REQUEST, _("The wish cannot be read."), errors)
    return full, as_of, wanted


def read_as_of(text: str) -> date:
    """A day that can be computed as of."""
    found = read_day(text)
    if found.year not in YEARS:
        raise ValueError(_("a day from %(first)d to %(last)d") % {"first": YEARS[0], "last": YEARS[-1]})
    return found


def read_field(body: Mapping[str, Any], name: str, read: Any, errors: list[FieldError]) -> Any:
    """One field of a body, None where it is left out or null."""
    value = body.get(name)
    if value is None:
        return None
    try:
        if not isinstance(value, str) or isinstance(value, NumberText):
            raise ValueError(_("text"))
        return read(value)
    except ValueError as expected:
        errors.append(FieldError(name, "bad_value", _("Expected %(expected)s.") % {"expected": expected}))
        return None


def read_words(body: Mapping[str, Any], name: str, errors: list[FieldError]) -> list[str]:
    """A list of words of a body."""
    value = body.get(name, [])
    if not isinstance(value, list) or not all(
        isinstance(word, str) and word.isprintable() and len(word) <= MAX_TEXT + 20 for word in value
    ):
        errors.append(FieldError(name, "bad_type", _("Expected a list of texts.")))
        return []
    return [str(word) for word in value]


def read_scopes(words: Sequence[str], errors: list[FieldError]) -> dict[str, list[int]]:
    """Scopes written kind:code, as ids by kind."""
    found: dict[str, list[int]] = {}
    if not words:
        return found
    scopes_ensure()
    for word in words:
        kind, _colon, code = word.partition(":")
        known = Scope.objects.filter(kind=kind, code=code).values_list("object_id", flat=True).first()
        if kind not in SCOPE_KINDS or known is None:
            errors.append(FieldError("scopes", "unknown_reference", _("No scope %(word)s.") % {"word": word}))
        else:
            found.setdefault(kind, []).append(known)
    return found
