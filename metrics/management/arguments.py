"""Arguments that several commands share, and their refusals."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from metrics.exports import write_rows
from metrics.periods import Period, PeriodError
from metrics.scopes import SCOPE_KINDS


def period(text: str) -> Period:
    """A period as an argument; argparse turns the error into wrong usage (exit 2)."""
    try:
        return Period.parse(text)
    except PeriodError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; write 2026-07-10") from error


def scope(text: str) -> tuple[str, str]:
    """kind:code; the enterprise is `enterprise:` or `enterprise`."""
    kind, _, code = text.partition(":")
    if kind not in SCOPE_KINDS:
        raise argparse.ArgumentTypeError(f"{kind!r} is no kind of scope; choose from {', '.join(SCOPE_KINDS)}")
    return kind, code


def add_output(parser: CommandParser, formats: Iterable[str]) -> None:
    parser.add_argument("--format", required=True, choices=list(formats))
    parser.add_argument("--out", type=Path, help="file to write; standard output when left out")


def write_out(
    command: Any, columns: tuple[str, ...], rows: Iterable[dict[str, Any]], form: str, out: Path | None
) -> None:
    """Write rows to the file, or to standard output. A folder that is not there is refused (exit 1)."""
    if out is None:
        write_rows(
            columns, rows, form, text=lambda piece: command.stdout.write(piece, ending=""), binary=sys.stdout.buffer
        )
        return
    try:
        if form == "parquet":
            with out.open("wb") as file:
                write_rows(columns, rows, form, text=str, binary=file)
        else:
            with out.open("w", encoding="utf-8", newline="") as file:
                write_rows(columns, rows, form, text=file.write)
    except OSError as error:
        raise CommandError(f"{out}: {error.strerror}") from error
