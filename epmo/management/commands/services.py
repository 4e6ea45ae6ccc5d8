"""`services start | stop | status`: the embedded PostgreSQL and Valkey on their own."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from epmo.embedded import Servers
from epmo.programs import ServerError


class Command(BaseCommand):
    """Start, stop or show the embedded servers of this checkout."""

    help = "Starts, stops or shows the embedded PostgreSQL and Valkey."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """One action; with --print-env standard output holds the addresses and nothing else."""
        parser.add_argument("action", choices=["start", "stop", "status"])
        parser.add_argument("--print-env", action="store_true", help="print DATABASE_URL= and REDIS_URL= lines")

    def handle(self, *, action: str, print_env: bool, **options: Any) -> None:
        """Exit 0 done, 1 refused; raises CommandError with the reason."""
        servers = Servers(settings.VAR)
        try:
            urls = self._act(servers, action)
        except (ServerError, OSError) as error:
            raise CommandError(str(error)) from error
        if print_env:
            if not urls and action != "stop":
                raise CommandError("The embedded servers do not run. Start them: manage.py services start")
            for name, value in urls.items():
                self.stdout.write(f"{name}={value}")

    def _act(self, servers: Servers, action: str) -> dict[str, str]:
        if action == "start":
            urls = servers.start(tied=False)
            self.stderr.write(f"PostgreSQL and Valkey run; their data is in {servers.place.base}.")
            return urls
        if action == "stop":
            self.stderr.write("Stopped." if servers.stop() else "Nothing was running.")
            return {}
        running = servers.is_running()
        self.stderr.write(f"{'running' if running else 'stopped'}; data in {servers.place.base}")
        return servers.urls() if running else {}
