"""Crop types in Ghana and South Sudan: series of smallholder fields as ``.npz`` files (Rustowicz 2019, SustainBench)."""

from __future__ import annotations

import csv
import datetime
import json
import zipfile
from pathlib import Path

import numpy as np

from eelib.data.gather import CutSeries
from eelib.data.sources.tiles import Tile, TileSource, check_array, relabel
from eelib.data.windows import Ints
from eelib.errors import InputError

PARTITIONS = {"0": "train", "1": "validation", "2": "test"}


class SustainBenchSource(TileSource):
    """Tiles of 64 pixels; every tile is a place. Sentinel-2 alone is read, not Sentinel-1 or Planet."""

    @property
    def country(self) -> str:
        """The name in folders and files, for example ``ghana``."""
        return self.entry.name.partition("_")[0]

    def tiles(self, folder: Path) -> dict[str, list[Tile]]:
        """By the published partition: 0 train, 1 validation, 2 test."""
        parts: dict[str, list[Tile]] = {split: [] for split in PARTITIONS.values()}
        for number, split in read_partition(folder / "list_eval_partition.csv"):
            parts[split].append(Tile(folder / "npy" / f"{self.country}_{number:06d}.npz", number))
        return parts

    def read(self, tile: Tile) -> CutSeries:
        """Stored as ``(band, row, column, date)``; dates without a single positive pixel are no observations."""
        number, side = f"{tile.place:06d}", self.entry.tile
        folder = tile.path.parents[1]
        stored = load_npz(tile.path, "s2")
        check_array(stored, tile.path, "array 's2'", (None, side, side, None))
        if stored.shape[0] < len(self.bands):
            raise InputError(f"{tile.path}: the array 's2' has {stored.shape[0]} bands, {len(self.bands)} are needed")
        image = stored[: len(self.bands)].transpose(3, 0, 1, 2)
        days = read_days(folder / "s2" / f"s2_{self.country}_{number}.json")
        if len(days) != len(image):
            raise InputError(f"{tile.path}: {len(image)} dates in the image but {len(days)} in its list of dates")
        path = folder / "truth" / f"{self.country}_{number}.npz"
        truth = load_npz(path, "truth")
        check_array(truth, path, "label", (side, side))
        seen = (image > 0).any((1, 2, 3))
        if not seen.any():
            raise InputError(f"{tile.path}: every pixel of every date is 0; copy the file again")
        return CutSeries(str(tile.path), image[seen], days[seen], relabel(truth, self.entry))


def read_partition(path: Path) -> list[tuple[int, str]]:
    """Tile number and split of every row of ``list_eval_partition.csv``, by number.

    Raises:
        InputError: The list is missing or holds something else.
    """
    try:
        with path.open(newline="") as stream:
            return sorted((int(row["id"]), PARTITIONS[row["partition"].partition(".")[0]]) for row in csv.DictReader(stream))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not the list of tiles with the columns 'id' and 'partition' ({error!r}); copy the file again") from error


def read_days(path: Path) -> Ints:
    """Day of year of each date of ``{"dates": ["2016-01-15", ...]}``.

    Raises:
        InputError: The file is missing or holds something else.
    """
    try:
        dates = json.loads(path.read_text(encoding="utf-8"))["dates"]
        return np.array([datetime.date.fromisoformat(date).timetuple().tm_yday for date in dates], np.int64)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a list of dates ({error!r}); copy the file again") from error


def load_npz(path: Path, name: str) -> np.ndarray:
    """One array of an ``.npz`` file.

    Raises:
        InputError: The file is missing or cut short, or holds no such array of numbers.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            array: np.ndarray = stored[name]
            return array
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        remedy = "copy the file again, or delete its row from list_eval_partition.csv"
        raise InputError(f"{path}: no readable array '{name}' ({error}); {remedy}") from error
