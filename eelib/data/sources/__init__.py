"""Where regions come from: the simulated world, the real samples, and manifests of every other kind, behind one small interface."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eelib.data.freshness import Files, kept
from eelib.data.names import SIMULATED
from eelib.errors import unknown

if TYPE_CHECKING:
    from eelib.data.manifest_base import Manifest
    from eelib.data.windows import Region
    from eelib.settings import RegionSizes


class Source(Protocol):
    """One region before it is cut into windows. Everything but :meth:`load` is known without reading a pixel.

    Attributes:
        name: The name used in parameters: a built-in one, or the path of a manifest.
        title: For tables and figures.
        classes: Class names; empty where there are no labels.
        colors: A hex colour per class.
        bands: Band names in channel order.
        num_dates: Most dates per series; None: as many as asked for.
        window: Largest window that fits a block of the geographic split, pixels; None: any.
        simulated: Whether the pixels come from the embedded world.
        resplit: Whether each seed has its own geographic split, because the region is so small that one split's test blocks say little.
        dated: Whether the days of its windows are those of the images; where they are made up, no month may be said.
        splits: How many official splits there are; ``sizes.split`` counts them from 0.
        files: Where the data are a user's own, all files that decide them.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    colors: tuple[str, ...]
    bands: tuple[str, ...]
    num_dates: int | None
    window: int | None
    simulated: bool
    resplit: bool
    dated: bool
    splits: int
    files: tuple[Files, ...]

    def fingerprint(self) -> str:
        """Text that changes whenever a pixel or label could."""
        ...

    def load(self, sizes: RegionSizes) -> Region:
        """Windows in four sets, with all bands."""
        ...


MANIFEST = (".yaml", ".yml")

# Kind of manifest: module and function that turns a manifest into a source.
READERS = {
    "sample": "eelib.data.sources.samples:sample_source",
    "dataset": "eelib.data.sources.datasets:dataset_source",
    "raster-folder": "eelib.data.sources.raster_folder:raster_folder_source",
    "scene-series": "eelib.data.sources.scene_series:scene_series_source",
    "torchgeo": "eelib.data.sources.torchgeo_samples:torchgeo_source",
}


def absolute(name: str) -> str:
    """A manifest's path made absolute, so that it means the same in a notebook's kernel and in workers; other names as they are."""
    return str(Path(name).expanduser().resolve()) if name.endswith(MANIFEST) else name


def source(name: str) -> Source:
    """The source of a region; that of a user's own data is made anew when a file of theirs has changed.

    Args:
        name: A simulated region, a manifest in ``data_manifests/``, or the path of a manifest file.

    Raises:
        InputError: Unknown name, with the nearest that exists, or the manifest is not valid.
    """
    path = Path(name)
    return _source(name, path.stat().st_mtime_ns if name.endswith(MANIFEST) and path.is_file() else 0)


@kept(64)
def _source(name: str, changed: int) -> Source:
    """The source, made anew when a manifest file was edited."""
    if name in SIMULATED:
        from eelib.data.sources.simulated import SimulatedSource

        return SimulatedSource(name)
    return _from_manifest(_manifest(name), name)


def region_names() -> list[str]:
    """All built-in regions; a path to a manifest is a region as well."""
    from eelib.data.manifests import manifest, manifest_names

    return [*SIMULATED, *(name for name in manifest_names() if manifest(name).kind in READERS)]


def _manifest(name: str) -> Manifest:
    from eelib.data.manifests import load_manifest, manifest

    if name.endswith(MANIFEST):
        return load_manifest(Path(name))
    if name not in region_names():
        raise unknown("region", name, region_names())
    return manifest(name)


def _from_manifest(entry: Manifest, name: str) -> Source:
    if entry.kind not in READERS:
        raise unknown("kind of region", entry.kind, READERS)
    module, function = READERS[entry.kind].split(":")
    made: Source = getattr(importlib.import_module(module), function)(entry, name)
    return made
