"""What a folder holds that is no images with masks: dated series, cubes, classes in folders, captions in a table, shards."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from eelib.data.own.dates import dated
from eelib.data.own.files import RASTERS
from eelib.data.own.rasters import inspect
from eelib.data.pairs.rows import SPLITS

SERIES = (".tif", ".tiff", ".jp2")  # photographs of one camera have dates in their names as well, and show different places
READ_ROWS = 20  # of a table
OWN, PAIRS = "docs/own_data.md", "docs/pairs.md"


def other_kind(folder: Path, images: list[Path], masks: list[Path]) -> str:
    """One line that names the kind of manifest that a folder needs, "" where it is images with or without masks.

    Args:
        folder: The folder.
        images: Its rasters that are no masks.
        masks: Its rasters that are.
    """
    cubes = [path for path in sorted(folder.glob("**/*")) if path.suffix.lower() in (".nc", ".nc4", ".zarr")]
    if cubes and len(images) <= len(cubes):
        return f"{folder}: {_relative(cubes[0], folder)} is a cube: write a manifest of kind scene-series, see {OWN}, 'Dated series'"
    if not masks and (table := _captions(folder)):
        return (
            f"{folder}: {_relative(table, folder)} holds captions of images: write a manifest of kind image-text-table, "
            f"see {PAIRS}, 'Bring your own pairs'"
        )
    if not images:
        shard = next(iter(sorted(folder.glob("**/*.tar"))), None)
        kind = f"kind image-text-shards, see {PAIRS}, 'Bring your own pairs'"
        return f"{folder}: {_relative(shard, folder)} may hold images with captions: write a manifest of {kind}" if shard else ""
    series = _series(images) if len(masks) < len(images) else []
    if series:
        names = " and ".join(path.name for path in series[:2])
        return (
            f"{folder}: {names} are dates of one place: write a manifest of kind scene-series with date: '{_form(series[0])}', "
            f"see {OWN}, 'Dated series'"
        )
    classes = sorted({path.parent.name for path in images if path.parent != folder} - set(SPLITS))
    if not masks and len(classes) > 1 and all(path.parent != folder for path in images):
        listed = f"{', '.join(classes[:3])}{', ...' if len(classes) > 3 else ''}"
        return (
            f"{folder}: holds images in the folders {listed} and no masks: if these are classes, write a manifest of kind class-folder, "
            f"see {PAIRS}, 'A class folder'; if not, of kind raster-folder with images: '**/*{images[0].suffix}', "
            f"see {OWN}, 'Scenes without labels'"
        )
    return ""


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _captions(folder: Path) -> Path | None:
    """A table with a column of image files and one of texts; a table of images and splits has no texts."""
    for path in sorted(child for child in folder.glob("**/*") if child.suffix.lower() in (".csv", ".tsv")):
        try:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                rows = list(islice(csv.reader(stream, delimiter="\t" if path.suffix.lower() == ".tsv" else ","), 1, READ_ROWS))
        except (OSError, UnicodeDecodeError, csv.Error):
            continue
        columns = list(zip(*(row for row in rows if row), strict=False))
        if any(map(_are_images, columns)) and any(map(_are_texts, columns)):
            return path
    return None


def _are_images(column: Iterable[str]) -> bool:
    return all(value.lower().endswith((*RASTERS, ".gif", ".webp")) for value in column)


def _are_texts(column: Iterable[str]) -> bool:
    values = list(column)
    return not _are_images(values) and 2 * sum(" " in value.strip() for value in values) > len(values)


def _series(images: list[Path]) -> list[Path]:
    """Rasters of one folder whose names differ by their dates alone and that cover the same pixels."""
    groups: dict[tuple[Path, str], dict[str, Path]] = {}
    for path in images:
        if path.suffix.lower() in SERIES and (found := dated(path.stem)):
            day = found[0][0]
            groups.setdefault((path.parent, path.name.replace(day, "")), {})[day] = path
    for group in groups.values():
        paths = list(group.values())
        if len(paths) > 1 and len({(info.shape, info.crs, info.transform) for info in map(inspect, paths[:2])}) == 1:
            return paths
    return []


def _form(path: Path) -> str:
    """How a dated name holds its date."""
    found = dated(path.stem)
    return "%Y{0}%m{0}%d".format(found[0]["between"] if found else "")
