"""Whether files have changed since something was made from them."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp:
    """Times and size of a file; the time at which it was put there too, because unpacking and copying may keep the other one.

    Raises:
        OSError: It is not there.
    """
    found = path.stat()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size


def content_hash(path: Path) -> str:
    """Short hash of a file's content, 16 hex characters; read again only where the file has changed.

    Raises:
        OSError: It cannot be read.
    """
    return _content_hash(path, stamp_of(path))


@functools.lru_cache(maxsize=32)
def _content_hash(path: Path, _stamp: Stamp) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
