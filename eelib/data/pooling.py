"""Unlabelled windows of several regions as one set, of the same size in all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eelib.data.windows import Ints, Region, Windows
from eelib.errors import InputError


def pooled(regions: list[Region], parts: list[Windows], total: int) -> tuple[Windows, Ints]:
    """Equally many windows of every region, evenly spread over those it has; all cut to the fewest dates and the smallest window.

    Args:
        regions: Where the windows are from; only their names and bands are read.
        parts: Windows of each region, without labels.
        total: Windows in all; regions that have too few give what they have.

    Returns:
        The windows, and the number of the region of each.

    Raises:
        InputError: Regions differ in their bands.
    """
    for region in regions[1:]:
        if region.bands != regions[0].bands:
            raise InputError(
                f"regions {regions[0].name} and {region.name} have different bands ({', '.join(regions[0].bands)} against "
                f"{', '.join(region.bands)}): pool regions with the same bands, or choose common ones with sizes.bands"
            )
    shares = [total // len(parts) + (number < total % len(parts)) for number in range(len(parts))]
    length, size = (min(part.image.shape[axis] for part in parts) for axis in (1, 3))
    cuts = [_cut(part, min(share, len(part)), length, size) for part, share in zip(parts, shares, strict=True)]
    image, dates, place, origin = (np.concatenate([getattr(cut, name) for cut in cuts]) for name in ("image", "dates", "place", "origin"))
    return Windows(image, dates, place, None, origin), np.repeat(np.arange(len(cuts)), [len(cut) for cut in cuts])


def _cut(windows: Windows, count: int, length: int, size: int) -> Windows:
    """Evenly spread windows and dates, and the top-left corner of each window."""
    some = windows.take(_spread(len(windows), count))
    when = _spread(some.image.shape[1], length)
    return replace(some, image=some.image[:, when, :, :size, :size], dates=some.dates[:, when], mask=None)


def _spread(length: int, count: int) -> Ints:
    return np.arange(count) * length // max(count, 1)
