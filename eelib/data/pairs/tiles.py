"""Tiles of label and image as pairs: what simulated and real segmented regions have in common."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from eelib.data.pairs.captions import caption
from eelib.data.pairs.facts import TEMPERATE, TileFacts
from eelib.data.pairs.settings import PairSizes
from eelib.data.windows import Floats
from eelib.errors import unknown

RGB = ("B04", "B03", "B02")
VISIBLE = 0.3  # reflectance that is shown as 1 in visible bands, as in a true-colour picture
INFRARED = 0.6  # and in all others
WET_FROM = 0.5  # soil moisture from which a month counts as rainy


def pair_bands(bands: tuple[str, ...], sizes: PairSizes, name: str) -> tuple[str, ...]:
    """The channels that the sizes ask for.

    Raises:
        InputError: A band that the region lacks.
    """
    wanted = RGB if sizes.bands == "rgb" else sizes.bands
    for band in wanted:
        if band not in bands:
            raise unknown(f"band of region {name}", band, bands)
    return wanted


def brightness(image: Floats, bands: Sequence[str]) -> Floats:
    """Reflectance ``(..., C, H, W)`` to 0..1 on the fixed scale of its band, so that colours mean the same in every image."""
    return np.asarray((image / white_level(bands)[:, None, None]).clip(0, 1), np.float32)


def white_level(bands: Sequence[str]) -> Floats:
    """``(C,)`` reflectance that is shown as 1."""
    return np.array([VISIBLE if band in RGB else INFRARED for band in bands], np.float32)


def vegetation_index(image: Floats, bands: tuple[str, ...]) -> Floats | None:
    """NDVI ``(H, W)`` of an image ``(C, H, W)``; None without red and near infrared."""
    if "B08" not in bands or "B04" not in bands:
        return None
    infrared, red = image[bands.index("B08")], image[bands.index("B04")]
    return np.asarray((infrared - red) / np.maximum(infrared + red, 1e-3), np.float32)


def season_names(region: str) -> tuple[str, ...] | None:
    """Seasons by month of the regions that the study knows; None elsewhere."""
    from eelib.data.world import REGIONS

    if region in REGIONS and REGIONS[region].continent == "Africa":
        return tuple("rainy season" if wet >= WET_FROM else "dry season" for wet in REGIONS[region].rain)
    return TEMPERATE if region in (*REGIONS, "brandenburg", "romania") else None


def write_captions(name: str, facts: Sequence[TileFacts], places: Sequence[int], seed: int) -> tuple[str, ...]:
    """A caption per tile; that of a place depends on name, seed and place alone."""
    word = zlib.crc32(name.encode())
    return tuple(caption(each, np.random.default_rng([word, seed, int(at)])) for each, at in zip(facts, places, strict=True))
