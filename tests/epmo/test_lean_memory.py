"""Memory that a page needed for a moment goes back to the system."""

import ctypes
import subprocess
import sys

import pytest

# In a process of its own: one that has run for long finds room for the blocks in what it holds already.
MEASURED = """
import re
from pathlib import Path
from epmo.process import lean_memory

def resident():
    return int(re.search(r"^VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)[1])

assert lean_memory()
before = resident()
blocks = [bytearray(100_000) for _ in range(400)]
held = resident()
del blocks
print(held - before, resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="glibc only")
def test_large_blocks_are_given_back():
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True)

    held, kept = map(int, done.stdout.split())  # kB more than before the blocks: while they were held, and after
    assert held > 30_000
    assert kept < 5_000
