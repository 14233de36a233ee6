"""Regions made of many tiles on disk: only the tiles that the asked windows need are read, and the windows are kept in mapped files."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eelib.data.datasets import Listing, listing, require_dataset
from eelib.data.fetch import data_folder, lock, writable
from eelib.data.freshness import Files
from eelib.data.gather import CutSeries, Request, gather, read_back
from eelib.data.manifests import DatasetManifest
from eelib.data.splits import SPLITS
from eelib.data.windows import IGNORE, Ints, Region, Windows
from eelib.errors import InputError
from eelib.settings import RegionSizes

READER_VERSION = 1  # bump when the choice of windows or any pixel changes


@dataclass(frozen=True)
class Tile:
    """One tile before it is read.

    Attributes:
        path: Its image file.
        place: Number of its place; tiles of one place are never in different splits.
        days: Day of year of each date, where a list outside the tile says so.
    """

    path: Path
    place: int
    days: tuple[int, ...] = ()


class TileSource:
    """A data set of the literature. Subclasses say which tile is in which split and how one is read."""

    simulated = False
    resplit = False
    dated = True
    files: tuple[Files, ...] = ()

    def __init__(self, entry: DatasetManifest, name: str) -> None:
        self.entry, self.name, self.title, self.bands = entry, name, entry.title, entry.bands
        self.classes = tuple(item.name for item in entry.classes)
        self.colors = tuple(item.color for item in entry.classes)
        self.num_dates: int | None = entry.num_dates
        self.window: int | None = entry.tile // 4 * 4
        self.splits = 1
        self._listings: dict[Path, Listing] = {}

    def fingerprint(self) -> str:
        """Version of the reader, what the manifest decides, and names and sizes of the files.

        Raises:
            InputError: The data set is not there, so that a study stops before it computes anything.
        """
        return f"tiles {READER_VERSION} {self.entry.fingerprint} {self._listing().digest}"

    def _listing(self) -> Listing:
        """Listed once, because a data set may have many thousand files and every arm asks."""
        folder = require_dataset(self.entry)
        if folder not in self._listings:
            self._listings[folder] = listing(self.entry)
        return self._listings[folder]

    def tiles(self, folder: Path) -> dict[str, list[Tile]]:
        """Tiles per split, in an order that is the same on every machine."""
        raise NotImplementedError

    def tiles_of(self, folder: Path, number: int) -> dict[str, list[Tile]]:
        """Tiles per split of one of the official splits, counted from 0; most data sets have one."""
        return self.tiles(folder)

    def read(self, tile: Tile) -> CutSeries:
        """One tile with all its dates; may be mapped rather than read."""
        raise NotImplementedError

    def load(self, sizes: RegionSizes) -> Region:
        """Windows in the official splits. Counts above what the data set has are cut to what it has; nothing is repeated."""
        number = sizes.split if self.splits > 1 else 0
        tiles = self.tiles_of(require_dataset(self.entry), number)
        self._check_splits(tiles)
        window = min(sizes.window, self.window or sizes.window)
        dates = min(sizes.num_dates, self.num_dates or sizes.num_dates)
        sets = {}
        for part in ("unlabelled", *SPLITS):
            split = "train" if part == "unlabelled" else part
            request = Request(getattr(sizes, part), window, dates, len(self.bands), self.entry.scale, part != "unlabelled")
            sets[part] = self._windows(f"{part}-split{number}" if number else part, tiles[split], request)
        self._check_labels(sets, exhausted=len(sets["train"]) < sizes.train)
        return Region(
            name=self.name,
            title=self.title,
            classes=self.classes,
            bands=self.bands,
            unlabelled=sets["unlabelled"].without_labels(),
            train=sets["train"],
            validation=sets["validation"],
            test=sets["test"],
            simulated=False,
            attribution=self.entry.attribution,
        )

    def _windows(self, part: str, tiles: Sequence[Tile], request: Request) -> Windows:
        """Windows of one set, read from mapped files where they were cut before."""
        key = f"{self.fingerprint()} {self._listing().newest} {part} {request}"
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        target = data_folder() / "windows" / f"{self.entry.name}-{part}-{digest}"
        with writable(target.parent), lock(target.parent / f"{target.name}.lock"):
            if not target.is_dir():
                with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-", ignore_cleanup_errors=True) as partial:
                    gather(Path(partial), [(tile.place, _reader(self.read, tile)) for tile in tiles], request)
                    Path(partial).rename(target)
                    Path(partial).mkdir()  # so that the context manager finds what it wants to remove
        return read_back(target)

    def _check_splits(self, tiles: dict[str, list[Tile]]) -> None:
        places: dict[str, set[int]] = {split: {tile.place for tile in tiles[split]} for split in SPLITS}
        for split in SPLITS:
            if not tiles[split]:
                raise InputError(f"{self.name}: no tile of the split '{split}' is there; run `eelib data verify {self.entry.name}`")
        for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
            if both := places[one] & places[other]:
                raise InputError(f"{self.name}: {len(both)} place(s) are in {one} and in {other}; correct the split lists")

    def _check_labels(self, sets: dict[str, Windows], *, exhausted: bool) -> None:
        """Every set has labels; a class that is scored can be learnt, as far as all training windows were read."""
        for split in SPLITS:
            if not len(sets[split]):
                raise InputError(f"{self.name}: no window of the split '{split}' has a label on 5 % of its pixels; are the labels there?")
        missing = (_present(sets["validation"]) | _present(sets["test"])) - _present(sets["train"])
        if missing and exhausted:
            names = ", ".join(self.classes[k] for k in sorted(missing))
            raise InputError(
                f"{self.name}: no training window shows {names}, which test or validation windows do; get the whole data set, or delete "
                "the class from a copy of the manifest, which ignores its pixels, and give that file as the region"
            )


def _reader(read: Callable[[Tile], CutSeries], tile: Tile) -> Callable[[], CutSeries]:
    return lambda: read(tile)


def _present(windows: Windows) -> set[int]:
    assert windows.mask is not None
    return set(np.unique(windows.mask).tolist()) - {IGNORE}


def relabel(raw: NDArray[np.generic], entry: DatasetManifest) -> Ints:
    """Class positions from the ids of the source; ids that the manifest does not name become -1."""
    label = np.full(raw.shape, IGNORE, np.int64)
    for position, item in enumerate(entry.classes):
        label[raw == item.value] = position
    return label


def check_array(array: NDArray[np.generic], path: Path, what: str, shape: Sequence[int | None], kinds: str = "iuf") -> None:
    """Refuse an array that is not what the format says.

    Args:
        array: What was read.
        path: For the message.
        what: For the message, for example ``"image"``.
        shape: Expected sizes; None where any will do.
        kinds: NumPy's letters of the data types allowed.

    Raises:
        InputError: Another number of dimensions, another size or another type.
    """
    wanted = "x".join("any" if size is None else str(size) for size in shape)
    if array.ndim != len(shape) or any(size not in (None, got) for size, got in zip(shape, array.shape, strict=True)):
        got = "x".join(map(str, array.shape)) or "a single number"
        raise InputError(f"{path}: the {what} has shape {got}, expected {wanted}; this is not the published format")
    if array.dtype.kind not in kinds:
        raise InputError(f"{path}: the {what} has type {array.dtype}, expected numbers; this is not the published format")
