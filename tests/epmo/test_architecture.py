"""Imports point one way, and the migrations say what the models say."""

import subprocess
import sys
from pathlib import Path

from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]


def test_imports_point_only_back_along_the_way_of_the_data():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_no_model_has_changed_without_a_migration(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_no_request_code_sends_a_task_before_the_commit():
    """A task sent inside a transaction may run before its rows are there: delay_on_commit, never delay."""
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for package in ("portfolio", "connectors", "dashboards", "api")
        for path in (ROOT / package).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if ".delay(" in line or ".apply_async(" in line
    ]

    assert bare == []
