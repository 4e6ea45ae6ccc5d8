"""Environment variables are read by type, and a bad value is refused by the variable's name."""

from datetime import date

import pytest
from django.core.exceptions import ImproperlyConfigured

from epmo import env


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (lambda name: env.flag(name, False), "yes", True),
        (lambda name: env.flag(name, True), "OFF", False),
        (lambda name: env.flag(name, True), "  ", True),
        (lambda name: env.integer(name, 20), " 7 ", 7),
        (lambda name: env.integer(name, 20), "", 20),
        (lambda name: env.words(name), "a, b,,c ", ["a", "b", "c"]),
        (env.day, "2026-07-10", date(2026, 7, 10)),
        (env.day, "", None),
        (lambda name: env.currency(name, "EUR"), "SEK", "SEK"),
        (lambda name: env.zone(name, "UTC"), "Europe/Stockholm", "Europe/Stockholm"),
        (lambda name: env.choice(name, ("demo", "production")), "demo", "demo"),
    ],
)
def test_a_good_value_is_read_by_its_type(monkeypatch, reader, value, expected):
    monkeypatch.setenv("EPMO_SOMETHING", value)

    assert reader("EPMO_SOMETHING") == expected


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (lambda name: env.flag(name, False), "maybe"),
        (lambda name: env.integer(name, 20), "1e3"),
        (lambda name: env.integer(name, 20), "-1"),
        (lambda name: env.integer(name, 20, maximum=30), "31"),
        (lambda name: env.integer(name, 20), "９"),
        (env.day, "10.7.2026"),
        (env.day, "2026-02-30"),
        (env.day, "20260710"),
        (lambda name: env.currency(name, "EUR"), "euro"),
        (lambda name: env.zone(name, "UTC"), "Mars/Olympus"),
        (lambda name: env.zone(name, "UTC"), "../etc/passwd"),
        (lambda name: env.choice(name, ("demo", "production")), "prod"),
        (env.folder, "/nowhere/at/all"),
        (env.database, "mysql://user@host/name"),
        (env.database, "postgresql://user@host"),
        (env.database, "postgresql://user@host:port/name"),
        (env.redis, "http://host"),
        (env.redis, "redis://host/db"),
        (env.redis, "unix://"),
        (lambda name: env.origin(name, "https://a.example; script-src *"), ""),
    ],
)
def test_a_bad_value_is_refused_by_name(monkeypatch, reader, value):
    monkeypatch.setenv("EPMO_SOMETHING", value)

    with pytest.raises(ImproperlyConfigured, match="EPMO_SOMETHING"):
        reader("EPMO_SOMETHING")


def test_a_variable_that_must_be_set_is_named(monkeypatch):
    monkeypatch.setenv("EPMO_SOMETHING", " ")

    with pytest.raises(env.Missing, match="EPMO_SOMETHING must be set"):
        env.text("EPMO_SOMETHING")


def test_a_secret_comes_from_the_file_that_is_named(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("EPMO_SOMETHING", "from the environment")
    monkeypatch.setenv("EPMO_SOMETHING_FILE", str(tmp_path / "key"))

    assert env.secret("EPMO_SOMETHING") == "from the file"


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_secret_file_that_is_absent_or_empty_is_refused(monkeypatch, tmp_path, content):
    if content is not None:
        (tmp_path / "key").write_text(content)
    monkeypatch.setenv("EPMO_SOMETHING_FILE", str(tmp_path / "key"))

    with pytest.raises(ImproperlyConfigured, match="EPMO_SOMETHING_FILE"):
        env.secret("EPMO_SOMETHING", "default")


def test_a_database_address_may_name_a_host_or_a_socket_folder(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:p%40ss@db.example:6432/epmo?sslmode=require")
    host = env.database("DATABASE_URL")
    monkeypatch.setenv("DATABASE_URL", "postgresql://epmo@/epmo?host=/run/with%20blank")
    socket = env.database("DATABASE_URL")

    assert (host["USER"], host["PASSWORD"], host["HOST"], host["PORT"], host["NAME"], host["OPTIONS"]) == (
        *("me", "p@ss", "db.example", "6432", "epmo"),
        {"sslmode": "require"},
    )
    assert (socket["USER"], socket["HOST"], socket["PORT"], socket["OPTIONS"]) == ("epmo", "/run/with blank", "", {})


@pytest.mark.parametrize(
    ("url", "broker", "cache"),
    [
        ("redis://h:6379/2", "redis://h:6379/2", "redis://h:6379/10"),
        ("redis://h", "redis://h", "redis://h/8"),
        ("redis://h/12", "redis://h/12", "redis://h/4"),
        ("rediss://:pw@h/1", "rediss://:pw@h/1?ssl_cert_reqs=required", "rediss://:pw@h/9"),
        ("unix:///a/v.sock", "redis+socket:///a/v.sock?virtual_host=0", "unix:///a/v.sock?db=8"),
        ("unix:///a/v.sock?db=3", "redis+socket:///a/v.sock?virtual_host=3", "unix:///a/v.sock?db=11"),
    ],
)
def test_broker_and_cache_are_derived_from_one_address(monkeypatch, url, broker, cache):
    monkeypatch.setenv("REDIS_URL", url)

    assert env.redis("REDIS_URL") == url
    assert (env.broker_of(url), env.cache_of(url)) == (broker, cache)


def test_messages_never_show_a_password(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://me:hunter2@host/name?password=hunter2")

    with pytest.raises(ImproperlyConfigured) as refusal:
        env.database("DATABASE_URL")
    assert "hunter2" not in str(refusal.value)
