"""From scenes to a region: windows inside the blocks of a geographic split."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from eelib.data.splits import SPLITS, block_split
from eelib.data.windows import IGNORE, Ints, Region, Scene, Windows
from eelib.errors import InputError

if TYPE_CHECKING:
    from eelib.data.sources import Source
    from eelib.settings import RegionSizes


def cut_region(source: Source, scenes: list[Scene], sizes: RegionSizes, *, block: int, margin: int, attribution: str) -> Region:
    """Cut scenes of one area into the four sets of a region.

    Args:
        source: Names, classes and bands.
        scenes: Scenes of the same ground (for example one per year) with the same label; a place is in one split in all of them.
        sizes: Most windows per set, window size, dates per series, and which split.
        block: Side of a block of the geographic split, pixels.
        margin: Pixels between windows and block edges.
        attribution: Credit line.

    Raises:
        InputError: The scenes have no labels, or the split cannot be made.
    """
    dates = min(sizes.num_dates, source.num_dates or sizes.num_dates)
    window = min(sizes.window, source.window or sizes.window)
    label, num_classes = scenes[0].label, len(source.classes)
    if label is None:
        raise InputError(f"{source.name}: the scenes have no label raster")
    split = functools.partial(block_split, label, block=block, window=window, margin=margin, seed=sizes.split, num_classes=num_classes)
    layout, dense = split(), split(stride=window // 2)
    labelled = {name: cut_windows(scenes, *layout[name], window, dates).take_labelled() for name in layout}
    unlabelled = some(cut_windows(scenes, *dense["train"], window, dates), sizes.unlabelled).without_labels()
    train, validation, test = (some(labelled[name], getattr(sizes, name)) for name in SPLITS)
    return Region(source.name, source.title, source.classes, source.bands, unlabelled, train, validation, test, False, attribution)


def cut_windows(scenes: list[Scene], origins: Ints, places: Ints, window: int, num_dates: int) -> Windows:
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


def some(windows: Windows, most: int) -> Windows:
    """At most so many windows in a fixed random order, so that the first n are a fair sample for every n."""
    return windows.take(np.random.default_rng(0).permutation(len(windows))[:most])
