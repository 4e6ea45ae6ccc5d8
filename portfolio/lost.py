"""Telling a database that was lost from a statement that it refused."""

from django.db import DatabaseError, InterfaceError, OperationalError


def is_database_lost(error: BaseException) -> bool:
    """Whether trying again may help; psycopg2 says of a server that is gone in mid-query a plain DatabaseError."""
    return isinstance(error, (OperationalError, InterfaceError)) or type(error) is DatabaseError
