"""PASTIS: Sentinel-2 series of French farmland as ``.npy`` files, five official folds in ``metadata.geojson``."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np

from eelib.data.gather import CutSeries
from eelib.data.manifests import DatasetManifest
from eelib.data.sources.tiles import Tile, TileSource, check_array, relabel
from eelib.data.splits import SPLITS
from eelib.errors import InputError

FOLDS = range(1, 6)


def read_metadata(path: Path) -> list[dict[str, Any]]:
    """Properties of every patch: ``ID_PATCH``, ``Fold`` and the dates under ``dates-S2``, by patch number.

    Raises:
        InputError: The file is missing, is not the metadata of PASTIS, or a fold is not 1 to 5.
    """
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        patches = [feature["properties"] for feature in features]
        for patch in patches:
            if int(patch["Fold"]) not in FOLDS:
                raise InputError(f"{path}: patch {patch['ID_PATCH']} is in fold {patch['Fold']}; there are five, 1 to 5")
            if isinstance(patch["dates-S2"], str):  # some versions hold the dates as text
                patch["dates-S2"] = json.loads(patch["dates-S2"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not the metadata of PASTIS ({error!r}); copy the file again") from error
    return sorted(patches, key=lambda patch: int(patch["ID_PATCH"]))


def days_of_year(dates: dict[str, int]) -> tuple[int, ...]:
    """Day of year of each date, from ``{"0": 20180917, ...}``."""
    ordered = sorted(dates, key=int)
    return tuple(datetime.datetime.strptime(str(dates[key]), "%Y%m%d").timetuple().tm_yday for key in ordered)


def split_patches(patches: list[dict[str, Any]], entry: DatasetManifest, rotation: int = 0) -> dict[str, list[int]]:
    """Patch numbers per split by the folds of the manifest.

    Args:
        patches: From :func:`read_metadata`.
        entry: Its folds are those of rotation 0.
        rotation: How far every fold moves on: with 1, what tested in fold 5 tests in fold 1.

    Raises:
        InputError: The manifest has no folds.
    """
    folds: dict[str, tuple[int, ...]] = {str(split): numbers for split, numbers in (entry.folds or {}).items()}
    if set(folds) != set(SPLITS):
        raise InputError(f"{entry.name}: the manifest must give the folds of train, validation and test")
    turned = {split: {(number - 1 + rotation) % len(FOLDS) + 1 for number in numbers} for split, numbers in folds.items()}
    return {split: [int(p["ID_PATCH"]) for p in patches if int(p["Fold"]) in turned[split]] for split in SPLITS}


class PastisSource(TileSource):
    """2 433 patches of 128 pixels; windows of 24 pixels give the cut known as PASTIS24."""

    def __init__(self, entry: DatasetManifest, name: str) -> None:
        super().__init__(entry, name)
        self.splits = len(FOLDS)

    def tiles(self, folder: Path) -> dict[str, list[Tile]]:
        """Patches by official fold, in the first rotation."""
        return self.tiles_of(folder, 0)

    def tiles_of(self, folder: Path, number: int) -> dict[str, list[Tile]]:
        """Patches by official fold, in one of the five rotations; every patch is a place."""
        patches = read_metadata(folder / "metadata.geojson")
        days = {int(patch["ID_PATCH"]): days_of_year(patch["dates-S2"]) for patch in patches}
        numbers = split_patches(patches, self.entry, number)
        return {split: [Tile(folder / "DATA_S2" / f"S2_{n}.npy", n, days[n]) for n in numbers[split]] for split in SPLITS}

    def read(self, tile: Tile) -> CutSeries:
        """The image stays a mapped file; the label is the first of the three layers of TARGET."""
        side = self.entry.tile
        image = load_npy(tile.path)
        check_array(image, tile.path, "image", (len(tile.days), len(self.bands), side, side))
        path = tile.path.parents[1] / "ANNOTATIONS" / tile.path.name.replace("S2_", "TARGET_")
        target = load_npy(path)
        check_array(target, path, "label", (3, side, side), "iu")
        return CutSeries(str(tile.path), image, np.array(tile.days, np.int64), relabel(target[0], self.entry))


def load_npy(path: Path) -> np.ndarray:
    """A mapped ``.npy`` file.

    Raises:
        InputError: It is missing, cut short, or holds Python objects.
    """
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path}: not a readable .npy file ({error}); copy it again") from error
    return array
