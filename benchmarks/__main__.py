"""`make bench`: every benchmark, one after the other; ARGS="--sizes S M L" names the sizes."""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks.common import ROOT


def main() -> None:
    """Run them all, each in a process of its own; a failed one does not stop the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["S", "M"], choices=["S", "M", "L"])
    options = parser.parse_args()
    share = "1.0" if "L" in options.sizes else "0.1"
    failed = []
    for module, *arguments in (
        ("bench_import", "--rounds", "1", "--share", share),
        ("bench_layout",),
        # Reads too: the values are there.
        ("bench_compute", "--workers", "--sizes", *options.sizes),
        ("bench_pages", "--sizes", *options.sizes),
        ("bench_browser", "--sizes", *options.sizes),
    ):
        print(f"\n{module}", flush=True)
        if subprocess.call([sys.executable, "-m", f"benchmarks.{module}", *arguments], cwd=ROOT):
            failed.append(module)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
