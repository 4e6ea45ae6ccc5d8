"""Names of scopes by their codes."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from metrics.scopes import FEED_OF


def scope_names(kind: str, codes: Sequence[str]) -> dict[str, str]:
    """Code -> name of live scopes; the caller has checked the rights. Teams are their own names. Cost: one query."""
    if kind in {"enterprise", "team"} or not codes:
        return {code: code for code in codes}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT code, name FROM portfolio_{FEED_OF[kind]} WHERE code = ANY(%s) AND deleted_at IS NULL",  # noqa: S608
            [list(codes)],
        )
        return dict(cursor.fetchall())
