"""Static files with versioned names, compressed where pages of ours load them; and whether they changed."""

import hashlib
import re
from collections.abc import Iterable, Iterator

from django.contrib.staticfiles.finders import get_finders
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Loaded by administrators and readers of the API's pages only; brotli takes 45 seconds for them, 3 for ours.
NOT_COMPRESSED = ("admin/", "drf_spectacular_sidecar/", "rest_framework/")
VERSIONED = re.compile(r"\.[0-9a-f]{12}\.[^/]+$")


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Versioned names for all; gzip and brotli for the versioned files of our own pages."""

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what is worth it; yields pairs of name and compressed name."""
        wanted = [path for path in paths if VERSIONED.search(path) and not path.startswith(NOT_COMPRESSED)]
        yield from super().compress_files(wanted)


def fingerprint() -> str:
    """A short text that changes when any static file of any application does; reads no contents."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            modified = storage.get_modified_time(name).timestamp()
            digest.update(f"{name} {storage.size(name)} {modified}\n".encode())
    return digest.hexdigest()
