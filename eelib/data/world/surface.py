"""Reflectance of the ground before the atmosphere and the sensor: every parcel on every date, then every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eelib.data.windows import Floats, Ints
from eelib.data.world.layout import Layout
from eelib.data.world.phenology import Calendar, Fractions, class_table, draw_calendar, ground_cover
from eelib.data.world.rasters import Generator, rough_noise
from eelib.data.world.regions import Difficulty, RegionStyle
from eelib.data.world.spectra import end_members

# Wet soil is darker, most so where water absorbs: reflectance of saturated over dry soil (after Lobell & Asner 2002).
SATURATED = np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.38, 0.33], np.float32)
GLINT = 0.006  # reflectance of the sky in water, the same in all bands


@dataclass(frozen=True)
class Painted:
    """Parcels on every date, ``(T, 10, P)``: reflectance ``value``, its changes with leaf area ``by_leaf`` and bare ground ``by_soil``."""

    value: Floats
    by_leaf: Floats
    by_soil: Floats


def paint_ground(style: RegionStyle, layout: Layout, days: Ints, moisture: Floats, difficulty: Difficulty, rng: Generator) -> Floats:
    """Surface reflectance ``(T, 10, H, W)``.

    Args:
        style: The landscape.
        layout: The map.
        days: ``(T,)`` days of the year.
        moisture: ``(2, T)`` soil moisture, 0 to 1: of the season, and of the day.
        difficulty: Spreads of timing, vigour, spectra and texture.
        rng: Source of draws.
    """
    size = len(layout.parcel)
    calendar = draw_calendar(style, layout.cover, layout.middle, size, difficulty, rng)
    painted = paint_parcels(style, layout.cover, calendar, days, moisture, difficulty, rng)
    leaf, soil = rough_noise(size, (10, 4, 1.5), rng, 2)
    flat = layout.parcel.ravel()
    image = painted.value.take(flat, -1)
    for change, texture in ((painted.by_leaf, leaf), (painted.by_soil, 0.5 * soil)):
        part = change.take(flat, -1)
        part *= np.float32(difficulty.texture) * texture.ravel()
        image += part
    covered = np.flatnonzero(layout.share.ravel())
    over, share = layout.over.ravel()[covered], layout.share.ravel()[covered]
    image[..., covered] += share * (painted.value[..., over] - image[..., covered])
    return np.maximum(image, 1e-3, out=image).reshape(*image.shape[:2], size, size)


def paint_parcels(
    style: RegionStyle, cover: Ints, calendar: Calendar, days: Ints, moisture: Floats, difficulty: Difficulty, rng: Generator
) -> Painted:
    """Mix ground, leaves, dry matter, ash and petals of every parcel on every date, linearly by area."""
    table = class_table(style)
    parts = ground_cover(calendar, days, moisture[0])
    count = len(cover)
    ground = _ground(style, cover, moisture[1], rng)
    if table["flooded"].any():
        since = days[:, None] - calendar.green + 40
        flood = table["flooded"][cover] * rng.uniform(0.2, 0.8, count) * ((since > 0) & (since < 60))
        ground += flood.astype(np.float32)[:, None] * (_water(1, rng)[0, :, None] + GLINT - ground)
    leaf = _canopies(table["canopy"][cover], table["trees"][cover] > 0, difficulty.spread, rng)
    straw = _mixed(end_members("straw"), count, rng)
    ash = _mixed(end_members("char"), count, rng)
    shade = np.where(table["trees"][cover] > 0, rng.uniform(0.55, 0.8, count), 1).astype(np.float32)  # trees shade each other
    bare = 1 - parts.green - parts.dry - parts.burnt
    leaf = leaf + _bloom(parts, calendar, days)[:, None] * (end_members("petal").T - leaf)
    green, dry, burnt, growth = (part.astype(np.float32)[:, None] for part in (parts.green, parts.dry, parts.burnt, parts.growth))
    by_soil = bare.astype(np.float32)[:, None] * ground * shade
    value = by_soil + shade * (green * leaf + dry * straw + burnt * ash)
    is_water = table["water"][cover] > 0
    by_soil[..., is_water] = 0
    return Painted(value, growth * shade * (leaf - ground), by_soil)


def _bloom(parts: Fractions, calendar: Calendar, days: Ints) -> Floats:
    """Share of the leaves hidden by petals, ``(T, P)``; a field blooms for about three weeks."""
    share = 0.45 * np.exp(-(((days[:, None] - calendar.flower) / 11) ** 2))
    return np.where(parts.green > 0.2, share, 0).astype(np.float32)


def _ground(style: RegionStyle, cover: Ints, moisture: Floats, rng: Generator) -> Floats:
    """What lies under the plants, ``(T, 10, P)``: soil, litter, roofs and streets, water, road."""
    table, count = class_table(style), len(cover)
    # The library's soils were dried and sieved. In the field clods cast shadows; about 0.55 to 0.85 of the brightness is left.
    soil = _mixed(end_members(style.soil), count, rng) * np.float32(rng.uniform(0.6, 0.8)) * rng.uniform(0.9, 1.1, count).astype(np.float32)
    wet = (moisture[:, None] + 0.08 * rng.standard_normal(count)).clip(0, 1).astype(np.float32)[:, None]
    ground = soil * (1 - wet * (1 - SATURATED[:, None]))
    dry_kinds = (
        (table["trees"], 0.5 * _mixed(end_members("bark", "straw"), count, rng) + 0.3 * soil),
        (table["built"], _mixed(end_members(*style.roofs), count, rng, main=0.0)),
        (np.eye(1, len(style.covers) + 1, len(style.covers), dtype=np.float32)[0], _mixed(end_members("road", "dirt"), count, rng)),
    )
    for chosen, spectra in dry_kinds:
        rows = chosen[cover] > 0
        ground[..., rows] = spectra[:, rows]
    rows = table["water"][cover] > 0
    ground[..., rows] = _water(len(moisture), rng)[..., None] + GLINT
    return ground


def _water(count: int, rng: Generator) -> Floats:
    """Spectra ``(count, 10)`` of one water body, whose turbidity wanders around its own mean."""
    table = end_members("water")
    at = (rng.uniform(0, len(table) - 1) + 0.7 * rng.standard_normal(count)).clip(0, len(table) - 1.001)
    low = at.astype(int)
    weight = (at - low).astype(np.float32)[:, None]
    return np.asarray((1 - weight) * table[low] + weight * table[low + 1])


def _mixed(table: Floats, count: int, rng: Generator, main: float = 0.6) -> Floats:
    """Spectra ``(10, count)`` that share a main component, because the soil of a place is mostly one soil."""
    share = main + (1 - main) * rng.random(count, np.float32) * (main > 0)
    one, other = table[rng.integers(len(table))], table[rng.integers(len(table), size=count)]
    return np.asarray(share * one[:, None] + (1 - share) * other.T, np.float32)


def _canopies(typical: Floats, tree: np.ndarray, spread: float, rng: Generator) -> Floats:
    """A leaf canopy per parcel, ``(10, P)``, drawn around the class's typical near-infrared brightness."""
    rank = (typical + spread * rng.standard_normal(len(typical))).clip(0, 1)
    crops, trees = end_members("canopy"), end_members("foliage")
    chosen = [table[(rank * (len(table) - 1)).round().astype(int)] for table in (crops, trees)]
    return np.asarray(np.where(tree[:, None], chosen[1], chosen[0]).T, np.float32)
