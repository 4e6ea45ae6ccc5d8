"""The note that running embedded servers leave under `var/`, so that commands beside them find them."""

import json
import os
from pathlib import Path

NAME = "services.json"


def running_servers(var: Path) -> dict[str, str]:
    """`DATABASE_URL` and `REDIS_URL` of this checkout's embedded servers; empty when they do not run."""
    try:
        note = json.loads((var / NAME).read_text(encoding="utf-8"))
        for pid in note["pids"]:
            os.kill(pid, 0)
    except PermissionError:
        pass  # the server runs as another user: it lives
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {name: note["urls"][name] for name in ("DATABASE_URL", "REDIS_URL") if name in note["urls"]}
