"""A user's manifest as a source of windows; what differs between kinds is only how their plates are made."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eelib.data.fetch import data_folder
from eelib.data.freshness import Files, content_hash
from eelib.data.manifests import manifest_folder
from eelib.data.own.census import Census, automatic_owners, held_out_owners, take_census
from eelib.data.own.cutting import Candidates, Cutter, candidates, dense_candidates
from eelib.data.own.files import sampled_digest
from eelib.data.own.manifests import OwnManifest
from eelib.data.own.places import Layout, declared_owners, lay_out
from eelib.data.own.plates import Plate
from eelib.data.splits import SPLITS
from eelib.data.window_cache import read_windows, write_windows
from eelib.data.windows import Ints, Region, Windows
from eelib.errors import InputError
from eelib.settings import RegionSizes

logger = logging.getLogger(__name__)
VERSION = 2  # bump when the same files would give other windows
COSMETIC = {"title", "description", "attribution", "continent"}  # they decide no pixel and no label


def folder_of(name: str) -> Path:
    """The folder that relative paths of a manifest start from."""
    return Path(name).expanduser().resolve().parent if name.endswith((".yaml", ".yml")) else manifest_folder()


@dataclass(frozen=True)
class Found:
    """What the files of a manifest are.

    Attributes:
        plates: Footprints.
        bands: Band names.
        files: Every file that can change a pixel or label.
        facts: Name and text of what `eelib data check` shows.
        notes: What was left out, and why.
        owners: Split number per plate, where the data have their own split.
        largest: Largest window, where the data limit it.
        dated: Whether the days are those of the images; without, captions name no month.
        reading: What is read in another way than by the plain rule, as part of the fingerprint; nothing for most data.
    """

    plates: tuple[Plate, ...]
    bands: tuple[str, ...]
    files: tuple[Path, ...]
    facts: dict[str, str]
    notes: tuple[str, ...] = ()
    owners: Ints | None = None
    largest: int | None = None
    dated: bool = True
    reading: str = ""


class OwnSource:
    """Data that a user brings.

    Args:
        entry: The manifest.
        name: Its path, or a built-in name.
        found: What its files are.
    """

    simulated = False
    resplit = False
    splits = 1

    def __init__(self, entry: OwnManifest, name: str, found: Found) -> None:
        self.entry, self.name, self.found = entry, name, found
        self.dated = found.dated
        self.title, self.bands = entry.title or entry.name, found.bands
        self.classes = tuple(item.name for item in entry.classes)
        self.colors = entry.colors
        self.num_dates: int | None = min(len(days) for plate in found.plates for days in plate.seasons)
        self.layout: Layout = lay_out(found.plates, entry.split, name)
        self.window: int | None = min(self.layout.window, found.largest or self.layout.window)
        self._lists = tuple(folder_of(name) / path for path in entry.split.files)
        self.files = (Files([*found.files, *(path.parent for path in found.files), *self._lists, Path(name)]),)

    @functools.cached_property
    def _fingerprint(self) -> str:
        content = repr(self.entry.model_dump(exclude=COSMETIC))
        return f"own {VERSION} {content} {sampled_digest(self.found.files, folder_of(self.name))}{self.found.reading}{self._declared()}"

    def _declared(self) -> str:
        """What the table or the lists of the split hold; nothing where there are none."""
        try:
            return "".join(f" {path.name} {content_hash(path)}" for path in self._lists)
        except OSError as error:
            raise InputError(f"{self.name}: {error.filename} cannot be read ({error.strerror}); correct 'split'") from error

    def fingerprint(self) -> str:
        """The manifest's content, that of its lists, and names, sizes and sampled contents of its rasters."""
        return hashlib.sha256(self._fingerprint.encode()).hexdigest()

    def census(self, window: int) -> Census:
        """Labels of every place for windows of a size."""
        return take_census(self.found.plates, self.layout, window, len(self.classes))

    def owners(self, counts: Ints) -> Ints:
        """Split number of every place: as the manifest declares, or so that class shares agree; -1: pre-training only."""
        folder = folder_of(self.name)
        if self.found.owners is not None:
            return np.array([self.found.owners[plate] for plate, _ in self.layout.places])
        if self.entry.split.by in ("pattern", "lists", "table"):
            owner = declared_owners(self.found.plates, self.entry.split, folder, self.name)
            return np.array([owner[plate] for plate, _ in self.layout.places])
        if not self.classes:
            return held_out_owners(len(self.layout.places), self.name)
        return automatic_owners(counts, self.name)

    def candidates(self, census: Census, owner: Ints) -> dict[str, Candidates]:
        """Where labelled windows of each split may be cut."""
        plates, found = self.found.plates, dict[str, Candidates]()
        for number, split in enumerate(SPLITS):
            places = np.flatnonzero(owner == number).tolist()
            found[split] = candidates(plates, self.layout, places, [census.corners[place] for place in places])
            if not len(found[split]):
                raise InputError(f"{self.name}: {split} has no window with 5 % labelled pixels; bring more labels, or change 'split'")
        return found

    def load(self, sizes: RegionSizes) -> Region:
        """Windows in their sets. Counts above what there is are cut to what there is; nothing is repeated."""
        if self.window is not None and self.window < sizes.window:  # no error: sizes do not tell what somebody set from a profile's
            logger.warning("%s: windows are %d px, the largest that fits, not sizes.window=%d", self.name, self.window, sizes.window)
        kept = hashlib.sha256(f"{self.fingerprint()} {sizes.model_dump_json(exclude={'bands', 'cloud'})}".encode()).hexdigest()[:16]
        folder = data_folder() / "own" / f"{self.entry.name}-{kept}"
        names = ("unlabelled", *SPLITS) if self.classes else ("unlabelled", "held_out")
        sets = {name: windows for name in names if (windows := read_windows(folder / name)) is not None}
        if len(sets) < len(names):
            sets = self._labelled(sizes) if self.classes else self._unlabelled(sizes)
            for name, windows in sets.items():
                write_windows(folder / name, windows)
        train, validation, test, held_out = (sets.get(name) for name in (*SPLITS, "held_out"))
        return Region(
            name=self.name,
            title=self.title,
            classes=self.classes,
            bands=self.bands,
            unlabelled=sets["unlabelled"],
            train=train,
            validation=validation,
            test=test,
            simulated=False,
            attribution=self.entry.attribution,
            held_out=held_out,
            files=self.files,
        )

    def cutter(self, sizes: RegionSizes) -> Cutter:
        """Reads windows of the sizes that fit."""
        window, dates = min(sizes.window, self.window or sizes.window), min(sizes.num_dates, self.num_dates or 1)
        return Cutter(self.found.plates, self.layout, window, dates, len(self.bands))

    def _labelled(self, sizes: RegionSizes) -> dict[str, Windows]:
        cutter = self.cutter(sizes)
        census = self.census(cutter.window)
        owner = self.owners(census.counts)
        wanted = self.candidates(census, owner)
        sets = {name: cutter.labelled(found, getattr(sizes, name)) for name, found in wanted.items()}
        for name, windows in sets.items():
            if not len(windows):
                raise InputError(f"{self.name}: no window of {name} has labels where it has data; check 'nodata' and the masks")
        return {"unlabelled": self._for_pretraining(cutter, owner <= 0, sizes.unlabelled), **sets}

    def _unlabelled(self, sizes: RegionSizes) -> dict[str, Windows]:
        cutter, owner = self.cutter(sizes), self.owners(np.zeros((len(self.layout.places), 0), np.int64))
        held_out = self._for_pretraining(cutter, owner == 1, sizes.validation)
        return {"unlabelled": self._for_pretraining(cutter, owner <= 0, sizes.unlabelled), "held_out": held_out}

    def _for_pretraining(self, cutter: Cutter, places: Sequence[bool] | np.ndarray, most: int) -> Windows:
        numbers = np.flatnonzero(places).tolist()
        windows = cutter.unlabelled(dense_candidates(self.found.plates, self.layout, numbers, cutter.window), most)
        if not len(windows):
            raise InputError(f"{self.name}: no window has data in half of its pixels; check 'nodata'")
        return windows
