"""Small deliveries for tests of the import: a valid base, and what an import makes of changes to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.readers.deliveries import delivery_read
from portfolio.services.facts import Report, facts_write

BASE: Mapping[str, str] = {
    "portfolios.csv": "code,name,kind,parent\nPF,All,portfolio,\n",
    "projects.csv": "code,name,portfolio,status,currency\nP-1,One,PF,active,EUR\nP-2,Two,PF,active,SEK\n",
    "customers.csv": "code,name\nC-1,Alfa\nC-2,Beta\n",
    "services.csv": "code,name,team\nS-1,Portal,T-WEB\n",
}


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Put files into a new folder."""
    target = folder / f"delivery-{len(list(folder.iterdir()))}"
    target.mkdir()
    for name, content in files.items():
        (target / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return target


def deliver(folder: Path, files: Mapping[str, str | bytes], *, base: bool = True, **options: Any) -> Report:
    """Import files (beside the base ones) as one delivery."""
    return facts_write(delivery=delivery_read([write(folder, {**(BASE if base else {}), **files})]), **options)


def found(report: Report) -> list[tuple[str, int, str, str]]:
    """The errors of a report: file, line, column and code."""
    return [(one.file, one.line, one.column, one.code) for one in report.problems if one.is_error]


def warned(report: Report) -> list[tuple[str, int, str, str]]:
    """The warnings of a report."""
    return [(one.file, one.line, one.column, one.code) for one in report.problems if not one.is_error]


def rows(model: Any, *columns: str) -> list[tuple[Any, ...]]:
    """Live rows of a table as tuples, in order."""
    return sorted(model.objects.filter(deleted_at__isnull=True).values_list(*columns), key=str)


def counts(report: Report, feed: str) -> tuple[int, int, int, int, int]:
    """rows, created, updated, unchanged, rejected."""
    held = report.feeds[feed]
    return held["rows"], held["created"], held["updated"], held["unchanged"], held["rejected"]
