"""Embedded servers that can be broken: stopped in every way, started again, paused, emptied."""

import os
import signal
import time

import psycopg2
import redis

from epmo.embedded import Servers


class Breakable(Servers):
    """Servers of these tests' own, on files as safe as in production."""

    def postgres_stop(self, how: str) -> None:
        """Stop PostgreSQL: `fast` ends sessions and writes a checkpoint, `immediate` is a crash, `kill` is kill -9."""
        wanted = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}[how]
        child = self._children.pop("postgres")
        child.send_signal(wanted)
        child.wait(timeout=60)

    def postgres_start(self) -> None:
        """Start PostgreSQL again; after a crash it recovers first."""
        end = time.monotonic() + 30
        while True:
            try:
                self._start_postgres(tied=True)
            except Exception:
                # After kill -9 of the postmaster its children hold the shared memory for a moment.
                child = self._children.pop("postgres", None)
                if child is not None:
                    child.kill()
                    child.wait()
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)
            else:
                return

    def postgres_restart(self, how: str) -> None:
        """Stop and start at once."""
        self.postgres_stop(how)
        self.postgres_start()

    def valkey_kill(self) -> None:
        """kill -9 of the broker."""
        child = self._children.pop("valkey")
        child.kill()
        child.wait()

    def valkey_start(self) -> None:
        """Start the broker again, with what its file kept."""
        self._start_valkey(tied=True)

    def valkey_signal(self, number: int) -> None:
        """Pause (SIGSTOP) or resume (SIGCONT) the broker."""
        os.kill(self._children["valkey"].pid, number)

    def valkey_empty(self) -> None:
        """Lose every message."""
        with redis.Redis.from_url(self.urls()["REDIS_URL"]) as client:
            client.flushall()

    def make_whole(self) -> None:
        """Both servers run, and the broker is empty."""
        if "valkey" in self._children and self._children["valkey"].poll() is None:
            self.valkey_signal(signal.SIGCONT)
        else:
            self._children.pop("valkey", None)
            self.valkey_start()
        if "postgres" not in self._children or self._children["postgres"].poll() is not None:
            self._children.pop("postgres", None)
            self.postgres_start()
        self.valkey_empty()

    def admin(self, statement: str) -> None:
        """Run a statement on the server, outside any company's database."""
        connection = psycopg2.connect(self.database_url("postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    def database_url(self, name: str) -> str:
        """Address of a database of this server."""
        head, _, query = self.urls()["DATABASE_URL"].partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}?{query}"
