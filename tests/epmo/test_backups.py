"""A backup holds the whole database of one moment, and a restore proves that it does."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from epmo.backups import BackupRefused, backup, restore, table_states
from epmo.management.commands.check_reference import _with_database
from portfolio.models import ChangeSet, Portfolio

pytestmark = pytest.mark.django_db(transaction=True)


def make_portfolio(code: str) -> None:
    change = ChangeSet.objects.create(at=timezone.now(), kind="form")
    Portfolio.objects.create(code=code, name="Åäö 🚀", kind="portfolio", created_in=change, changed_in=change)


def manage(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments]
    return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True)


@pytest.fixture
def other_database():
    """URL of an empty database on the same server."""
    name = f"epmo_restored_{secrets.token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield _with_database("", name)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_a_backup_restores_into_another_database_row_for_row(tmp_path, other_database):
    make_portfolio("PF-1")
    saved = backup(tmp_path / "all.epmo")
    make_portfolio("PF-2")

    done = manage(other_database, "restore", str(tmp_path / "all.epmo"))

    assert done.returncode == 0, done.stderr
    assert "verified" in done.stdout
    assert saved["portfolio_portfolios"].rows == 1
    assert table_states()["portfolio_portfolios"].rows == 2


def test_what_is_no_backup_is_refused_and_changes_nothing(tmp_path):
    make_portfolio("PF-1")
    before = table_states()
    (tmp_path / "broken").write_bytes(b"not a backup")

    with pytest.raises(BackupRefused, match="no backup"):
        restore(tmp_path / "broken")

    assert table_states() == before


def test_a_failed_backup_leaves_the_older_file(tmp_path, monkeypatch):
    file = tmp_path / "all.epmo"
    backup(file)
    held = file.read_bytes()
    monkeypatch.setattr("epmo.backups._programs", lambda name: iter(()))

    with pytest.raises(BackupRefused, match="postgresql-client"):
        backup(file)

    assert file.read_bytes() == held
