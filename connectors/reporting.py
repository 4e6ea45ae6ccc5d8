"""What the import commands print: a progress bar, the report as JSON or text, and all errors as CSV."""

from __future__ import annotations

import csv
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import orjson
from django.core.management.base import OutputWrapper
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portfolio.models import ImportRun
from portfolio.services.facts import Report
from portfolio.services.problems import Problem

MAX_LISTED: Final = 1_000
MAX_PRINTED: Final = 20
BAR_WIDTH: Final = 30
COLUMNS: Final = ("file", "line", "column", "value", "code", "severity", "message", "remedy")


class Bar:
    """Progress on standard error: a bar on a terminal, a line per stage otherwise."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self._terminal = bool(stream.isatty())
        self._stage = ""
        self._next = 0.0

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal and self._stage:
            self._stream.write("\r" + " " * (BAR_WIDTH + 60) + "\r", ending="")

    def show(self, stage: str, share: float) -> None:
        """Show a stage and the share that is done."""
        now = time.monotonic()
        if stage == self._stage and (now < self._next or not self._terminal):
            return
        self._stage, self._next = stage, now + 0.1
        if not self._terminal:
            self._stream.write(f"{share:4.0%} {stage}")
            return
        filled = "#" * round(share * BAR_WIDTH)
        self._stream.write(f"\r[{filled:<{BAR_WIDTH}}] {share:4.0%} {stage[:50]:<50}", ending="")
        self._stream.flush()


def exit_code(report: Report) -> int:
    """0 done, 1 refused."""
    return 1 if report.status == ImportRun.Status.REFUSED else 0


def report_dict(run: ImportRun, report: Report) -> dict[str, Any]:
    """The report as the interface states it."""
    found = report.problems.sorted()
    errors = [one for one in found if one.is_error]
    return {
        "status": report.status,
        "import_id": run.pk,
        "feeds": report.feeds,
        "errors": [asdict(one) for one in errors[:MAX_LISTED]],
        "error_count": len(errors),
        "warnings": [asdict(one) for one in found if not one.is_error][:MAX_LISTED],
        "notes": run.notes,
        **({"preview": report.preview} if run.dry_run else {}),
        "seconds": round(report.seconds, 3),
    }


def report_json(run: ImportRun, report: Report) -> str:
    """One JSON object."""
    return orjson.dumps(report_dict(run, report)).decode()


def report_text(run: ImportRun, report: Report) -> str:
    """The report for people."""
    lines = [_STATUS[report.status]() % {"id": run.pk, "seconds": report.seconds}]
    width = max((len(name) for name in report.feeds), default=4)
    if report.feeds:
        heads = ("rows", "created", "updated", "unchanged", "rejected")
        lines.append(f"{'':<{width}} " + " ".join(f"{head:>10}" for head in heads))
        for name, counts in report.feeds.items():
            lines.append(f"{name:<{width}} " + " ".join(f"{counts[head]:>10,}" for head in heads))
    found = report.problems.sorted()
    lines += [_line(one) for one in found[:MAX_PRINTED]]
    if len(found) > MAX_PRINTED:
        rest = len(found) - MAX_PRINTED
        lines.append(
            ngettext("and %(rest)d more; --errors FILE writes all", "and %(rest)d more; --errors FILE writes all", rest)
            % {"rest": rest}
        )
    return "\n".join([*lines, *run.notes])


_STATUS = {
    "imported": lambda: _("Import %(id)d: stored in %(seconds).1f s."),
    "refused": lambda: _("Import %(id)d: refused, nothing was stored (%(seconds).1f s)."),
    "valid": lambda: _("Import %(id)d: checked in %(seconds).1f s, nothing was stored."),
}


def _line(one: Problem) -> str:
    place = f"{one.file}:{one.line}" + (f" {one.column}" if one.column else "")
    value = f" {one.value!r}" if one.value else ""
    return f"{place}:{value} {one.code}: {one.message} {one.remedy}"


def errors_file(path: Path, report: Report) -> None:
    """Every error and warning as CSV, in the order of files and lines."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(one) for one in report.problems.sorted())
