"""Typed readers of environment variables.

Every reader names the variable when its value is bad. A secret may also come from a file: `NAME_FILE` holds
the path, as container platforms mount it.
"""

import os
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
REDIS_DATABASES = 16


class Missing(ImproperlyConfigured):
    """A variable that must be set is not."""


def bad(name: str, value: str, expected: str) -> ImproperlyConfigured:
    """The error for a value that cannot be read."""
    return ImproperlyConfigured(f"{name}={value!r} cannot be used: expected {expected}.")


def text(name: str, default: str | None = None) -> str:
    """The variable without surrounding blanks; blank counts as unset. Raises when unset without a default."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise Missing(f"{name} must be set. See .env.example.")
    return default


def secret(name: str, default: str | None = None) -> str:
    """The variable, or the contents of the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return text(name, default)
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise bad(f"{name}_FILE", path, f"a readable text file ({error})") from error
    if not value:
        raise bad(f"{name}_FILE", path, "a file that is not empty")
    return value


def choice(name: str, options: Iterable[str], default: str | None = None) -> str:
    """One of the options."""
    value, options = text(name, default), tuple(options)
    if value not in options:
        raise bad(name, value, "one of " + ", ".join(options))
    return value


def flag(name: str, default: bool) -> bool:
    """A yes or a no."""
    value = text(name, "").lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise bad(name, value, "true or false")
    return value in TRUE


def integer(name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
    """A whole number within its bounds."""
    value = text(name, str(default))
    bounds = f"a whole number of at least {minimum}" + (f" and at most {maximum}" if maximum is not None else "")
    if not re.fullmatch(r"-?[0-9]{1,12}", value):
        raise bad(name, value, bounds)
    number = int(value)
    if number < minimum or (maximum is not None and number > maximum):
        raise bad(name, value, bounds)
    return number


def words(name: str, default: Iterable[str] = ()) -> list[str]:
    """A list separated by commas; blank parts are dropped."""
    return [part.strip() for part in text(name, ",".join(default)).split(",") if part.strip()]


def day(name: str) -> date | None:
    """A date as YYYY-MM-DD, or None when unset."""
    value = text(name, "")
    if not value:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError as error:
        raise bad(name, value, "a date as YYYY-MM-DD") from error


def currency(name: str, default: str) -> str:
    """An ISO 4217 code: three capital letters."""
    value = text(name, default)
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise bad(name, value, "a currency code of three capital letters, such as EUR")
    return value


def zone(name: str, default: str) -> str:
    """The name of a time zone that this machine knows."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise bad(name, value, "a time zone name such as Europe/Stockholm") from error
    return value


def folder(name: str) -> Path | None:
    """An existing folder, or None when unset."""
    value = text(name, "")
    if not value:
        return None
    path = Path(value).expanduser()
    if not path.is_dir():
        raise bad(name, value, "a folder that exists")
    return path.resolve()


def origin(name: str, value: str) -> str:
    """Scheme and host of a web address, as a Content Security Policy names a source."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s;,'\"]", value):
        raise bad(name, value, "a web address that starts with https://")
    return f"{parts.scheme}://{parts.netloc}"


def database(name: str, default: str | None = None) -> dict[str, Any]:
    """A PostgreSQL address as Django's DATABASES entry.

    `postgresql://user:password@host:port/name?sslmode=require`, or with a socket folder
    `postgresql://user@/name?host=/folder`. Parts are percent-encoded; further parameters go to libpq.
    """
    value = secret(name, default)
    shape = "postgresql://user:password@host:port/name or postgresql://user@/name?host=/folder"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise bad(name, hide_password(value), shape) from error
    base = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not base:
        raise bad(name, hide_password(value), shape)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": base,
        "USER": unquote(parts.username or "") or options.pop("user", ""),
        "PASSWORD": unquote(parts.password or "") or options.pop("password", ""),
        "HOST": unquote(parts.hostname or "") or options.pop("host", ""),
        "PORT": str(port or options.pop("port", "")),
        "OPTIONS": options,
    }


def mail(name: str) -> dict[str, Any]:
    """A mail server as Django's EMAIL_ settings: `smtp://user:password@host:587` (STARTTLS where a user is named),
    `smtps://user:password@host:465`; empty when unset."""
    value = secret(name, "")
    if not value:
        return {}
    shape = "smtp://user:password@host:587 or smtps://user:password@host:465"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise bad(name, hide_password(value), shape) from error
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/"):
        raise bad(name, hide_password(value), shape)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": unquote(parts.hostname),
        "EMAIL_PORT": port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
    }


def redis(name: str, default: str | None = None) -> str:
    """An address of a Redis-protocol server, checked: `redis://`, `rediss://` or `unix:///path?db=0`."""
    value = secret(name, default)
    shape = "redis://host:port/number, rediss://host:port/number or unix:///path?db=number"
    try:
        parts = urlsplit(value)
        good = bool(parts.path.strip("/")) if parts.scheme == "unix" else bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise bad(name, hide_password(value), shape) from error
    if parts.scheme not in {"redis", "rediss", "unix"} or not good or not 0 <= redis_database(value) < 2**31:
        raise bad(name, hide_password(value), shape)
    return value


def redis_database(url: str) -> int:
    """The number of the database that a Redis address names; -1 when it is no number."""
    parts = urlsplit(url)
    number = dict(parse_qsl(parts.query)).get("db") or ("" if parts.scheme == "unix" else parts.path.strip("/")) or "0"
    return int(number) if number.isdecimal() else -1


def redis_with_database(url: str, number: int) -> str:
    """The same server, another database."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "db"]
    if parts.scheme == "unix":
        return _join(parts, [*query, ("db", str(number))])
    return _join(parts._replace(path=f"/{number}"), query)


def cache_of(url: str) -> str:
    """The database that caches by default: eight numbers from the broker's, round the usual sixteen."""
    return redis_with_database(url, (redis_database(url) + REDIS_DATABASES // 2) % REDIS_DATABASES)


def broker_of(url: str) -> str:
    """The same server as Celery writes it: a socket is `redis+socket://`, its database `virtual_host`."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query)
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in parts.query:
        return _join(parts, [*query, ("ssl_cert_reqs", "required")])
    if parts.scheme != "unix":
        return url
    query = [(key, value) for key, value in query if key != "db"]
    return _join(parts._replace(scheme="redis+socket"), [*query, ("virtual_host", str(redis_database(url)))])


def hide_password(url: str) -> str:
    """The address with its password replaced, fit for messages and logs."""
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:***@", re.sub(r"(password=)[^&]*", r"\1***", url))


def _join(parts: SplitResult, query: list[tuple[str, str]]) -> str:
    # urlunsplit drops the empty host of schemes it does not know: unix:/path instead of unix:///path.
    tail = "?" + urlencode(query, safe="/") if query else ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}{tail}"
