"""Safe extraction: only the files that a manifest names, never outside the target folder, never through a link, never too large."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from eelib.data.manifests import FileEntry
from eelib.errors import InputError

MOST_MEMBERS = 1_000_000


def extract(archive: Path, entries: Iterable[FileEntry], target: Path) -> None:
    """Extract the named files of a zip or tar archive and check each one's size and SHA-256 while it is written.

    Args:
        archive: A ``.zip``, ``.whl`` or tar file of any compression.
        entries: The files wanted; their paths are the paths in the archive.
        target: Folder to write into; must exist.

    Raises:
        InputError: The archive is broken, lacks a file, or a file is a link, is not inside, or is not what the manifest says.
    """
    wanted = {entry.path: entry for entry in entries}
    for path in wanted:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise InputError(f"{archive.name}: the path '{path}' leads out of the target folder; correct the manifest")
    try:
        for path, size, stream in _members(archive, set(wanted)):
            _write(archive, wanted.pop(path), size, stream, target)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise InputError(f"{archive}: the archive is damaged ({error}); delete it and fetch again") from error
    if wanted:
        raise InputError(f"{archive.name}: {len(wanted)} file(s) of the manifest are missing from the archive, first '{min(wanted)}'")


def _members(archive: Path, wanted: set[str]) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Name, size and content of the wanted members that are plain files."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as content:
            for member in content.infolist():
                if member.filename in wanted:
                    if member.external_attr >> 16 & 0o170000 == 0o120000:
                        raise InputError(f"{archive.name}: '{member.filename}' is a link; refusing to extract it")
                    with content.open(member) as stream:
                        yield member.filename, member.file_size, stream
        return
    with tarfile.open(archive) as bundle:
        for count, info in enumerate(bundle):
            if count > MOST_MEMBERS:
                raise InputError(f"{archive.name}: more than {MOST_MEMBERS} members; refusing to read on")
            if info.name in wanted:
                plain = bundle.extractfile(info) if info.isreg() else None
                if plain is None:
                    raise InputError(f"{archive.name}: '{info.name}' is a link or not a plain file; refusing to extract it")
                yield info.name, info.size, plain


def _write(archive: Path, entry: FileEntry, size: int, stream: IO[bytes], target: Path) -> None:
    if size != entry.bytes:
        raise InputError(f"{archive.name}: '{entry.path}' has {size} bytes, the manifest says {entry.bytes}")
    path = target / entry.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        shutil.copyfileobj(_Limited(stream, entry.bytes), out)
    if digest(path) != entry.sha256:
        raise InputError(f"{archive.name}: '{entry.path}' has another SHA-256 than the manifest says")


class _Limited:
    """A stream that never gives more than it announced, whatever the header of the archive claims."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self.stream, self.left = stream, limit

    def read(self, count: int = -1) -> bytes:
        data = self.stream.read(min(count, self.left) if count >= 0 else self.left)
        self.left -= len(data)
        return data


def digest(path: Path) -> str:
    """SHA-256 of a file as 64 hex characters."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
