"""pytest plugin (`-p tests.services`): chooses database and broker before Django reads its settings."""

import os

os.environ.setdefault("EPMO_MODE", "test")
