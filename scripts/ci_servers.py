"""Makes the database `epmo_ci` on the PostgreSQL of a CI machine; exit 1 when that or Redis is not there."""

import sys

import psycopg2
import redis


def main() -> int:
    """0 when both servers answer on 127.0.0.1."""
    try:
        connection = psycopg2.connect("postgresql://postgres@127.0.0.1:5432/postgres", connect_timeout=5)
        redis.Redis(host="127.0.0.1", port=6379, socket_connect_timeout=5).ping()
    except (psycopg2.OperationalError, redis.RedisError) as error:
        print(f"No PostgreSQL and Redis on 127.0.0.1, their tests are left out: {error}", file=sys.stderr)
        return 1
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'epmo_ci'")
        if cursor.fetchone() is None:
            cursor.execute("CREATE DATABASE epmo_ci")
    connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
