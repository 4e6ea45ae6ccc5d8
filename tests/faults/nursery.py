"""`python -m tests.faults.nursery SOCKET`: forks Celery processes and hands that need not import everything anew.

One connection is one child. The first line says what it is: `{"kind": "celery", "arguments", "log", "more"}` or
`{"kind": "hand", "log"}`; the answer's first line is the child's number. Each child leads a session of its own and
dies with the nursery. A hand goes on to talk over the connection.
"""

import gc
import json
import os
import signal
import socket
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from epmo.children import die_with_parent

IMPORTED = (
    "celery.bin.celery",
    "celery.apps.worker",
    "celery.beat",
    "celery.concurrency.prefork",
    "kombu.transport.redis",
    "epmo.celery",
    "metrics.tasks",
    "connectors.tasks",
    "scipy.stats",
)


def main(path: str) -> None:
    """Serve until killed."""
    sys.argv[:] = ["celery"]  # by which settings know a worker
    from tests.faults import hand, held

    held.setup()
    for name in IMPORTED:
        import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(16)
    while True:
        connection, _ = server.accept()
        stream = connection.makefile("rw")
        request = json.loads(stream.readline())
        pid = os.fork()
        if pid == 0:
            server.close()
            become(request)
            if request["kind"] == "hand":
                hand.serve(stream, stream)
            else:
                connection.close()
                sys.argv[1:] = request["arguments"]
                held.prepare()
                held.celery()
            os._exit(0)
        while os.getsid(pid) != pid:  # whoever kills it kills its group
            time.sleep(0.001)
        connection.sendall(f"{pid}\n".encode())
        stream.close()
        connection.close()


def become(request: dict[str, Any]) -> None:
    """Take on what a process of its own has."""
    os.setsid()
    die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(request.get("more", {}))
    with Path(request["log"]).open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)


if __name__ == "__main__":
    main(sys.argv[1])
