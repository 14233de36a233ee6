"""Finding the files of a manifest, matching images with masks, and telling cheaply whether a file has changed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eelib.errors import InputError

RASTERS = (".tif", ".tiff", ".jpg", ".jpeg", ".png", ".jp2", ".bmp", ".vrt")
CHUNK = 1 << 16
SAMPLED = 2000  # files of which chunks are read; of further ones only name and size count


def find_rasters(folder: Path, patterns: Sequence[str], field: str) -> list[Path]:
    """Raster files of a manifest's field, sorted.

    Args:
        folder: The manifest's folder; relative patterns start there.
        patterns: Folders (their files, not those of sub-folders), files, or glob patterns (``**`` for sub-folders).
        field: Name of the field, for messages.

    Raises:
        InputError: A folder is missing, or a pattern matches no raster.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        matches = [path for path in _matches(folder, pattern) if path.suffix.lower() in RASTERS]
        if not matches:
            path = Path(pattern).expanduser()
            where = path if path.is_absolute() else folder / path
            missing = not any(mark in pattern for mark in "*?[") and not where.exists()
            remedy = "does not exist" if missing else f"holds no raster ({', '.join(RASTERS)})"
            raise InputError(f"{field}: {where} {remedy}; relative paths start at the folder of the manifest")
        found.update(dict.fromkeys(matches))
    return sorted(found)


def _matches(folder: Path, pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    path = path if path.is_absolute() else folder / path
    if path.is_dir():
        return sorted(child for child in path.iterdir() if child.is_file() and not child.name.startswith("."))
    if path.is_file():
        return [path]
    anchor = Path(path.anchor)
    return sorted(match for match in anchor.glob(str(path.relative_to(anchor))) if match.is_file())


@dataclass(frozen=True)
class MatchedFiles:
    """Images and masks by stem.

    Attributes:
        both: Stem, image and mask.
        images_only: Images without mask.
        masks_only: Masks without image.
    """

    both: list[tuple[str, Path, Path]]
    images_only: list[tuple[str, Path]]
    masks_only: list[Path]


def by_stem(paths: Iterable[Path], name: str, field: str, where: str = "") -> dict[str, Path]:
    """Files by the stem in their names; files whose name is of another form are left out.

    Args:
        paths: The files.
        name: Form of a name, with ``{stem}``.
        field: ``"image"`` or ``"mask"``, for messages.
        where: The manifest, for messages.

    Raises:
        InputError: Two files have the same stem, or none has the form.
    """
    before, _, after = name.partition("{stem}")
    form = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")
    found: dict[str, Path] = {}
    for path in paths:
        match = form.fullmatch(path.stem)
        if match is None:
            continue
        if match[1] in found:
            raise InputError(
                f"{where}: {field}s {found[match[1]]} and {path} have the same stem '{match[1]}'; keep one, or narrow the pattern"
            )
        found[match[1]] = path
    if not found:
        raise InputError(f"{where}: no {field} has a name of the form '{name}'; correct '{field}_name' or the pattern of '{field}s'")
    return found


def pair(images: dict[str, Path], masks: dict[str, Path]) -> MatchedFiles:
    """Match images and masks by stem."""
    both = [(stem, path, masks[stem]) for stem, path in images.items() if stem in masks]
    alone = [(stem, path) for stem, path in images.items() if stem not in masks]
    return MatchedFiles(both, alone, [path for stem, path in masks.items() if stem not in images])


def sampled_digest(paths: Sequence[Path], root: Path) -> str:
    """SHA-256 over name, size, and the first, middle and last 64 KiB of every file.

    Reading everything would take minutes at every planning. A change between these chunks that keeps the size goes unseen; time stamps
    play no part, so copies count as the same data. Above 2000 files, chunks of every n-th are read, names and sizes of all.

    Args:
        paths: The files.
        root: Names are taken relative to it where they lie inside.
    """
    total = hashlib.sha256()
    every = -(-len(paths) // SAMPLED) or 1
    for number, path in enumerate(paths):
        name = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
        size = path.stat().st_size
        total.update(f"{name.as_posix()} {size}\n".encode())
        if number % every == 0:
            with path.open("rb") as stream:
                for start in sorted({0, max(0, size // 2 - CHUNK // 2), max(0, size - CHUNK)}):
                    stream.seek(start)
                    total.update(stream.read(CHUNK))
    return total.hexdigest()
