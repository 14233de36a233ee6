"""From a calendar to ground cover: how much green and how much dry matter covers each parcel on each date."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eelib.data.windows import Floats, Ints
from eelib.data.world.rasters import Generator, smooth_noise
from eelib.data.world.regions import Difficulty, RegionStyle

EXTINCTION = 0.5  # of a canopy with randomly turned leaves seen from above (Monsi & Saeki 1953): cover = 1 - exp(-0.5 * leaf area)
NEVER = 2000.0  # a day far after the year
FIELDS = ("lai", "winter", "green", "rise", "senesce", "fall", "dry", "stubble")


@dataclass(frozen=True)
class Calendar:
    """Numbers per parcel, each ``(P,)`` float32; ``cuts`` is ``(cuts, P)``, ``burns`` ``(2, P)``.

    Days are those of the parcel, with its delay already added. ``annual`` is 1 for harvested crops and 0 for perennials.
    """

    lai: Floats
    winter: Floats
    green: Floats
    rise: Floats
    senesce: Floats
    fall: Floats
    dry: Floats
    stubble: Floats
    harvest: Floats
    annual: Floats
    plough: Floats
    next_green: Floats
    next_lai: Floats
    weeds: Floats
    drought: Floats
    flower: Floats
    cuts: Floats
    burns: Floats


@dataclass(frozen=True)
class Fractions:
    """Shares of the ground of each parcel on each date, ``(T, P)``: green, dry and burnt; ``growth`` is d green / d ln(leaf area)."""

    green: Floats
    dry: Floats
    burnt: Floats
    growth: Floats


@functools.cache
def class_table(style: RegionStyle) -> dict[str, Floats]:
    """Columns of numbers per class; the last row stands for roads, on which nothing grows."""
    covers = style.covers
    table = {name: [float(getattr(item, name)) for item in covers] + [0.0] for name in FIELDS}
    table["fall"][-1] = table["rise"][-1] = 1.0
    table["harvest"] = [NEVER if item.harvest is None else item.harvest for item in covers] + [NEVER]
    table["flower"] = [NEVER if item.flower is None else item.flower for item in covers] + [NEVER]
    for kind in ("crop", "grass", "trees", "water", "built"):
        table[kind] = [float(item.kind == kind) for item in covers] + [0.0]
    table["cuts"] = [float(item.cuts) for item in covers] + [0.0]
    table["flooded"] = [float(item.flooded) for item in covers] + [0.0]
    table["canopy"] = [item.canopy for item in covers] + [0.0]
    return {name: np.array(values, np.float32) for name, values in table.items()}


def draw_calendar(style: RegionStyle, cover: Ints, middle: Floats, size: int, difficulty: Difficulty, rng: Generator) -> Calendar:
    """Calendars of parcels around those of their classes; near parcels are alike.

    Args:
        style: The landscape.
        cover: ``(P,)`` class ids.
        middle: ``(P, 2)`` row and column of each parcel.
        size: Side of the window, pixels.
        difficulty: Spreads.
        rng: Source of draws; how many are drawn does not depend on the difficulty.
    """
    count = len(cover)
    own = {name: values[cover] for name, values in class_table(style).items()}
    at = tuple(middle.round().astype(int).T)
    near = smooth_noise(size, 20, rng, 2)[(slice(None), *at)]  # half of the variance is shared with the neighbours
    lone = rng.standard_normal((5, count), np.float32)
    season = difficulty.season * rng.standard_normal()
    shift = season + difficulty.timing * np.sqrt(0.5) * (near[0] + lone[0])
    vigour = np.exp(difficulty.vigour * np.sqrt(0.5) * (near[1] + lone[1]))
    draws = rng.random((8, count), np.float32)
    crop = own["harvest"] < NEVER
    harvest = own["harvest"] + shift + 0.6 * difficulty.timing * lone[2]
    catch = (draws[0] < 0.3) & (harvest < 225)  # a catch crop needs the rest of the summer
    follows = crop & (draws[1] < style.next_crop) & (harvest < 290)
    evergreen = np.where(own["trees"] > 0, 0.2 + 1.6 * draws[2], np.where(crop, np.exp(0.3 * lone[3]), 1))
    months = np.arange(1, 5, dtype=np.float32)[:, None] * 42 + 90  # mowing from mid-May on, every six weeks
    cuts = months + shift + 12 * rng.standard_normal((4, count), np.float32)
    burning = style.fire * (own["grass"] + own["crop"] / 3)
    burns = np.where(draws[3:5] < burning, rng.uniform(-60, 60, (2, count)) + np.array([[0], [365]]), NEVER)
    return Calendar(
        lai=own["lai"] * vigour,
        winter=own["winter"] * vigour * evergreen,
        green=own["green"] + shift,
        rise=own["rise"],
        senesce=own["senesce"] + shift + 0.4 * difficulty.timing * lone[4],
        fall=own["fall"],
        dry=own["dry"],
        stubble=own["stubble"] * (0.6 + 0.8 * draws[5]),
        harvest=harvest,
        annual=crop.astype(np.float32),
        plough=12 + 60 * draws[6],
        next_green=np.where(catch, harvest + 40, np.maximum(288, harvest + 35)) + 10 * lone[3],
        next_lai=np.where(follows, np.where(catch, 2.2, 0.9) * (0.4 + draws[7]), 0),
        weeds=style.weeds * own["crop"],
        drought=style.drought * own["grass"],
        flower=own["flower"] + shift,
        cuts=np.where(months < 90 + 42.5 * np.floor(own["cuts"] * (0.25 + draws[5])), cuts, NEVER),
        burns=burns,
    )


def ground_cover(calendar: Calendar, days: Ints, moisture: Floats) -> Fractions:
    """Cover of parcels on given days.

    A crop: leaf area rises from its winter value on a logistic curve, yellows on another (a double logistic) and stands dry until harvest;
    then stubble decays until the ground greens again with weeds or with the next crop. A perennial: leaf area goes up and down again every
    year, and what it loses stands dry and decays until the next season.

    Args:
        calendar: Numbers per parcel.
        days: ``(T,)`` days of the year.
        moisture: ``(T,)`` soil moisture of the season, 0 to 1, which weeds follow.
    """
    c, t = calendar, days[:, None].astype(np.float32)
    up, down = _logistic((t - c.green) / c.rise), _logistic((t - c.senesce) / c.fall)
    cut = _logistic((t - c.harvest) / 1.5)
    annual = (c.winter + (c.lai - c.winter) * up) * (1 - down) * (1 - cut)
    gained = np.maximum(c.lai - c.winter, 0)
    perennial = (c.winter + gained * up * (1 - down)) * _after_cuts(c, t) * (1 - c.drought * np.exp(-(((t - 222) / 40) ** 2)))
    idle = (1 - _logistic((t - c.green + 30) / 4)) * (c.winter < 0.1) + _logistic((t - c.harvest - 12) / 8)
    following = c.next_lai * _logistic((t - c.next_green) / 9) + c.weeds * moisture[:, None] ** 2 * idle
    burnt = 0.85 * sum(np.exp(-(t - day).clip(0, 400) / 30) * (t >= day) for day in c.burns)
    leaf = np.where(c.annual > 0, annual + following, perennial) * (1 - 0.8 * burnt)
    stubble = c.stubble * cut * np.exp(-(((t - c.harvest).clip(0) / c.plough) ** 2))
    residue = 0.5 * c.stubble * idle * (t < c.green)
    last_year = np.exp(-np.abs(t + 365 - c.senesce) / 90) * (1 - up)
    standing = c.lai * c.dry * up * down * np.where(c.annual > 0, 1 - cut, np.exp(-(t - c.senesce).clip(0) / 90))
    standing += (1 - c.annual) * gained * c.dry * last_year
    green = 1 - np.exp(-EXTINCTION * leaf)
    dry = np.minimum(1 - np.exp(-EXTINCTION * standing) + c.annual * (stubble + residue), 1) * (1 - 0.9 * burnt)
    return Fractions(green, dry * (1 - green), burnt * (1 - green), EXTINCTION * leaf * np.exp(-EXTINCTION * leaf))


def _after_cuts(calendar: Calendar, t: Floats) -> Floats:
    """Share of leaf area left by mowing; it grows back within about a month."""
    left = np.ones((len(t), calendar.cuts.shape[1]), np.float32)
    for day in calendar.cuts:
        left *= 1 - 0.7 * np.exp(-(t - day).clip(0, 400) / 15) * (t >= day)
    return left


def _logistic(x: NDArray[Any]) -> Floats:
    """A curve from 0 to 1."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * x), np.float32)
