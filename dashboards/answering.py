"""From a page to an answer: HTML, or the table behind one of its figures as CSV (`?csv=<key>`)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from dashboards.frame import Frame
from dashboards.parts import Figure, Table
from portfolio.selectors.moments import held


def answer(request: HttpRequest, template: str, *, page: Any, frame: Frame, status: int = 200) -> HttpResponse:
    """The page; with `csv` the data of that figure, under the rights the page was made with."""
    wanted = request.GET.get("csv")
    if wanted:
        figure = next((f for f in figures_of(page) if f.key == wanted), None)
        if figure is None:
            raise Http404
        return table_csv(figure.table, name=figure.key)
    return render(request, template, {"page": page, "frame": frame}, status=status)


def figures_of(value: Any) -> Iterator[Figure]:
    """Every figure inside a page, however deep."""
    if isinstance(value, Figure):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from figures_of(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from figures_of(getattr(value, field.name))


def table_csv(table: Table, *, name: str) -> HttpResponse:
    """A table as a CSV download: exact values, texts kept from being read as formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe(column.label) for column in table.columns])
    for row in table.rows:
        writer.writerow([safe(cell.text if cell.raw is None and not _number(cell.text) else cell.raw) for cell in row])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def rows_csv(name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> HttpResponse:
    """Plain rows as a CSV download."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([safe(value) for value in row] for row in rows)
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


class _Echo:
    """A file that gives back what is written."""

    def write(self, text: str) -> str:
        return text


def stream_csv(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Rows as a CSV download, row by row."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")

    def lines() -> Iterator[str]:
        yield "\ufeff" + writer.writerow(heads)
        for row in held(rows):
            yield writer.writerow([safe(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _number(text: str) -> bool:
    """A shown number (or dash) whose value is absent: blank in the file."""
    return not any(c.isalpha() for c in text)


def safe(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, str) and value[:1] in "=+-@\t\r":
        return "'" + value
    return value
