"""From ``(region, seed, index)`` to one labelled image series."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from eelib.data.windows import Scene, Windows
from eelib.data.world.layout import draw_layout
from eelib.data.world.observation import draw_dates, draw_sky, monthly, observe
from eelib.data.world.regions import REGIONS, Difficulty
from eelib.data.world.spectra import BANDS
from eelib.data.world.surface import paint_ground
from eelib.errors import InputError, unknown

VERSION = 2  # bump whenever a pixel changes
YEAR = 2020
MOST_DATES = 180
NEVER_FILLED = 16  # dates that every place has under the usual clouds without one that a catalogue query refuses


def sky_revision(cloud: float, num_dates: int) -> str:
    """What follows :data:`VERSION` in the identity of windows: bumped where only skies with other clouds or many dates changed.

    Args:
        cloud: Factor on the odds of cloud.
        num_dates: Per series.

    Returns:
        Empty for cloudless windows and for those of usual clouds on few dates, which no revision touched.
    """
    return "" if cloud == 0 or (cloud == 1 and num_dates <= NEVER_FILLED) else ".1"


def simulate(region: str, seed: int, index: int, *, size: int = 32, num_dates: int = 12, difficulty: Difficulty = Difficulty()) -> Scene:  # noqa: B008 - frozen
    """One place of a region as a scene.

    The map depends on region, seed, index and size only, so the same place can be seen under another difficulty or on other dates.

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
        InputError: Unknown region, or a size, number of dates, seed or index that cannot be simulated.
    """
    if region not in REGIONS:
        raise unknown("region", region, REGIONS)
    if size < 8 or size % 2:
        raise InputError(f"size={size}: a simulated window has an even side of at least 8 pixels")
    if not 1 <= num_dates <= MOST_DATES:
        raise InputError(f"num_dates={num_dates}: a simulated year has 1 to {MOST_DATES} dates")
    if seed < 0 or index < 0:
        raise InputError(f"seed={seed}, index={index}: both count from 0")
    style = REGIONS[region]
    land, growth, sky, sensor = (np.random.default_rng([zlib.crc32(region.encode()), seed, index, part]) for part in range(4))
    layout = draw_layout(style, size, land)
    days, share = draw_dates(style, num_dates, difficulty, sky)
    season = monthly(style.rain, days)
    moisture = np.stack([season, season + 0.2 * sky.standard_normal(num_dates, np.float32)]).clip(0, 1)
    ground = paint_ground(style, layout, days, moisture, difficulty, growth)
    over = draw_sky(style, days, share, size, difficulty, sky)
    image = observe(ground, over, difficulty, sensor)
    return Scene(f"{region} {seed}/{index}", image, days, np.full(num_dates, YEAR), BANDS, layout.label, over.clear)


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
        assert scene.label is not None
        image[row], dates[row], mask[row] = scene.image, scene.day_of_year, scene.label
    return Windows(image, dates, np.asarray(indices, np.int64), mask, np.zeros((len(indices), 2), np.int64))
