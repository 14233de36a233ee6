"""Which part of which plate belongs to which split: whole images, or blocks of the map, with a gap."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from eelib.data.own.manifests import LIST, Split
from eelib.data.own.plates import Plate
from eelib.data.own.rasters import Box
from eelib.data.splits import SPLITS
from eelib.errors import InputError

ENOUGH_IMAGES = 10
ENOUGH_BLOCKS = 24
BLOCKS = (256, 192, 128, 96, 64, 48, 32, 24, 16)
LEAST_WINDOW = 8
IMAGE_GAP = 8  # pixels; images of one flight are often neighbours


@dataclass(frozen=True)
class Layout:
    """How plates are cut into places.

    Attributes:
        places: Plate number and rectangle of each place.
        margin: Pixels between windows and the edge of their place.
        window: Side of the largest window that fits every place, a multiple of 4.
        summary: One phrase for the user.
    """

    places: list[tuple[int, Box]]
    margin: int
    window: int
    summary: str


def lay_out(plates: Sequence[Plate], split: Split, where: str) -> Layout:
    """Places of all plates, decided from their sizes alone.

    Args:
        plates: At least one.
        split: What the manifest says.
        where: The manifest, for messages.

    Raises:
        InputError: An image or block is too small for a window.
    """
    whole = split.by not in ("auto", "blocks") or (split.by == "auto" and len(plates) >= ENOUGH_IMAGES)
    if whole:
        smallest = min(plates, key=lambda plate: min(plate.shape))
        side = min(smallest.shape)
        margin = -(-split.gap // 2) if split.gap is not None else IMAGE_GAP // 2 if side >= 64 else 0
        places = [(number, Box(0, 0, *plate.shape)) for number, plate in enumerate(plates)]
        what, remedy = f"{smallest.name} ({side} px)", "leave small images out with 'smallest', or lower split.gap"
        summary = "whole images" if split.by in ("auto", "images") else f"whole images by {split.by}"
    else:
        side = split.block or _block(plates, split.gap)
        margin = -(-(side // 8 if split.gap is None else split.gap) // 2)
        places = [(number, box) for number, plate in enumerate(plates) for box in _blocks(plate.shape, side)]
        what, remedy = f"a block of {side} px", "raise split.block, or lower split.gap"
        summary = f"blocks of {side} px"
        if not places:
            largest = max(min(plate.shape) for plate in plates)
            raise InputError(f"{where}: the images are at most {largest} px wide or high, no block of {side} px fits; lower split.block")
    window = (side - 2 * margin) // 4 * 4
    if window < LEAST_WINDOW:
        raise InputError(f"{where}: {what} with margins of {margin} px leaves no window of {LEAST_WINDOW} px; {remedy}")
    return Layout(places, margin, window, f"{summary}, windows {margin} px from their edges")


def _block(plates: Sequence[Plate], gap: int | None) -> int:
    """The largest side that gives enough blocks, or the smallest that leaves room for a window."""
    fit = [side for side in BLOCKS if side - 2 * -(-(side // 8 if gap is None else gap) // 2) >= LEAST_WINDOW] or [BLOCKS[0]]
    return next((side for side in fit if sum(len(_blocks(plate.shape, side)) for plate in plates) >= ENOUGH_BLOCKS), fit[-1])


def _blocks(shape: tuple[int, int], side: int) -> list[Box]:
    rows, columns = shape[0] // side, shape[1] // side
    return [Box(row * side, column * side, side, side) for row in range(rows) for column in range(columns)]


def declared_owners(plates: Sequence[Plate], split: Split, folder: Path, where: str) -> np.ndarray:
    """Split number of each plate as the manifest declares it, -1 where it names none.

    Args:
        plates: All plates.
        split: By pattern, lists or table.
        folder: The manifest's folder.
        where: The manifest, for messages.

    Raises:
        InputError: A file is missing, a split name is unknown, an image is in two splits, or a split is empty.
    """
    owner_of = {"pattern": _by_pattern, "lists": _by_lists, "table": _by_table}[split.by](split, folder, where)
    owner = np.array([owner_of(plate) for plate in plates])
    for number, name in enumerate(SPLITS):
        if not (owner == number).any():
            raise InputError(f"{where}: split.by: {split.by} puts no image into {name}; stems are for example '{plates[0].name}'")
    return owner


def _number(name: str, where: str) -> int:
    short = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "dev": 1, "test": 2}
    if name.strip().lower() not in short:
        raise InputError(f"{where}: '{name}' is no split; use train, validation (or val) and test")
    return short[name.strip().lower()]


def _by_pattern(split: Split, folder: Path, where: str) -> Callable[[Plate], int]:
    try:
        form = re.compile(str(split.pattern))
    except re.error as error:
        raise InputError(f"{where}: split.pattern '{split.pattern}' is not a regular expression ({error})") from error
    if form.groups < 1:
        raise InputError(f"{where}: split.pattern '{split.pattern}' has no group; write for example '(train|val|test)_'")

    def owner(plate: Plate) -> int:
        path = plate.path.relative_to(folder) if plate.path.is_relative_to(folder) else plate.path
        found = form.search(path.as_posix())
        return _number(found[1], where) if found and found[1] else -1

    return owner


def _by_lists(split: Split, folder: Path, where: str) -> Callable[[Plate], int]:
    lists = {name: [item for entry in getattr(split, name) for item in _entries(entry, folder, where)] for name in SPLITS}

    def owner(plate: Plate) -> int:
        found = [name for name in SPLITS if any(fnmatch(plate.name, item) or fnmatch(plate.path.name, item) for item in lists[name])]
        if len(found) > 1:
            raise InputError(f"{where}: '{plate.name}' is in {' and in '.join(found)}; an image belongs to one split")
        return SPLITS.index(found[0]) if found else -1

    return owner


def _entries(entry: str, folder: Path, where: str) -> list[str]:
    """A pattern, or the lines of a .txt file."""
    if not entry.endswith(LIST):
        return [entry]
    try:
        return [line.strip() for line in (folder / entry).read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise InputError(f"{where}: the list {folder / entry} cannot be read ({error.strerror})") from error


def _by_table(split: Split, folder: Path, where: str) -> Callable[[Plate], int]:
    path = folder / str(split.table)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as error:
        raise InputError(f"{where}: split.table {path} cannot be read ({error.strerror})") from error
    if not rows or not {"image", "split"} <= rows[0].keys():
        raise InputError(f"{path}: the table needs the columns 'image' and 'split'")
    table = {Path(row["image"]).name: _number(row["split"], str(path)) for row in rows}
    twice = [name for name, count in Counter(Path(row["image"]).name for row in rows).items() if count > 1]
    if twice:
        raise InputError(f"{path}: '{twice[0]}' appears twice")
    loose: dict[str, set[int]] = {}  # other capitals, another ending, or none
    for name, number in table.items():
        loose.setdefault(Path(name).stem.lower(), set()).add(number)

    def owner(plate: Plate) -> int:
        found = {table[name] for name in (plate.path.name, plate.name) if name in table} or loose.get(plate.path.stem.lower(), set())
        if len(found) > 1:
            raise InputError(f"{path}: '{plate.name}' is in {' and in '.join(SPLITS[at] for at in sorted(found))}; give it one row")
        return next(iter(found), -1)

    return owner
