"""Real data of others, where the installation has them: `EPMO_DATASETS` names their folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings


def dataset(name: str) -> Path:
    """Return the folder of a data set, or skip with a reason."""
    root = settings.EPMO_DATASETS
    folder = Path(str(root)) / name if root else None
    if folder is None or not folder.is_dir():
        pytest.skip(f"the data set {name} is not here; EPMO_DATASETS names the folder of the data sets")
    return folder


def profile(folder: Path) -> dict[str, Any]:
    """Return the counts and sums that the data set states about itself."""
    return json.loads((folder / "PROFILE.json").read_text(encoding="utf-8"))
