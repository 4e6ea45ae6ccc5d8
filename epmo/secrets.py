"""The generated key of demo mode, and what production refuses to start with."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

TEST_KEY = "only-for-tests-" + "0" * 50


def demo_secret_key(var: Path, mode: str) -> str:
    """The key kept under `var/`, made at first use and readable by its owner only; tests use a fixed one."""
    if mode != "demo":
        return TEST_KEY
    path = var / "secret-key"
    var.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    key = path.read_text(encoding="utf-8").strip()
    if len(key) < 50:
        raise ImproperlyConfigured(f"{path} holds no usable key. Remove it; a new one is made.")
    return key


def refuse_unsafe(*, debug: bool, secret_key: str, hosts: list[str], database: dict[str, Any]) -> None:
    """Raise ImproperlyConfigured, naming each variable that is unsafe in production."""
    faults = []
    if debug:
        faults.append("EPMO_DEBUG must be off")
    if len(secret_key) < 50 or len(set(secret_key)) < 5 or secret_key.startswith(("django-insecure-", "only-for-")):
        faults.append("EPMO_SECRET_KEY must be a random text of at least 50 characters")
    if not hosts:
        faults.append("EPMO_HOSTS must name the hosts that ePMO answers for")
    if any("*" in host or host.startswith(".") for host in hosts):
        faults.append("EPMO_HOSTS must name whole hosts, without * or a leading dot")
    if not database["PASSWORD"] and database["HOST"] and not database["HOST"].startswith("/"):
        faults.append("DATABASE_URL must carry a password when it names a host")
    if faults:
        raise ImproperlyConfigured("EPMO_MODE=production refuses to start: " + "; ".join(faults) + ".")
