"""One folder per class: sets for zero-shot classification and probes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from eelib.data.freshness import Files
from eelib.data.pairs.containers import PairSet
from eelib.data.pairs.images import SUFFIXES
from eelib.data.pairs.manifests import ClassFolderManifest
from eelib.data.pairs.rows import SPLITS, Origin, Row, pair_set, renamed, split_by_hash
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError, unknown


def class_folder_pairs(entry: ClassFolderManifest, base: Path, sizes: PairSizes) -> PairSet:
    """Images with the name of their class as caption.

    Raises:
        InputError: No folder, a class folder without images, fewer than two classes, or names for folders that do not exist.
    """
    folder = base / entry.folder
    rows = class_rows(folder, entry.names, entry.shares)
    classes = tuple(dict.fromkeys(row.kind for row in rows))
    holders = Files([folder, *(parent for row in rows for parent in (row.path.parent, row.path.parent.parent))])
    identity = f"class-folder {entry.model_dump_json()}"
    return pair_set(Origin(entry.name, entry.title, entry, identity, folder=folder, files=(holders,)), rows, sizes, classes)


def class_rows(folder: Path, names: Mapping[str, str], shares: tuple[float, float, float]) -> list[Row]:
    """A row per image, classes in alphabetic order of their folders."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; set 'folder' in the manifest to the one that holds a folder per class")
    parts = [part for part in _folders(folder) if part.name.lower() in SPLITS]
    if parts:
        found = [(SPLITS[part.name.lower()], each) for part in parts for each in _folders(part)]
    else:
        found = [("", each) for each in _folders(folder)]
    kinds = sorted({each.name for _, each in found})
    if len(kinds) < 2:
        raise InputError(f"{folder}: holds {len(kinds)} class folder(s), at least 2 are needed: one folder of images per class")
    for name in names:
        if name not in kinds:
            raise unknown(f"class folder of {folder}", name, kinds)
    rows = [row for split, each in found for row in _class(each, split, shares)]
    rows.sort(key=lambda row: kinds.index(row.kind))
    return renamed(rows, {kind: names.get(kind, plain_name(kind)) for kind in kinds})


def plain_name(folder: str) -> str:
    """A folder's name as running text: ``"PermanentCrop"`` and ``"permanent_crop"`` are "permanent crop"."""
    spaced = "".join(f" {c}" if c.isupper() and k and folder[k - 1].islower() else c for k, c in enumerate(folder))
    return " ".join(spaced.replace("_", " ").replace("-", " ").lower().split())


def _folders(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith((".", "__")))


def _class(folder: Path, split: str, shares: tuple[float, float, float]) -> Iterable[Row]:
    images = sorted(each for each in folder.iterdir() if each.suffix.lower() in SUFFIXES)
    if not images:
        raise InputError(f"{folder}: a class folder without images ({', '.join(SUFFIXES)}); add some, or remove the folder")
    for path in images:
        place = f"{folder.name}/{path.name}"
        yield Row(path, folder.name, place, split or split_by_hash(place, shares), folder.name)
