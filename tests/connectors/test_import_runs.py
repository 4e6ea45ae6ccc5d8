"""Imports as runs: stored uploads, workers that die, messages that come twice or never, progress, limits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import close_old_connections, connection
from django.utils import translation
from django.utils.translation import gettext

from connectors import services
from connectors.services import ImportNotStarted, import_paths, import_run, import_start, imports_sweep, safe_name
from portfolio.models import ChangeSet, Customer, ImportFile, ImportProblem, ImportRun
from portfolio.services.imports import Alive, run_claim, runs_abandoned
from tests.connectors.deliveries import BASE, write

REQUIRED = "The column is required and not in the first line."


@pytest.fixture
def sent(settings: Any, tmp_path: Path) -> Iterator[list[int]]:
    """Messages that would go to the broker; uploads lie in a folder of the test."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    messages: list[int] = []
    with patch("connectors.services.import_send", messages.append):
        yield messages


def upload(name: str, content: str) -> Any:
    return SimpleUploadedFile(name, content.encode())


def base() -> list[Any]:
    return [upload(name, content) for name, content in BASE.items()]


@pytest.mark.django_db(transaction=True)
class TestRuns:
    """With real transactions: runs are seen by other connections."""

    def test_an_upload_is_stored_queued_imported_and_deleted(self, sent: list[int], tmp_path: Path) -> None:
        run = import_start(files=base(), actor=None)
        assert (run.status, sent) == ("queued", [run.pk])
        assert len(list((tmp_path / "uploads").rglob("*.csv"))) == 4

        report = import_run(run.pk)

        run.refresh_from_db()
        assert report is not None
        assert (run.status, run.progress, run.change_set) == ("imported", 1.0, ChangeSet.objects.get())
        assert run.counts["customers"]["created"] == 2
        assert sorted(ImportFile.objects.values_list("feed", "rows")) == [
            ("customers", 2), ("portfolios", 1), ("projects", 2), ("services", 1),
        ]  # fmt: skip
        assert all(len(digest) == 64 for digest in ImportFile.objects.values_list("sha256", flat=True))
        assert list((tmp_path / "uploads").rglob("*.csv")) == []

    def test_a_message_that_comes_twice_does_nothing_the_second_time(self, sent: list[int]) -> None:
        run = import_start(files=base(), actor=None)
        import_run(run.pk)

        assert import_run(run.pk) is None
        assert ChangeSet.objects.count() == 1

    def test_a_run_that_somebody_works_on_is_left_alone(self, sent: list[int]) -> None:
        run = import_start(files=base(), actor=None)

        with Alive(run.pk) as alive:
            assert alive.claimed
            assert import_run(run.pk) is None

        assert import_run(run.pk) is not None

    def test_a_run_whose_worker_died_is_sent_again_and_done(self, sent: list[int]) -> None:
        run = import_start(files=base(), actor=None)
        with Alive(run.pk):
            run_claim(run.pk)
            old()
            assert runs_abandoned() == []
        sent.clear()

        assert imports_sweep() == 1
        assert sent == [run.pk]
        assert import_run(run.pk) is not None
        assert Customer.objects.count() == 2

    def test_a_command_that_was_killed_is_closed_and_stores_nothing(self, tmp_path: Path) -> None:
        """Killed while it holds new rows in its transaction: nothing is seen, the run ends, the next import works."""
        folder = write(tmp_path, BASE)
        script = (
            "import os, signal, django; django.setup()\n"
            "from unittest.mock import patch\n"
            "from connectors.services import import_paths\n"
            "from pathlib import Path\n"
            "from portfolio.services import facts\n"
            "real = facts.store\n"
            "def store(held, *rest):\n"
            "    real(held, *rest)\n"
            "    if held.feed.name == 'customers': os.kill(os.getpid(), signal.SIGKILL)\n"
            "with patch.object(facts, 'store', store): import_paths(paths=[Path(os.environ['DELIVERY'])])\n"
        )
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        environment = {**os.environ, "DATABASE_URL": url, "DELIVERY": str(folder)}
        killed = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
        assert killed.returncode == -signal.SIGKILL

        assert (Customer.objects.count(), ChangeSet.objects.count()) == (0, 0)
        run = ImportRun.objects.get()
        assert run.status == "running"
        import_run(run.pk)
        run.refresh_from_db()
        assert (run.status, Customer.objects.count()) == ("failed", 0)
        _run, report = import_paths(paths=[folder])
        assert (report.status, Customer.objects.count()) == ("imported", 2)

    def test_a_run_that_dies_again_and_again_is_given_up(self, sent: list[int]) -> None:
        run = import_start(files=base(), actor=None)
        for _attempt in range(3):
            with Alive(run.pk):
                assert run_claim(run.pk) is not None

        assert import_run(run.pk) is None
        run.refresh_from_db()
        assert run.status == "failed"
        assert run.message

    def test_an_accident_stores_nothing_and_is_told(self, sent: list[int]) -> None:
        run = import_start(files=base(), actor=None)

        with (
            patch("portfolio.services.facts.store", side_effect=RuntimeError("power cut")),
            pytest.raises(RuntimeError),
        ):
            import_run(run.pk)

        run.refresh_from_db()
        assert (run.status, Customer.objects.count(), ChangeSet.objects.count()) == ("failed", 0, 0)
        assert "power cut" not in run.message

    def test_a_refused_upload_keeps_its_report(self, sent: list[int]) -> None:
        run = import_start(files=[upload("customers.csv", "code,name\nC-1,\n")], actor=None)

        import_run(run.pk)

        run.refresh_from_db()
        problem = run.problems.get()
        assert (run.status, run.error_count, run.change_set) == ("refused", 1, None)
        assert (problem.file, problem.line, problem.column, problem.code) == (
            "customers.csv",
            2,
            "name",
            "missing_value",
        )
        assert problem.remedy

    def test_progress_is_seen_while_the_import_runs(self, sent: list[int]) -> None:
        run = import_start(files=base(), actor=None)
        seen = []
        other = connection.get_new_connection(connection.get_connection_params())
        other.autocommit = True

        def look(stage: str, share: float) -> None:
            with other.cursor() as cursor:
                cursor.execute("SELECT status, stage <> '' FROM portfolio_importrun")
                seen.append(cursor.fetchone())

        import_run(run.pk, progress=look)
        other.close()

        assert set(seen) == {("running", True)}

    def test_the_same_files_four_times_at_once_are_stored_once(self, sent: list[int]) -> None:
        runs = [import_start(files=base(), actor=None) for _ in range(4)]

        def work(run: int) -> None:
            try:
                import_run(run)
            finally:
                close_old_connections()
                connection.close()

        threads = [threading.Thread(target=work, args=[run.pk]) for run in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(ImportRun.objects.values_list("status", flat=True)) == ["imported"] * 4
        assert ChangeSet.objects.count() == 1
        assert Customer.objects.count() == 2


def old() -> None:
    """Make every run older than the sweeper's patience."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portfolio_importrun SET created_at = created_at - interval '1 hour'")


@pytest.mark.django_db
class TestUploads:
    """What is refused before it is queued."""

    def test_nothing_too_many_and_too_much(self, sent: list[int], settings: Any) -> None:
        settings.IMPORT_LIMITS = {"file_bytes": 10}
        for files, code in (
            ([], "missing_value"),
            ([upload("a.csv", "x")] * 101, "too_large"),
            ([upload("a.csv", "x" * 11)], "too_large"),
        ):
            with pytest.raises(ImportNotStarted) as refused:
                import_start(files=files, actor=None)
            assert refused.value.code == code
        assert ImportRun.objects.count() == 0

    def test_a_report_is_worded_in_the_language_of_whoever_asked(self, sent: list[int]) -> None:
        with translation.override("sv"):
            run = import_start(files=[upload("customers.csv", "code\nC-1\n")], actor=None)

        import_run(run.pk)

        problem = ImportProblem.objects.get(run=run)
        assert (problem.code, run.language) == ("missing_column", "sv")
        with translation.override("sv"):
            assert problem.message == gettext(REQUIRED) != REQUIRED

    def test_a_connector_must_be_known(self, sent: list[int]) -> None:
        with pytest.raises(ImportNotStarted):
            import_start(files=base(), actor=None, connector="no_such_tool")

    def test_a_file_never_leaves_its_folder(self, sent: list[int], tmp_path: Path) -> None:
        import_start(files=[upload("../../../../tmp/pwned.csv", "x"), upload("..\\..\\x.csv", "x")], actor=None)

        found = sorted(path.relative_to(tmp_path / "uploads").parts[2:] for path in tmp_path.rglob("*.csv"))
        assert found == [("0", "pwned.csv"), ("1", "x.csv")]

    @pytest.mark.parametrize(
        ("given", "kept"),
        [("projects.csv", "projects.csv"), ("/etc/passwd", "passwd"), ("..", "file"), ("", "file"), (".x", "x"),
         ("å\x00ä.csv", "___.csv"), ("x" * 300 + ".csv", "x" * 96 + ".csv")],
    )  # fmt: skip
    def test_names_are_made_safe(self, given: str, kept: str) -> None:
        assert safe_name(given) == kept


def test_a_dead_broker_does_no_harm() -> None:
    with patch.object(services.current_app, "send_task", side_effect=OSError):
        services.import_send(1)
