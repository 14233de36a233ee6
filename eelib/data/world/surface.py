"""Reflectance of every parcel on every date: phenology mixes soil, green and dry matter."""

from __future__ import annotations

import numpy as np

from eelib.data.windows import Floats, Ints
from eelib.data.world.regions import Cover, Difficulty, RegionStyle
from eelib.data.world.spectra import end_members

STRAW_DAYS = 35.0  # time scale on which dry matter is grazed, ploughed in or decays


def _sigmoid(x: Floats) -> Floats:
    value: Floats = 0.5 + 0.5 * np.tanh(0.5 * x)  # the same function, without overflow
    return value


def cover_fractions(cover: Cover, days: Floats, shift: Floats, vigour: Floats) -> tuple[Floats, Floats]:
    """Green and dry cover of parcels of one class.

    Each cycle is a double logistic: up at ``start``, down at ``end``. Part of what is lost stands dry and decays.

    Args:
        cover: The class.
        days: ``(T,)`` day of year.
        shift: ``(P,)`` days by which a parcel is late.
        vigour: ``(P,)`` factor on the cover.

    Returns:
        ``(T, P)`` green and dry fractions, in sum at most 1.
    """
    green = np.full((len(days), len(shift)), cover.base, np.float32)
    dry = np.zeros_like(green)
    # A cycle repeats every year: winter crops start in the year before, and the straw of the last harvest may still stand in January.
    late = days[:, None] - shift + np.array([-365, 0, 365], np.float32)[:, None, None]
    for cycle in cover.cycles:
        since_end = late - cycle.end
        down = _sigmoid(since_end / cycle.fall)
        green += cycle.cover * (_sigmoid((late - cycle.start) / cycle.rise) - down).clip(0).sum(0)
        dry += cycle.cover * cycle.straw * (down * np.exp(-np.maximum(since_end, 0) / STRAW_DAYS)).sum(0)
    green = np.minimum(green * vigour, 0.98)
    return green, np.minimum(dry * vigour, 1 - green)


def parcel_reflectance(
    style: RegionStyle, cover: Ints, days: Floats, moisture: Floats, difficulty: Difficulty, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Reflectance of each parcel and its change with vigour.

    Args:
        style: The landscape.
        cover: ``(P,)`` class id per parcel.
        days: ``(T,)`` day of year.
        moisture: ``(T,)`` soil moisture, 0 to 1.
        difficulty: Spreads of timing, vigour and spectra.
        rng: Source of draws.

    Returns:
        ``(T, P, 10)`` reflectance, and ``(T, P, 10)`` its derivative with respect to a relative change of green cover.
    """
    count = len(cover)
    shift = np.float32(difficulty.season * rng.standard_normal()) + np.float32(difficulty.timing) * rng.standard_normal(count, np.float32)
    vigour = (1 + np.float32(difficulty.vigour) * rng.standard_normal(count, np.float32)).clip(0.3, 1.5)
    soils, dry_matter = end_members(style.soil), end_members("dry")
    ground = _mixed(soils, int(rng.integers(len(soils))), count, rng)
    straw = _mixed(dry_matter, int(rng.integers(len(dry_matter))), count, rng)
    canopy = _canopies(style, cover, difficulty.spread, rng)
    # Wet soil is darker: about half as bright when saturated (Lobell and Asner 2002); field roughness shades it further.
    wet = (1 - 0.5 * moisture)[:, None, None] * ground * rng.uniform(0.6, 0.95, (count, 1)).astype(np.float32)
    value = np.empty((len(days), count, len(soils[0])), np.float32)
    slope = np.zeros_like(value)
    for position, item in enumerate(style.covers):
        rows = np.flatnonzero(cover == position)
        if item.kind in ("water", "built"):
            table = end_members(item.kind)
            value[:, rows] = table[rng.integers(len(table), size=len(rows))]
        elif len(rows):
            green, dry = (part[..., None] for part in cover_fractions(item, days, shift[rows], vigour[rows]))
            bare = (1 - green - dry) * wet[:, rows] + dry * straw[rows]
            value[:, rows] = bare + green * canopy[rows]
            slope[:, rows] = green * (canopy[rows] - wet[:, rows])
    return value, slope


def _mixed(table: Floats, main: int, count: int, rng: np.random.Generator) -> Floats:
    """Spectra ``(count, 10)`` that share one main component, because the soil of a place is mostly one soil."""
    other = table[rng.integers(len(table), size=count)]
    weight = rng.uniform(0, 0.5, (count, 1)).astype(np.float32)
    mixed: Floats = (1 - weight) * table[main] + weight * other
    return mixed


def _canopies(style: RegionStyle, cover: Ints, spread: float, rng: np.random.Generator) -> Floats:
    """A canopy per parcel, drawn around the class's typical near-infrared brightness."""
    table = end_members("canopy")
    typical = np.array([item.canopy for item in style.covers])[cover]
    rank = (typical + spread * rng.standard_normal(len(cover))).clip(0, 1)
    drawn: Floats = table[(rank * (len(table) - 1)).round().astype(int)]
    return drawn
