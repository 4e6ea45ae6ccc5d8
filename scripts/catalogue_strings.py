"""Write the texts of the catalogue as Python, so that makemessages finds them.

`dashboards/catalogue_strings.py` gets titles, reasons, owners and component names; `catalogue_definitions.py` beside
it formulas, rules and edges in words. `--check` only says whether both are fresh.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
STRINGS = ROOT / "dashboards" / "catalogue_strings.py"
DEFINITIONS = ROOT / "dashboards" / "catalogue_definitions.py"
sys.path.insert(0, str(ROOT))


def texts() -> list[str]:
    """Titles, reasons, owners and component names, each once, in the order of the catalogue."""
    _django()
    from dashboards.catalogue_text import COMPONENT_WORDS
    from metrics.registry import metrics

    found: dict[str, None] = {}
    for entry in metrics().values():
        for text in (entry.title, entry.why, entry.owner_role):
            found.setdefault(text)
        for name in entry.components:
            found.setdefault(COMPONENT_WORDS.get(name) or name.replace("_", " ").capitalize())
    return list(found)


def definitions() -> list[str]:
    """Formulas, what they count, rules of period and roll-up, sources and edges, each once, in catalogue order."""
    _django()
    from metrics.definition_words import definitions_of
    from metrics.registry import metrics

    return list(dict.fromkeys(text for entry in metrics().values() for text in definitions_of(entry)))


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "epmo.settings")
    django.setup()


def sources() -> dict[Path, str]:
    """Both files, whole."""
    by = "written by scripts/catalogue_strings.py"
    plain = "\n".join(f"    gettext_noop({quoted(text)})," for text in texts())
    defined = "\n".join(f'    pgettext_lazy("catalogue", {quoted(text)}),' for text in definitions())
    return {
        STRINGS: (
            f'"""Texts of the catalogue for translation; {by}."""\n\n'
            f"from django.utils.translation import gettext_noop\n\n# fmt: off\nTEXTS = (\n{plain}\n)\n"
        ),
        DEFINITIONS: (
            f'"""Definitions of the catalogue for translation; {by}."""\n\n'
            "# ruff: noqa: E501\nfrom django.utils.translation import pgettext_lazy\n\n"
            f"# fmt: off\nDEFINITIONS = (\n{defined}\n)\n"
        ),
    }


def quoted(text: str) -> str:
    """A text as a Python string in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def main() -> int:
    """Write the files, or with --check exit 1 when one is stale."""
    wanted = sources()
    if "--check" in sys.argv[1:]:
        return 0 if all(file.read_text(encoding="utf-8") == text for file, text in wanted.items()) else 1
    for file, text in wanted.items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
