"""`/imports/`: files in; progress, report and errors out. Only for roles that edit facts: reports quote cells."""

import hashlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from api.answers import json_answer
from api.columns import OutColumn, json_row
from api.idempotency import HEADER, once
from api.paging import Direction, is_place, page_of, read_cursor
from api.parameters import PAGE_SIZE, choice
from api.problems import FieldError, Problem, not_found, refused
from api.schema import JSON_MEDIA, Operation, columns_schema, list_content, shape
from api.view import ApiView, ListView, person
from connectors.services import ImportNotStarted, import_start, upload_limit
from portfolio.models import ImportProblem, ImportRun

OUT = (
    OutColumn("id", "integer"),
    OutColumn("status"),
    OutColumn("stage"),
    OutColumn("progress", "float"),
    OutColumn("connector"),
    OutColumn("on_error"),
    OutColumn("dry_run", "bool"),
    OutColumn("created_at", "instant"),
    OutColumn("started_at", "instant"),
    OutColumn("finished_at", "instant"),
    OutColumn("error_count", "integer"),
    OutColumn("warning_count", "integer"),
    OutColumn("seconds", "float"),
    OutColumn("message"),
)
PROBLEM_OUT = (
    OutColumn("file"), OutColumn("line", "integer"), OutColumn("column"), OutColumn("value"), OutColumn("code"),
    OutColumn("severity"), OutColumn("message"), OutColumn("remedy"),
)  # fmt: skip
MAX_ERRORS = 1000
FIELDS = ("files", "file", "connector", "dry_run", "on_error", "option")
PROBLEM = shape("ImportProblem", columns_schema(PROBLEM_OUT))
IMPORT = shape(
    "Import",
    columns_schema(
        OUT,
        {
            "import_id": {"type": "integer"},
            "url": {"type": "string", "format": "uri"},
            "feeds": {"type": "object"},
            "notes": {"type": "array", "items": {}},
            "preview": {"type": "object"},
            "files": {"type": "array", "items": {"type": "object"}},
            "change_set": {"type": ["integer", "null"]},
        },
    ),
)
REPORT = shape(
    "ImportReport",
    {
        "allOf": [
            IMPORT,
            {
                "type": "object",
                "properties": {
                    "errors": {"type": "array", "items": PROBLEM},
                    "warnings": {"type": "array", "items": PROBLEM},
                },
            },
        ]
    },
)
UPLOAD = {
    "type": "object",
    "properties": {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "connector": {"type": "string"},
        "dry_run": {"type": "boolean"},
        "on_error": {"type": "string", "enum": ImportRun.OnError.values},
        "option": {"type": "array", "items": {"type": "string"}, "description": "key=value, for the connector"},
    },
    "required": ["files"],
}


def import_row(run: ImportRun) -> tuple[Any, ...]:
    """An import as cells."""
    return tuple(getattr(run, column.name) for column in OUT)


def import_json(run: ImportRun, request: Request) -> dict[str, Any]:
    """An import with its counts."""
    return {
        **json_row(OUT, import_row(run)),
        "import_id": run.pk,
        "url": request.build_absolute_uri(reverse("api:import", kwargs={"key": run.pk})),
        "feeds": run.counts,
        "notes": run.notes,
        "preview": run.preview,
        "files": [{"name": file.name, "feed": file.feed, "rows": file.rows} for file in run.files.all()],
        "change_set": run.change_set_id,
    }


def problem_row(problem: ImportProblem) -> tuple[Any, ...]:
    """A line of a report as cells."""
    return tuple(getattr(problem, column.name) for column in PROBLEM_OUT)


def problem_json(problem: ImportProblem) -> dict[str, Any]:
    """A line of a report."""
    return json_row(PROBLEM_OUT, problem_row(problem))


class ImportList(ListView):
    """Imports, the newest first; POST stores files and queues their import."""

    name = "imports"
    tag = "imports"
    parameters = (choice("status", ImportRun.Status.values, "Only imports in this state."),)
    parser_classes = [MultiPartParser]

    def get(self, request: Request) -> HttpResponseBase:
        if not self.visible.reads_people:
            raise not_found()
        rows = ImportRun.objects.prefetch_related("files")
        if "status" in self.query:
            rows = rows.filter(status=self.query["status"])
        if not self.is_paged:
            return self.file_answer(map(import_row, rows.order_by("-pk").iterator(1000)), OUT)

        def fetch(direction: Direction, place: Any, n: int) -> Sequence[ImportRun]:
            if direction == "before":
                return list(rows.filter(pk__gt=place).order_by("pk")[:n])
            return list((rows if place is None else rows.filter(pk__lt=place)).order_by("-pk")[:n])

        cursor = read_cursor(self.query.get("cursor"), is_place)
        size = self.query.get("page_size", PAGE_SIZE)
        page = page_of(fetch, cursor=cursor, size=size, position=lambda run: run.pk)
        count = {"count": rows.count() if cursor is None else None}
        return self.object_page_answer(page, lambda run: import_json(run, request), OUT, import_row, more=count)

    def post(self, request: Request) -> HttpResponseBase:
        if int(request.META.get("CONTENT_LENGTH") or 0) > upload_limit():
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("The files are larger than may be imported at once."))
        fields, uploads = self.read_form(request)

        def work() -> tuple[HTTPStatus, dict[str, object]]:
            try:
                run = import_start(files=uploads, actor=person(request), **fields)
            except ImportNotStarted as refusal:
                if refusal.code == "too_large":
                    raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, refusal.message) from refusal
                field = {"bad_enum": "connector", "unknown_column": "option"}.get(refusal.code, "files")
                raise refused(field, refusal.code, refusal.message) from refusal
            return HTTPStatus.ACCEPTED, import_json(run, request)

        return once(request, form_digest(fields, uploads) if "Idempotency-Key" in request.headers else b"", work)

    def read_form(self, request: Request) -> tuple[dict[str, Any], list[Any]]:
        """The fields of the form. Raises Problem 400 naming each that is wrong."""
        form: Any = request.data
        errors = [FieldError(name[:100], "unknown_field", _("Unknown field.")) for name in form if name not in FIELDS]
        uploads = [found for name in ("files", "file") for found in form.getlist(name)]
        if not all(isinstance(upload, UploadedFile) for upload in uploads):
            errors.append(FieldError("files", "bad_type", _("Expected files.")))
        texts = {name: form.get(name, "") for name in ("connector", "dry_run", "on_error")}
        options = form.getlist("option")
        for name, value in [*texts.items(), *[("option", option) for option in options]]:
            if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
                errors.append(FieldError(name, "bad_type", _("Expected a short text.")))
        if texts["dry_run"] not in ("", "true", "false"):
            errors.append(FieldError("dry_run", "bad_value", _("Expected true or false.")))
        if texts["on_error"] not in ("", *ImportRun.OnError.values):
            errors.append(FieldError("on_error", "bad_value", _("Expected refuse or skip.")))
        pairs = [str(option).partition("=") for option in options]
        if not all(key and sign for key, sign, _value in pairs):
            errors.append(FieldError("option", "bad_value", _("Expected key=value.")))
        if errors:
            raise Problem(HTTPStatus.BAD_REQUEST, _("The form cannot be read."), errors)
        return {
            "connector": texts["connector"],
            "dry_run": texts["dry_run"] == "true",
            "skip_bad_rows": texts["on_error"] == ImportRun.OnError.SKIP,
            "options": {key: value for key, _sign, value in pairs},
        }, uploads

    def operations(self) -> Mapping[str, Operation]:
        listed = list_content(IMPORT, {"count": {"type": ["integer", "null"]}})
        taken, form = {202: {JSON_MEDIA: IMPORT}}, {"multipart/form-data": UPLOAD}
        return {
            "GET": Operation("imports_list", "Imports", {200: listed}),
            "POST": Operation("imports_start", "Import files", taken, form, (HEADER,), problems=(409, 422)),
        }


class ImportDetail(ApiView):
    """One import: how far it is, and once it has ended its report (at most 1,000 errors)."""

    tag = "imports"

    def get(self, request: Request, key: str) -> HttpResponseBase:
        run = import_or_404(self, key)
        problems = ImportProblem.objects.filter(run=run).order_by("place")
        report = {
            found: [problem_json(one) for one in problems.filter(severity=severity)[:MAX_ERRORS]]
            for found, severity in (("errors", "error"), ("warnings", "warning"))
        }
        return json_answer(request, {**import_json(run, request), **report})

    def operations(self) -> Mapping[str, Operation]:
        return {"GET": Operation("imports_retrieve", "One import with its report", {200: {JSON_MEDIA: REPORT}})}


class ImportErrors(ListView):
    """Every line of an import's report."""

    name = "errors"
    tag = "imports"

    def get(self, request: Request, key: str) -> HttpResponseBase:
        rows = ImportProblem.objects.filter(run=import_or_404(self, key))
        if not self.is_paged:
            return self.file_answer(map(problem_row, rows.order_by("place").iterator(2000)), PROBLEM_OUT)

        def fetch(direction: Direction, place: Any, n: int) -> Sequence[ImportProblem]:
            if direction == "before":
                return list(rows.filter(place__lt=place).order_by("-place")[:n])
            return list((rows if place is None else rows.filter(place__gt=place)).order_by("place")[:n])

        cursor = read_cursor(self.query.get("cursor"), lambda place: is_place(place) and place < 2**31)
        size = self.query.get("page_size", PAGE_SIZE)
        page = page_of(fetch, cursor=cursor, size=size, position=lambda problem: problem.place)
        return self.object_page_answer(page, problem_json, PROBLEM_OUT, problem_row)

    def operations(self) -> Mapping[str, Operation]:
        return {"GET": Operation("imports_errors", "The report of an import", {200: list_content(PROBLEM)})}


def import_or_404(view: ApiView, key: str) -> ImportRun:
    """The import that an address names."""
    run = None
    if view.visible.reads_people and key.isascii() and key.isdigit() and len(key) < 18:
        run = ImportRun.objects.prefetch_related("files").filter(pk=int(key)).first()
    if run is None:
        raise not_found()
    return run


def form_digest(fields: Mapping[str, Any], uploads: Sequence[UploadedFile]) -> bytes:
    """What makes two uploads the same."""
    digest = hashlib.sha256(repr(sorted(fields.items())).encode())
    for upload in uploads:
        digest.update(f"\n{upload.name} {upload.size}\n".encode(errors="replace"))
        for chunk in upload.chunks():
            digest.update(chunk)
        upload.seek(0)
    return digest.digest()
