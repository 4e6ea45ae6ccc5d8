"""Fails when generated pages are stale: `docs/metrics.md` as `manage.py list_metrics` writes it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GENERATED = {Path("docs/metrics.md"): ["list_metrics"]}


def main() -> int:
    """0 when every generated page is as its command writes it now; the pages on disk are left as they were."""
    stale = [page for page, command in GENERATED.items() if not is_fresh(ROOT / page, command)]
    for page in stale:
        print(f"{page} is stale. Run: .venv/bin/python manage.py {' '.join(GENERATED[page])}", file=sys.stderr)
    return 1 if stale else 0


def is_fresh(page: Path, command: list[str]) -> bool:
    """Whether writing the page again leaves it as it is."""
    before = page.read_bytes() if page.exists() else b""
    try:
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        return page.exists() and page.read_bytes() == before
    finally:
        if before:
            page.write_bytes(before)


if __name__ == "__main__":
    sys.exit(main())
