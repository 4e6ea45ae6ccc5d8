"""Write dashboards/catalogue_strings.py: the texts of the catalogue, so that makemessages finds them.

`--check` only says whether the file is fresh.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "dashboards" / "catalogue_strings.py"
sys.path.insert(0, str(ROOT))


def texts() -> list[str]:
    """Titles, reasons, owners and component names, each once, in the order of the catalogue."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "epmo.settings")
    django.setup()
    from dashboards.catalogue_text import COMPONENT_WORDS
    from metrics.registry import metrics

    found: dict[str, None] = {}
    for entry in metrics().values():
        for text in (entry.title, entry.why, entry.owner_role):
            found.setdefault(text)
        for name in entry.components:
            found.setdefault(COMPONENT_WORDS.get(name) or name.replace("_", " ").capitalize())
    return list(found)


def source() -> str:
    """The whole file."""
    lines = "\n".join(f'    gettext_noop("{text.replace(chr(34), chr(92) + chr(34))}"),' for text in texts())
    head = '"""Texts of the catalogue for translation; written by scripts/catalogue_strings.py."""\n'
    top = f"{head}\nfrom django.utils.translation import gettext_noop\n\n# fmt: off\n"
    return f"{top}TEXTS = (\n{lines}\n)\n"


def main() -> int:
    """Write the file, or with --check exit 1 when it is stale."""
    if "--check" in sys.argv[1:]:
        return 0 if FILE.read_text(encoding="utf-8") == source() else 1
    FILE.write_text(source(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
