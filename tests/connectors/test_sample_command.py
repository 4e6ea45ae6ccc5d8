"""The command that writes the made-up company, and its import."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from connectors.services import import_paths
from portfolio.feeds import FEEDS


@pytest.mark.django_db
@pytest.mark.parametrize("size", ["demo", "S"])
def test_what_the_command_writes_is_imported_without_one_error(size: str, tmp_path: Path) -> None:
    out = StringIO()
    call_command("seed_sample", "--size", size, "--as-of", "2026-07-10", "--out", str(tmp_path), stdout=out)

    _run, report = import_paths(paths=[tmp_path])

    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(FEEDS)
    assert str(tmp_path) in out.getvalue()
    assert (report.status, report.problems.errors, len(report.feeds)) == ("imported", 0, 35)
    assert all(counts["created"] == counts["rows"] > 0 for counts in report.feeds.values())
