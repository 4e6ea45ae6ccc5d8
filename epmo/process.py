"""Which kind of process this is, so that settings can differ between serving pages and working."""

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
