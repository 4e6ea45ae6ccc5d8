"""Memory that a page needed for a moment goes back to the system."""

import ctypes
import re
import sys
from pathlib import Path

import pytest

from epmo.process import lean_memory


def resident() -> int:
    """Resident memory of this process in kB."""
    found = re.search(r"^VmRSS:\s+(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


@pytest.mark.skipif(sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="glibc only")
def test_large_blocks_are_given_back():
    assert lean_memory()
    before = resident()

    blocks = [bytearray(100_000) for _ in range(400)]
    assert resident() > before + 30_000
    del blocks

    assert resident() < before + 5_000
