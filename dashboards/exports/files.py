"""One scorecard as a file of any format; registered with `metrics.scorecards.exporting` at start."""

from __future__ import annotations

from django.utils.translation import gettext as _

from dashboards.exports.csv_file import sheet_csv
from dashboards.pages.scorecard_sheet import Sheet, sheet_of
from metrics.models import ExportTemplate
from metrics.scorecards.exporting import File, NotAvailable
from metrics.scorecards.selectors import Shown

MEDIA = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


def scorecard_file(shown: Shown, form: str, template: ExportTemplate | None = None) -> File:
    """The file. Raises NotAvailable for what this installation cannot make, or what has not been frozen."""
    sheet = sheet_of(shown)
    return File(f"{sheet.name}.{form}", MEDIA[form], _data(shown, sheet, form, template))


def _data(shown: Shown, sheet: Sheet, form: str, template: ExportTemplate | None) -> bytes:
    # The writers are imported when one is asked for: a web process that makes none stays small.
    match form:
        case "pdf":
            from dashboards.exports.pdf import sheet_pdf

            return sheet_pdf(sheet)
        case "xlsx":
            from dashboards.exports.xlsx import sheet_xlsx

            return sheet_xlsx(sheet)
        case "pptx":
            from dashboards.exports.pptx import sheet_pptx

            return sheet_pptx(sheet, bytes(template.file) if template is not None else None)
        case "json":
            # The frozen text itself: its SHA-256 is the hash. Only for whom nothing of it is hidden.
            if not shown.card.is_published or shown.content.rows_hidden:
                raise NotAvailable(_("The frozen text is there once it is published, for who may see all of it."))
            return shown.card.frozen.encode()
        case _csv:
            return sheet_csv(sheet)
