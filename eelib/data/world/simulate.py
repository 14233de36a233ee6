"""From ``(region, seed, index)`` to one labelled image series."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from eelib.data.windows import IGNORE, Floats, Scene, Windows
from eelib.data.world.layout import draw_layout, smooth_noise
from eelib.data.world.observation import draw_dates, monthly, observe, spread_points
from eelib.data.world.regions import REGIONS, Difficulty
from eelib.data.world.spectra import BANDS
from eelib.data.world.surface import parcel_reflectance
from eelib.errors import InputError, unknown

VERSION = 1  # bump whenever a pixel changes
YEAR = 2020


def simulate(region: str, seed: int, index: int, *, size: int = 32, num_dates: int = 12, difficulty: Difficulty = Difficulty()) -> Scene:  # noqa: B008 - frozen
    """One place of a region as a scene.

    Args:
        region: A key of :data:`REGIONS`.
        seed: Which world.
        index: Which place; every index is a place of its own, far from all others.
        size: Height and width, even, pixels of 10 m.
        num_dates: Dates in the year, at most 180.
        difficulty: How hard the observation and the landscape are.

    Returns:
        A scene with label (roads are -1) and clear mask.

    Raises:
        InputError: Unknown region, or a size or number of dates that cannot be simulated.
    """
    if region not in REGIONS:
        raise unknown("region", region, REGIONS)
    if size < 8 or size % 2:
        raise InputError(f"size={size}: a simulated window has an even side of at least 8 pixels")
    if not 1 <= num_dates <= 180:
        raise InputError(f"num_dates={num_dates}: a simulated year has 1 to 180 dates")
    style = REGIONS[region]
    rng = np.random.default_rng([zlib.crc32(region.encode()), seed, index])
    layout = draw_layout(style, size, rng)
    days, share = draw_dates(style, num_dates, difficulty, rng)
    moisture = (monthly(style.rain, days) + 0.2 * rng.standard_normal(num_dates)).clip(0, 1).astype(np.float32)
    value, slope = parcel_reflectance(style, layout.cover, days.astype(np.float32), moisture, difficulty, rng)
    image, clear = observe(spread_points(_paint(layout.parcel, value, slope, difficulty, rng), difficulty.blur), share, difficulty, rng)
    label = np.where(layout.road, IGNORE, layout.cover[layout.parcel])
    return Scene(f"{region} {seed}/{index}", image, days, np.full(num_dates, YEAR), BANDS, label, clear)


def _paint(parcel: np.ndarray, value: Floats, slope: Floats, difficulty: Difficulty, rng: np.random.Generator) -> Floats:
    """Reflectance ``(T, 10, H, W)``: each pixel has its parcel's value, changed along the parcel's slope by growth within the field."""
    size = parcel.shape[0]
    growth = smooth_noise(size, 9, rng) + 0.5 * rng.standard_normal((size, size), np.float32)
    flat = parcel.ravel()
    image = value.transpose(0, 2, 1)[..., flat]
    image += slope.transpose(0, 2, 1)[..., flat] * (difficulty.texture * growth.ravel())
    np.maximum(image, 1e-3, out=image)
    painted: Floats = image.reshape(*image.shape[:2], size, size)
    return painted


def simulate_windows(
    region: str,
    seed: int,
    indices: Sequence[int],
    *,
    size: int = 32,
    num_dates: int = 12,
    difficulty: Difficulty = Difficulty(),  # noqa: B008 - frozen
) -> Windows:
    """Many places as windows; row n is bit for bit ``simulate(region, seed, indices[n])``, and ``place`` is the index."""
    image = np.empty((len(indices), num_dates, len(BANDS), size, size), np.float32)
    dates = np.empty((len(indices), num_dates), np.int64)
    mask = np.empty((len(indices), size, size), np.int64)
    for row, index in enumerate(indices):
        scene = simulate(region, seed, index, size=size, num_dates=num_dates, difficulty=difficulty)
        image[row], dates[row], mask[row] = scene.image, scene.day_of_year, scene.label  # type: ignore[assignment]
    return Windows(image, dates, np.asarray(indices, np.int64), mask, np.zeros((len(indices), 2), np.int64))
