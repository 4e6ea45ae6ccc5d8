"""`demo_fill`: what `demo` does inside the database: tables, log-ins, facts, and waiting for the first run."""

import json
import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from epmo.management.commands.demo import COMPUTE
from epmo.static import fingerprint
from metrics.models import Run
from metrics.runs import run_progress, run_request
from portfolio.models import Grant, Portfolio, Project
from portfolio.rights import Role
from portfolio.services.rights import grant_add, role_set

LOGINS = {"lead": Role.PMO_LEAD, "executive": Role.EXECUTIVE, "viewer": Role.VIEWER}
WAITING = [Run.State.WANTED, Run.State.RUNNING]


class Command(BaseCommand):
    """Fill the database of the demo, or wait until its values are computed. Repeatable."""

    help = "Used by demo: migrates, opens the sample log-ins, loads facts; with --wait follows the first run."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`--state` names the file that keeps the log-ins."""
        parser.add_argument("--state", type=Path)
        parser.add_argument("--data", default="")
        parser.add_argument("--wait", action="store_true")

    def handle(self, *, state: Path | None, data: str, wait: bool, **options: Any) -> None:
        """Exit 1 when facts are refused or the run failed."""
        if wait:
            self._wait()
            return
        call_command("migrate", verbosity=0)
        self._collect_static()
        if not Project.objects.exists():
            self._load(data)
        if state is not None:
            self._open_logins(state)
        if not Run.objects.filter(state=Run.State.PUBLISHED).exists() or Run.objects.filter(state__in=WAITING).exists():
            self.stdout.write("Computing with a Celery worker ...")
            sys.exit(COMPUTE)

    def _collect_static(self) -> None:
        """Gather and compress static files, unless none has changed since the last time."""
        stamp, now = settings.VAR / "static.stamp", fingerprint()
        if not stamp.exists() or stamp.read_text() != now or not settings.STATIC_ROOT.is_dir():
            call_command("collectstatic", verbosity=0, interactive=False, clear=True)
            stamp.write_text(now)

    def _load(self, data: str) -> None:
        if data:
            self.stdout.write(f"Loading {data} ...")
            call_command("import_facts", data, skip_bad_rows=True)
            return
        with tempfile.TemporaryDirectory(prefix="epmo-sample-") as folder:
            self.stdout.write("Making the sample company ...")
            arguments = ["--size", "demo", "--out", folder]
            if settings.EPMO_AS_OF:
                arguments += ["--as-of", settings.EPMO_AS_OF.isoformat()]
            call_command("seed_sample", *arguments)
            self.stdout.write("Loading it ...")
            call_command("import_facts", folder)

    def _open_logins(self, path: Path) -> None:
        state = json.loads(path.read_text(encoding="utf-8"))
        logins = state["logins"]
        for name, role in LOGINS.items():
            user, made = get_user_model().objects.get_or_create(username=name, defaults={"is_staff": role.writes})
            if made or name not in logins:
                logins[name] = secrets.token_urlsafe(12)
                user.set_password(logins[name])
                user.save()
            role_set(user=user, role=role, actor="demo")
            if role is Role.VIEWER and not Grant.objects.filter(user=user).exists():
                self._grant_one_portfolio(user)
        path.write_text(json.dumps(state, indent=2), encoding="utf-8")

    def _grant_one_portfolio(self, viewer: Any) -> None:
        portfolio = Portfolio.objects.filter(deleted_at=None).order_by("code").first()
        if portfolio is not None:
            grant_add(user=viewer, portfolio=portfolio)

    def _wait(self) -> None:
        """Follow the runs until none waits; ask for a full one when none has started by itself."""
        patience = time.monotonic() + 10
        shown = ""
        while True:
            runs = Run.objects.order_by("-id")
            waiting = runs.filter(state__in=WAITING).order_by("id").first()
            if waiting is None and (runs.exists() or time.monotonic() > patience):
                newest = runs.first()
                if newest is not None:
                    break
                run_request(cause="demo", full=True, by="demo")
                current_app.send_task("metrics.sweep")
            text = self._progress(waiting)
            if text != shown:
                shown = text
                self._show(text)
            time.sleep(0.3)
        if sys.stderr.isatty():
            self.stderr.write("")
        if newest.state == Run.State.FAILED:
            raise CommandError(f"Run {newest.pk} failed: {newest.error.strip().splitlines()[-1:]}")

    def _progress(self, run: Run | None) -> str:
        if run is None:
            return "Waiting for the worker ..."
        progress = run_progress(run)
        return f"Computing: run {run.pk}, {progress['done']} of {progress['total']} parts"

    def _show(self, text: str) -> None:
        self.stderr.write(f"\r{text:<60}" if sys.stderr.isatty() else text, ending="" if sys.stderr.isatty() else "\n")
        self.stderr.flush()
