"""Regions by name: the four simulated ones and the real samples, cut into windows of four sets."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from eelib.data.fetch import data_folder, require, writable
from eelib.data.manifests import manifest
from eelib.data.names import SIMULATED
from eelib.data.splits import SPLITS, block_split
from eelib.data.windows import IGNORE, Ints, Region, Scene, Windows
from eelib.errors import InputError, unknown
from eelib.settings import RegionSizes

REAL = ("brandenburg", "romania")
DATES = {"brandenburg": 1, "romania": 11}  # usable dates; in Romania those of the poorest year
WINDOWS = {"brandenburg": 96, "romania": 16}  # largest window inside a block of the geographic split
READER_VERSION = 1  # bump when a reader or a split changes pixels
WORLD_SEED = 0


def region_names() -> list[str]:
    """All regions that can be named in a parameter."""
    return [*SIMULATED, *REAL]


def region_title(name: str) -> str:
    """Title for tables and figures."""
    from eelib.data.world import REGIONS

    _check(name)
    return REGIONS[name].title if name in REGIONS else manifest(name).title


def is_simulated(name: str) -> bool:
    """Whether a region's pixels come from the embedded world."""
    _check(name)
    return name in SIMULATED


def region_classes(name: str) -> tuple[str, ...]:
    """Class names of a region."""
    from eelib.data.world import REGIONS

    _check(name)
    return REGIONS[name].classes if name in REGIONS else tuple(item.name for item in manifest(name).classes)


def fingerprint(name: str, sizes: RegionSizes) -> str:
    """Short hash of everything that decides a region's pixels; reads no pixel."""
    from eelib.data.world import REGIONS, VERSION

    _check(name)
    content = f"world {VERSION} {WORLD_SEED} {name}" if name in REGIONS else f"reader {READER_VERSION} {manifest(name).fingerprint}"
    return hashlib.sha256(f"{content} {sizes.model_dump_json()}".encode()).hexdigest()[:16]


def region_dates(name: str, sizes: RegionSizes) -> int:
    """Dates per series that :func:`load_region` gives; known without reading a pixel."""
    _check(name)
    return min(sizes.num_dates, DATES.get(name, sizes.num_dates))


def region_window(name: str, sizes: RegionSizes) -> int:
    """Height and width of the windows that :func:`load_region` gives, pixels."""
    _check(name)
    return min(sizes.window, WINDOWS.get(name, sizes.window))


@functools.lru_cache(maxsize=8)
def load_region(name: str, sizes: RegionSizes) -> Region:
    """Windows of a region in four sets.

    Counts above what a real region has are cut to what it has; nothing is repeated.

    Args:
        name: One of :func:`region_names`.
        sizes: How many windows, how large, how many dates.

    Raises:
        InputError: Unknown region, data not fetched, no labels.
    """
    from eelib.data.world import REGIONS

    _check(name)
    return _simulated(name, sizes) if name in REGIONS else READERS[name](sizes)


def class_shares(windows: Windows, num_classes: int) -> NDArray[np.float64]:
    """Share of each class among labelled pixels, ``(K,)``."""
    if windows.mask is None:
        raise InputError("these windows have no labels")
    labels = windows.mask[windows.mask != IGNORE]
    shares: NDArray[np.float64] = np.bincount(labels, minlength=num_classes) / max(1, labels.size)
    return shares


def _check(name: str) -> None:
    if name not in region_names():
        raise unknown("region", name, region_names())


def _simulated(name: str, sizes: RegionSizes) -> Region:
    """Every index of the world is a place of its own, so disjoint index ranges are splits without neighbours."""
    from eelib.data.world import BANDS, REGIONS

    parts, first = [], 0
    for count in (sizes.unlabelled, sizes.train, sizes.validation, sizes.test):
        # Ranges are spaced so widely that another size never moves a window from one set into another.
        parts.append(_cached_world(name, first, count, sizes))
        first += 1_000_000
    unlabelled, train, validation, test = parts
    spec = REGIONS[name]
    return Region(name, spec.title, spec.classes, BANDS, unlabelled.without_labels(), train, validation, test, True, "simulated")


def _cached_world(name: str, first: int, count: int, sizes: RegionSizes) -> Windows:
    """Simulated windows, read from a memory-mapped file where they were made before."""
    from eelib.data.world import VERSION, simulate_windows

    key = f"{name}-v{VERSION}-{WORLD_SEED}-{first}-{count}-{sizes.window}px-{sizes.num_dates}d"
    folder = data_folder() / "world" / key
    arrays = ("image", "dates", "place", "mask", "origin")
    try:
        image, dates, place, mask, origin = (np.load(folder / f"{part}.npy", mmap_mode="r") for part in arrays)
        return Windows(image, np.array(dates), np.array(place), np.array(mask), np.array(origin))
    except (OSError, ValueError):  # absent or damaged: make it again
        windows: Windows = simulate_windows(name, WORLD_SEED, range(first, first + count), size=sizes.window, num_dates=sizes.num_dates)
    with writable(folder):
        for part in arrays:
            partial = folder / f".{part}-{os.getpid()}.npy"
            np.save(partial, getattr(windows, part))
            partial.replace(folder / f"{part}.npy")
    return windows


def _brandenburg(sizes: RegionSizes) -> Region:
    from eelib.data.brandenburg import load_scene

    return real_region("brandenburg", [load_scene(require("brandenburg"))], sizes, block=128, margin=16)


def _romania(sizes: RegionSizes) -> Region:
    from eelib.data.romania import load_scenes

    return real_region("romania", load_scenes(require("romania")), sizes, block=20, margin=2)


READERS: dict[str, Callable[[RegionSizes], Region]] = {"brandenburg": _brandenburg, "romania": _romania}


def real_region(name: str, scenes: list[Scene], sizes: RegionSizes, *, block: int, margin: int) -> Region:
    """Cut scenes of one area into the four sets.

    Args:
        name: Name of a manifest.
        scenes: Scenes of the same ground (for example one per year) with the same label; a place is in one split in all of them.
        sizes: Most windows per set, and dates per series.
        block: Side of a block of the geographic split, pixels.
        margin: Pixels between windows and block edges.
    """
    dates, window = region_dates(name, sizes), region_window(name, sizes)
    entry, label = manifest(name), scenes[0].label
    if label is None:
        raise InputError(f"{name}: the scenes have no label raster")
    layout = block_split(label, block=block, window=window, margin=margin, num_classes=len(entry.classes))
    dense = block_split(label, block=block, window=window, margin=margin, num_classes=len(entry.classes), stride=window // 2)
    labelled = {split: _cut(scenes, *layout[split], window, dates).take_labelled() for split in layout}
    unlabelled = _some(_cut(scenes, *dense["train"], window, dates), sizes.unlabelled).without_labels()
    train, validation, test = (_some(labelled[split], getattr(sizes, split)) for split in SPLITS)
    classes = tuple(item.name for item in entry.classes)
    return Region(name, entry.title, classes, entry.bands, unlabelled, train, validation, test, False, entry.attribution)


def _cut(scenes: list[Scene], origins: Ints, places: Ints, window: int, num_dates: int) -> Windows:
    """Windows at the given corners of every scene; dates are spread evenly over a scene's dates."""
    image, dates, mask = [], [], []
    for scene in scenes:
        when = np.linspace(0, len(scene.day_of_year) - 1, num_dates).round().astype(int)
        for row, column in origins:
            where = np.s_[row : row + window, column : column + window]
            image.append(scene.image[(..., *where)][when])
            dates.append(scene.day_of_year[when])
            mask.append(scene.label[where] if scene.label is not None else np.full((window, window), IGNORE))
    count = len(scenes)
    return Windows(np.stack(image), np.stack(dates), np.tile(places, count), np.stack(mask), np.tile(origins, (count, 1)))


def _some(windows: Windows, most: int) -> Windows:
    """At most so many windows in a fixed random order, so that the first n are a fair sample for every n."""
    return windows.take(np.random.default_rng(0).permutation(len(windows))[:most])
