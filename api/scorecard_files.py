"""`/scorecards/{period}/verify/` and `/export/`: whether a hash is of what was published, and files."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.answers import json_answer
from api.parameters import text
from api.problems import FieldError, Problem, not_found, refused
from api.renderers import CsvRenderer, JsonRenderer
from api.schema import JSON_MEDIA, Operation, object_schema, shape
from api.scorecards import SCOPE, card_of
from api.view import ApiView, person
from metrics.models import ExportTemplate
from metrics.scorecards.exporting import NotAvailable, scorecard_export
from metrics.scorecards.selectors import scorecard_shown
from metrics.scorecards.services import name_of
from metrics.scorecards.verifying import Verdict, hash_verify, intact

VERDICT = shape(
    "ScorecardVerdict",
    object_schema(
        {
            "status": {
                "type": "string",
                "enum": ["intact", "changed", "same_hash", "identical", "draft", "other", "unknown"],
            },
            "matches": {"type": "boolean"},
            "intact": {"type": "boolean"},
            "sha256": {"type": "string"},
            "asked": {"type": "string"},
            "period": {"type": "string"},
        }
    ),
)
HASH = text("hash", "A SHA-256: of a scorecard, or of a file that was exported.")


class ScorecardVerify(ApiView):
    """Whether what was published still has its hash, and whether a hash (also of an exported file) is of it."""

    tag = "scorecards"
    parameters = (*SCOPE, HASH)

    def get(self, request: Request, period: str) -> HttpResponseBase:
        card = card_of(self, period)
        if not card.is_published:
            raise not_found()
        if "hash" not in self.query:
            whole = intact(card)
            verdict = Verdict("intact" if whole else "changed", whole, whole, card.sha256)
        else:
            verdict = hash_verify(card, self.query["hash"])
        named = verdict.status == "other" and self.visible.sees(verdict.scope_kind, verdict.scope)
        return json_answer(
            request,
            {
                "status": verdict.status if verdict.status != "other" or named else "unknown",
                "matches": verdict.matches,
                "intact": verdict.intact,
                "sha256": card.sha256,
                "asked": self.query.get("hash", ""),
                "period": verdict.period if named else card.period,
            },
        )

    def operations(self) -> Mapping[str, Operation]:
        return {"GET": Operation("scorecards_verify", "Verify a hash", {200: {JSON_MEDIA: VERDICT}})}


class PdfRenderer(JsonRenderer):
    media_type = "application/pdf"
    format = "pdf"


class XlsxRenderer(JsonRenderer):
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    format = "xlsx"


class PptxRenderer(JsonRenderer):
    media_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    format = "pptx"


FILES: Sequence[type[BaseRenderer]] = (PdfRenderer, XlsxRenderer, PptxRenderer, CsvRenderer, JsonRenderer)


class ScorecardExport(ApiView):
    """A scorecard as a file; `json` is the frozen text itself, whose SHA-256 is the hash."""

    tag = "scorecards"
    renderer_classes = list(FILES)
    parameters = (*SCOPE, text("template", "PPTX: the name of an own template."))

    def get(self, request: Request, period: str) -> HttpResponseBase:
        shown = scorecard_shown(card_of(self, period), visible_to=self.visible)
        template = None
        if "template" in self.query:
            template = ExportTemplate.objects.filter(name=self.query["template"]).first()
            if template is None or self.form != "pptx":
                raise refused("template", "bad_value", _("There is no such template for this format."))
        try:
            made = scorecard_export(shown, self.form, by=name_of(person(request)), template=template)
        except NotAvailable as missing:
            message = str(missing)
            raise Problem(HTTPStatus.CONFLICT, message, [FieldError("format", "not_available", message)]) from missing
        headers = {
            "Content-Disposition": f'attachment; filename="{made.name}"',
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(made.data, content_type=made.media_type, headers=headers)

    def operations(self) -> Mapping[str, Operation]:
        files = {
            str(renderer.media_type): {"type": "string"}
            if renderer is CsvRenderer
            else ({"type": "object"} if renderer is JsonRenderer else {"type": "string", "format": "binary"})
            for renderer in FILES
        }
        return {"GET": Operation("scorecards_export", "A scorecard as a file", {200: files}, problems=(409,))}
