"""The two real samples as sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from eelib.data.cutting import cut_region
from eelib.data.fetch import require
from eelib.data.freshness import Files
from eelib.data.manifests import SampleManifest
from eelib.data.windows import Region, Scene
from eelib.settings import RegionSizes

READER_VERSION = 2  # bump when a reader or a split changes pixels


@dataclass(frozen=True)
class Reader:
    """How a sample is read and split.

    Attributes:
        num_dates: Usable dates; in Romania those of the poorest year.
        block: Side of a block of the geographic split, pixels.
        margin: Pixels between windows and block edges.
        load: Folder to scenes.
    """

    num_dates: int
    block: int
    margin: int
    load: Callable[[Path], list[Scene]]


def _brandenburg(folder: Path) -> list[Scene]:
    from eelib.data.brandenburg import load_scene

    return [load_scene(folder)]


def _romania(folder: Path) -> list[Scene]:
    from eelib.data.romania import load_scenes

    return load_scenes(folder)


SAMPLES = {
    "brandenburg": Reader(num_dates=1, block=96, margin=16, load=_brandenburg),
    "romania": Reader(num_dates=11, block=20, margin=2, load=_romania),
}


class SampleSource:
    """A sample that `eelib data fetch` brings."""

    simulated = False
    resplit = True
    dated = True
    splits = 1
    files: tuple[Files, ...] = ()

    def __init__(self, entry: SampleManifest, name: str) -> None:
        self.entry, self.reader = entry, SAMPLES[entry.name]
        self.name, self.title, self.bands = name, entry.title, entry.bands
        self.classes = tuple(item.name for item in entry.classes)
        self.colors = tuple(item.color for item in entry.classes)
        self.num_dates: int | None = self.reader.num_dates
        self.window: int | None = self.reader.block - 2 * self.reader.margin

    def fingerprint(self) -> str:
        """Version of the reader, and version and files of the manifest."""
        return f"reader {READER_VERSION} {self.entry.fingerprint}"

    def load(self, sizes: RegionSizes) -> Region:
        """Geographic blocks with a gap. Counts above what the sample has are cut to what it has; nothing is repeated."""
        scenes = self.reader.load(require(self.entry.name))
        return cut_region(self, scenes, sizes, block=self.reader.block, margin=self.reader.margin, attribution=self.entry.attribution)


sample_source = SampleSource
