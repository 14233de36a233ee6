"""Where things lie in a window: blocks of parcels, trees, water, settlements, roads and single trees."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from eelib.data.windows import IGNORE, Floats, Ints
from eelib.data.world.rasters import Cells, Generator, draw_cells, rough_noise, smooth_noise
from eelib.data.world.regions import RegionStyle

STANDS = 3  # tree stands with their own mix of evergreen and deciduous trees
SURFACES = 8  # kinds of pixels that a settlement is made of
ROAD_SEEN = 0.4  # a pixel is a road, and has no class, where a road covers this share of it

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Layout:
    """The map of a window.

    Attributes:
        parcel: ``(H, W)`` parcel number of each pixel.
        cover: ``(P,)`` class id of each parcel; the last parcel is road, which is no class (-1).
        middle: ``(P, 2)`` row and column of each parcel's centre, pixels.
        over: ``(H, W)`` parcel number of what lies over the parcel: a road or a single tree.
        share: ``(H, W)`` share of the pixel that it hides.
    """

    parcel: Ints
    cover: Ints
    middle: Floats
    over: Ints
    share: Floats

    @property
    def label(self) -> Ints:
        """``(H, W)`` class id; roads are ignored, and a single tree in a field leaves it a field."""
        road = (self.over == len(self.cover) - 1) & (self.share >= ROAD_SEEN)
        return np.where(road, IGNORE, self.cover[self.parcel])


def draw_layout(style: RegionStyle, size: int, rng: Generator) -> Layout:
    """Draw blocks and parcels, then put trees, water and settlements over them, and roads and single trees over those."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    bend = 3 * smooth_noise(size, 16, rng, 2)
    blocks = draw_cells(x + bend[0], y + bend[1], style.block, rng)
    parcel = _parcels(style, blocks, x, y, rng)
    low = rough_noise(size, (24, 9), rng)[0]  # height of the ground, upside down
    cover = _crops(style, parcel, blocks, low, rng)
    fields, kinds = len(cover), [item.kind for item in style.covers]
    stands, water, town = np.cumsum([fields, STANDS, 1])
    cover = np.concatenate([cover, np.repeat([kinds.index(kind) for kind in ("trees", "water", "built")], [STANDS, 1, SURFACES]), [IGNORE]])
    stand = stands + (smooth_noise(size, 20, rng)[0] + 1.5).clip(0, STANDS - 1).astype(np.int64)
    wood = rough_noise(size, (20, 7, 3), rng)[0] > NormalDist().inv_cdf(1 - style.trees)
    wet, bank = _water(style, x, y, low, rng)
    built = _built(style, x, y, rng)
    parcel = np.where(wood | bank, stand, parcel)
    parcel = np.where(built, town + rng.integers(SURFACES, size=(size, size)), parcel)
    parcel = np.where(wet, water, parcel)
    road = np.where(wet, 0, _roads(blocks, x, y, rng)).astype(np.float32)
    crown = np.where(rng.random((size, size)) < style.parkland, rng.uniform(0.3, 0.8, (size, size)), 0).astype(np.float32)
    crown[wet | built | wood] = 0
    over = np.where(road > 0, len(cover) - 1, stands)
    return Layout(parcel, cover, _middles(parcel, len(cover)), over, np.where(road > 0, road, crown))


def _frame(x: Floats, y: Floats, rng: Generator) -> tuple[Floats, Floats]:
    """Coordinates around a point of the window in a turned frame."""
    angle = rng.uniform(0, np.pi)
    size = len(x)
    x0, y0 = rng.uniform(0, size, 2)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return cos * (x - np.float32(x0)) + sin * (y - np.float32(y0)), cos * (y - np.float32(y0)) - sin * (x - np.float32(x0))


def _parcels(style: RegionStyle, blocks: Cells, x: Floats, y: Floats, rng: Generator) -> Ints:
    """``(H, W)`` parcel numbers from 0 without holes."""
    size = len(x)
    if style.layout == "plots":  # irregular smallholder plots that know no blocks
        along, across = _frame(x, y, rng)
        wave = 1.2 * smooth_noise(size, 5, rng, 2)
        ids = draw_cells(along + wave[0], (across + wave[1]) * np.float32(style.parcel[1]), style.parcel[0], rng).id
    else:  # strips that share the direction of their block, cut at different lengths
        angle = rng.uniform(0, np.pi) + rng.normal(0, 0.5, blocks.count)
        cos, sin = (part.astype(np.float32)[blocks.id] for part in (np.cos(angle), np.sin(angle)))
        along, across = cos * blocks.along + sin * blocks.across, cos * blocks.across - sin * blocks.along
        width, length = style.parcel[0] * rng.lognormal(0, 0.3, blocks.count), style.parcel[1] * rng.lognormal(0, 0.4, (blocks.count, 16))
        strip = np.floor(across / width.astype(np.float32)[blocks.id] + 8.5).astype(np.int64).clip(0, 15)
        strip -= strip % 2 * (rng.random((blocks.count, 8)) < 0.35)[blocks.id, strip // 2]  # some neighbours are one parcel
        start = rng.random((blocks.count, 16))
        piece = np.floor(along / length[blocks.id, strip] + start[blocks.id, strip] + 8).astype(np.int64).clip(0, 15)
        ids = (blocks.id * 16 + strip) * 16 + piece
    return np.unique(ids, return_inverse=True)[1].reshape(size, size)


def _middles(parcel: Ints, count: int) -> Floats:
    """``(P, 2)`` mean row and column of each parcel; of one that is not in the window, 0."""
    size = len(parcel)
    flat, at = parcel.ravel(), np.arange(size, dtype=np.float64)
    pixels = np.maximum(np.bincount(flat, minlength=count), 1)
    sums = [np.bincount(flat, np.broadcast_to(part, (size, size)).ravel(), count) for part in (at[:, None], at)]
    return (np.stack(sums, 1) / pixels[:, None]).astype(np.float32)


def _crops(style: RegionStyle, parcel: Ints, blocks: Cells, low: Floats, rng: Generator) -> Ints:
    """Class per parcel. Every place has its own mix, grass comes in whole blocks, some classes prefer low ground."""
    count = int(parcel.max()) + 1
    ids = np.array([i for i, item in enumerate(style.covers) if item.kind in ("crop", "grass")])
    share = np.array([style.covers[i].share for i in ids])
    mix = rng.dirichlet(6 * share / share.sum()) + 1e-3
    middle = _middles(parcel, count).round().astype(int)
    at = middle[:, 0], middle[:, 1]
    grass = np.array([style.covers[i].kind == "grass" for i in ids])
    liking = low[at][:, None] * np.array([style.covers[i].wet for i in ids])
    blockwise = 1.5 * rng.standard_normal(blocks.count)[blocks.id[at]][:, None] * grass
    return np.asarray(ids[(np.log(mix) + liking + blockwise + rng.gumbel(size=(count, len(ids)))).argmax(1)])


def _chance(probability: float, size: int) -> float:
    """Probability in a window of this size of what has the given probability in a window of 32 pixels."""
    return float(1 - (1 - probability) ** (size / 32) ** 2)


def _water(style: RegionStyle, x: Floats, y: Floats, low: Floats, rng: Generator) -> tuple[Bools, Bools]:
    """Where a river or ponds are, and where trees line them."""
    size = len(x)
    along, across = _frame(x, y, rng)
    draws, half = rng.random(3), rng.uniform(0.8, 3.5)
    for wavelength, swing in ((70.0, 6.0), (25.0, 2.0)):
        phase = np.float32(rng.uniform(0, 2 * np.pi))
        across = across + np.float32(swing * rng.uniform(0.3, 1)) * np.sin(2 * np.pi / wavelength * along + phase)
    distance = np.abs(across) - np.float32(half)
    river = (distance < 0) & (draws[0] < _chance(0.6 * style.water, size))
    bank = (distance < 1.6) & (rough_noise(size, (6, 3), rng)[0] > 0) & bool(river.any())
    deep = 1.6 if draws[1] < _chance(0.6 * style.water, size) else np.inf
    return river | (low > deep), bank


def _built(style: RegionStyle, x: Floats, y: Floats, rng: Generator) -> Bools:
    """A settlement that thins out towards its edge; compounds among fields where ``dense`` is small."""
    size = len(x)
    along, across = _frame(x, y, rng)
    radius, present = rng.uniform(4, 14), rng.random() < _chance(style.settlement, size)
    edge = np.hypot(along, 1.6 * across) + 3 * smooth_noise(size, 4, rng)[0]
    clumps = rough_noise(size, (2.5, 1.2), rng)[0] < NormalDist().inv_cdf(style.dense)
    return np.asarray((edge < radius) & clumps & present)


def _roads(blocks: Cells, x: Floats, y: Floats, rng: Generator) -> Floats:
    """Share of each pixel under a road: one straight road in some windows, tracks along the borders of some blocks."""
    size = len(x)
    _, across = _frame(x, y, rng)
    present, width = rng.random() < _chance(0.25, size), rng.uniform(0.6, 1.3)
    straight = (0.5 + width / 2 - np.abs(across)).clip(0, 1) * present
    tracked = (rng.random(blocks.count) < 0.5)[blocks.id]
    track = (0.7 - 0.5 * blocks.gap).clip(0, 0.6) * tracked
    return np.asarray(np.maximum(straight, track), np.float32)
