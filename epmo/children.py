"""Child processes that do not outlive their parent, and finding those that did. No Django here."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
LINUX = sys.platform.startswith("linux")
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None

Stages = Sequence[tuple[int, float]]  # signal to send, seconds to wait


def die_with_parent(death_signal: int) -> None:
    """Ask Linux to signal this process when the one that started it ends, however it ends."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, death_signal)


def start(
    command: Sequence[str],
    *,
    death_signal: int | None,
    user: str | None = None,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[Any] | int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, as `user` when given.

    With `death_signal` it gets that signal when we die, also by `kill -9`; without, it lives on.
    Only the main thread may start such children: the signal comes when the starting thread ends.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=env,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_bound_to(os.getpid(), death_signal) if death_signal is not None else None,
        **identity(user),
    )


def identity(user: str | None) -> dict[str, Any]:
    """Arguments that make `subprocess` run a command as this user."""
    return {} if user is None else {"user": user, "group": _group_of(user), "extra_groups": []}


def is_alive(pid: int, marker: str) -> bool:
    """Whether a process with this number runs and its command line holds `marker` (numbers are used again)."""
    return marker in command_line(pid)


def command_line(pid: int) -> str:
    """The command line of a running process; blank when there is none."""
    if LINUX:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    answer = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout


def stop(process: subprocess.Popen[bytes], stages: Stages) -> bool:
    """Signal a child, stage by stage, until it has ended; kill its whole session at last. True when it obeyed."""
    obeyed = _stop(lambda wanted: os.kill(process.pid, wanted), lambda: process.poll() is not None, stages)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # what it left behind in its session
    process.wait()
    return obeyed


def stop_stranger(pid: int, marker: str, stages: Stages) -> bool:
    """The same for a process that is not our child, as long as its command line holds `marker`."""
    return _stop(lambda wanted: os.kill(pid, wanted), lambda: not is_alive(pid, marker), stages)


def _stop(send: Callable[[int], None], has_ended: Callable[[], bool], stages: Stages) -> bool:
    for wanted, seconds in stages:
        with contextlib.suppress(ProcessLookupError):
            send(wanted)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if has_ended():
                return True
            time.sleep(0.02)
    if has_ended():
        return True
    with contextlib.suppress(ProcessLookupError):
        send(signal.SIGKILL)
    end = time.monotonic() + 5
    while not has_ended() and time.monotonic() < end:
        time.sleep(0.02)
    return False


def _bound_to(parent: int, death_signal: int) -> Callable[[], None]:
    def prepare() -> None:
        die_with_parent(death_signal)
        if LINUX and os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return prepare


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid
