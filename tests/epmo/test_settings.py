"""Settings are documented, safe in production, and refuse what is not."""

import os
import re
import runpy
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

OURS = re.compile(r"EPMO_|DATABASE_URL|REDIS_URL|CACHE_URL|DJANGO_ALLOW_ASYNC")
ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "EPMO_MODE": "production",
    "EPMO_SECRET_KEY": secrets.token_urlsafe(64),
    "EPMO_HOSTS": "epmo.example.org",
    "DATABASE_URL": "postgresql://epmo:secret@db.example/epmo",
    "REDIS_URL": "redis://redis.example/0",
}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command with these variables and none of our own."""
    kept = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_variable_that_is_read_stands_in_the_example_and_no_other():
    code = (ROOT / "epmo" / "settings.py").read_text()
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", code))
    read |= set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    listed = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert read == listed


def test_production_settings_pass_the_deployment_check_without_a_warning(tmp_path):
    done = manage("check", "--deploy", "--fail-level", "WARNING", **SAFE, EPMO_VAR=str(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"EPMO_SECRET_KEY": ""}, "EPMO_SECRET_KEY"),
        ({"EPMO_SECRET_KEY": "short"}, "EPMO_SECRET_KEY"),
        ({"EPMO_SECRET_KEY": "a" * 60}, "EPMO_SECRET_KEY"),
        ({"EPMO_SECRET_KEY": "django-insecure-" + secrets.token_urlsafe(64)}, "EPMO_SECRET_KEY"),
        ({"EPMO_HOSTS": ""}, "EPMO_HOSTS"),
        ({"EPMO_HOSTS": "*"}, "EPMO_HOSTS"),
        ({"EPMO_HOSTS": ".example.org"}, "EPMO_HOSTS"),
        ({"EPMO_DEBUG": "true"}, "EPMO_DEBUG"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://epmo@db.example/epmo"}, "DATABASE_URL"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"EPMO_MODE": "prod"}, "EPMO_MODE"),
        ({"EPMO_CLOSE_DAYS": "soon"}, "EPMO_CLOSE_DAYS"),
    ],
)
def test_production_refuses_an_unsafe_setting_by_name(monkeypatch, tmp_path, change, named):
    for name in [name for name in os.environ if OURS.match(name)]:
        monkeypatch.delenv(name)
    for name, value in (SAFE | change | {"EPMO_VAR": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=named):
        runpy.run_path(str(ROOT / "epmo" / "settings.py"))


def test_a_command_names_the_unsafe_setting_without_a_traceback(tmp_path):
    done = manage("check", **SAFE | {"EPMO_HOSTS": "*"}, EPMO_VAR=str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.startswith("Settings: EPMO_MODE=production refuses to start: EPMO_HOSTS")
    assert "Traceback" not in done.stderr


def test_safe_production_settings_are_taken(monkeypatch, tmp_path):
    """The refusals above are not refusals of everything."""
    for name in [name for name in os.environ if OURS.match(name)]:
        monkeypatch.delenv(name)
    for name, value in (SAFE | {"EPMO_VAR": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)

    assert runpy.run_path(str(ROOT / "epmo" / "settings.py"))["PRODUCTION"]


def test_demo_keeps_a_generated_key_that_only_its_owner_reads(tmp_path):
    first = manage(
        "shell", "-v0", "-c", "from django.conf import settings; print(settings.SECRET_KEY)", EPMO_VAR=str(tmp_path)
    )
    again = manage(
        "shell", "-v0", "-c", "from django.conf import settings; print(settings.SECRET_KEY)", EPMO_VAR=str(tmp_path)
    )

    assert len(first.stdout.strip()) >= 50
    assert first.stdout == again.stdout
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_only_the_web_process_has_a_statement_timeout(tmp_path):
    code = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'].get('options'))"
    web = f"from epmo import process; process.declare_web(); {code}"
    variables = {**os.environ, **SAFE, "EPMO_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "epmo.settings"}

    answers = [
        subprocess.run(
            [sys.executable, "-c", line], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
        ).stdout
        for line in (web, code)
    ]

    assert "statement_timeout=15000" in answers[0]
    assert answers[1] == "None\n"
