"""Which kind of process this is, so that settings can differ between serving pages and working."""

import ctypes
import sys
from pathlib import Path

WEB, WORKER, COMMAND = "web", "worker", "command"

_declared: list[str] = []


def declare_web() -> None:
    """Called by the WSGI entry point before the settings are read."""
    _declared.append(WEB)


def kind() -> str:
    """`web`, `worker` (any Celery process) or `command`."""
    if _declared:
        return _declared[-1]
    program = Path(sys.argv[0])
    if program.name == "celery" or program.parent.name == "celery":
        return WORKER
    if "runserver" in sys.argv[1:2]:
        return WEB
    return COMMAND


# Parameters of glibc's mallopt: give freed memory back from this size on, and keep few pools for threads.
_TRIM, _MAP, _ARENAS = -1, -3, -8
_GIVE_BACK = 65_536


def lean_memory() -> bool:
    """Have the C library give back what a page needed for a moment; False where it cannot be told so (not glibc).

    Left alone it learns from large blocks to keep ever larger ones: 11 MB of a web process that has opened every page.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all(mallopt(name, value) for name, value in ((_TRIM, _GIVE_BACK), (_MAP, _GIVE_BACK), (_ARENAS, 2)))
