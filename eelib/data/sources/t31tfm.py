"""T31TFM: Sentinel-2 series of a tile in eastern France, published as Python pickles."""

from __future__ import annotations

import csv
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from eelib.data.fetch import data_folder, writable
from eelib.data.gather import CutSeries
from eelib.data.safe_pickle import load_pickle
from eelib.data.sources.mtlcc import to_grid
from eelib.data.sources.tiles import Tile, TileSource, check_array, relabel
from eelib.errors import InputError

LISTS = {"train": "train_paths.csv", "test": "eval_paths.csv"}
MASKS = ("full_ass", "part_ass")  # pixels that several parcels share, fully or partly; the authors mask both
VALIDATION = 5  # every fifth area of the training list is held out for choices


class T31tfmSource(TileSource):
    """Tiles of 48 pixels in three years. The official list of evaluation tiles is the test set; validation is part of the training list."""

    def tiles(self, folder: Path) -> dict[str, list[Tile]]:
        """By the published lists; a place is a corner ``N_W``, whatever the year."""
        paths = {split: read_paths(folder / "paths" / name, folder) for split, name in LISTS.items()}
        corners = sorted({corner(path) for found in paths.values() for path in found})
        number = {name: place for place, name in enumerate(corners)}
        taken = {corner(path) for path in paths["test"]}
        inside = [path for path in paths["train"] if corner(path) not in taken]
        held_out = validation_groups(inside)
        parts = {
            "train": [path for path in inside if not held_out(path)],
            "validation": [path for path in inside if held_out(path)],
            "test": paths["test"],
        }
        return {split: [Tile(path, number[corner(path)]) for path in found] for split, found in parts.items()}

    def read(self, tile: Tile) -> CutSeries:
        """Bands in the order of the manifest on the 10 m grid; pixels shared by parcels are ignored."""
        arrays = converted(tile.path, (*self.bands, "doy", "labels", *MASKS), self.entry.name)
        days, side = arrays["doy"].astype(np.int64).reshape(-1), self.entry.tile
        for band in self.bands:
            check_array(arrays[band], tile.path, f"band {band}", (len(days), None, None))
        for name in ("labels", *MASKS):
            check_array(arrays[name], tile.path, name, (side, side))
        image = np.concatenate([to_grid(arrays[band][..., None], side) for band in self.bands], 1)
        label = relabel(arrays["labels"], self.entry)
        for name in MASKS:
            label[arrays[name] > 0] = -1
        return CutSeries(str(tile.path), image, days, label)


def read_paths(path: Path, folder: Path) -> list[Path]:
    """Tiles of a published list. Rows lead from a folder of the authors; what counts is the part from the year on.

    Raises:
        InputError: The list is missing, or a row does not hold a year.
    """
    try:
        with path.open(newline="") as stream:
            rows = [row[0] for row in csv.reader(stream) if row]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error}); it comes with the tiles") from error
    found = []
    for row in rows:
        match = re.search(r"(20\d\d/.+\.pickle)$", row)
        if not match:
            raise InputError(f"{path}: the row '{row}' is not the path of a tile; copy the file again")
        found.append(folder / match.group(1))
    return sorted(found)


def corner(path: Path) -> str:
    """``N_W`` of ``N_W_YEAR.pickle``: the place of a tile."""
    return path.stem.rpartition("_")[0]


def validation_groups(paths: list[Path]) -> Callable[[Path], bool]:
    """Whether a training tile is held out: every fifth of the areas ``W.._N.._E.._S..``; of the places where there is one area only."""
    areas = sorted({path.parent.name for path in paths})
    if len(areas) > 1:
        return lambda path: path.parent.name in areas[1::VALIDATION]
    held_out = set(sorted({corner(path) for path in paths})[1::VALIDATION])
    return lambda path: corner(path) in held_out


def converted(path: Path, names: tuple[str, ...], dataset: str) -> dict[str, np.ndarray]:
    """The arrays of a pickle, from the copy in NumPy's own format that the first reading leaves in the data folder.

    The copy records name and size of the pickle and is made again when they no longer agree.

    Raises:
        InputError: The pickle is missing, damaged, holds foreign types, or lacks an array.
    """
    copy = data_folder() / f"{dataset}-npz" / path.parents[2].name / path.parent.name / f"{path.stem}.npz"
    origin = f"{path.name} {path.stat().st_size if path.is_file() else 0}"
    try:
        with np.load(copy, allow_pickle=False) as stored:
            if str(stored["origin"]) == origin:
                return {name: stored[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass  # absent or damaged: make it again
    arrays = load_pickle(path)
    if missing := [name for name in names if name not in arrays]:
        raise InputError(f"{path}: the array '{missing[0]}' is missing; this is not a tile of DeepSatData")
    kept = {name: arrays[name] for name in names}
    with writable(copy.parent):
        partial = copy.with_name(f".{copy.stem}-{os.getpid()}.npz")
        np.savez(partial, allow_pickle=False, origin=np.array(origin), **kept)
        partial.replace(copy)
    return kept
