"""Reads of one moment: several queries that see the same facts and the same published run."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, transaction

T = TypeVar("T")

_locked: tuple[str, ...] = ()


def locked_register(tables: Iterable[str]) -> None:
    """Name tables that another may take the place of: a moment keeps them as they are from before its snapshot."""
    global _locked
    _locked = tuple(tables)


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is of the moment of the first query; nothing can be written.

    Inside another transaction (a test's) it is left as it is: the level is the outermost one's.
    """
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                lock = f"; LOCK TABLE {', '.join(_locked)} IN ACCESS SHARE MODE" if _locked else ""
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY{lock}")
        yield


def held(items: Iterable[T]) -> Iterator[T]:
    """The items, read in one moment however long it takes to hand them on."""
    with one_moment():
        yield from items
