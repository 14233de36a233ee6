"""Where things lie in a window: fields, trees, water, settlements and roads."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from eelib.data.windows import Floats, Ints
from eelib.data.world.regions import RegionStyle

STANDS = 3  # tree stands with their own mix of conifers and deciduous trees
ROOFS = 8  # surfaces a settlement is made of


@dataclass(frozen=True)
class Layout:
    """The map of a window.

    Attributes:
        parcel: ``(H, W)`` parcel number of each pixel.
        cover: ``(P,)`` class id of each parcel.
        road: ``(H, W)`` bool; roads belong to no class of the list and are ignored in labels.
    """

    parcel: Ints
    cover: Ints
    road: np.ndarray


def draw_layout(style: RegionStyle, size: int, rng: np.random.Generator) -> Layout:
    """Draw fields, then put trees, water, settlements and roads over them."""
    parcel = _strips(style, size, rng) if style.layout == "strips" else _patches(style, size, rng)
    cover = _crops(style, int(parcel.max()) + 1, rng)
    kinds = [item.kind for item in style.covers]
    fields = len(cover)
    trees, water, built = (kinds.index(kind) for kind in ("trees", "water", "built"))
    cover = np.concatenate([cover, np.repeat([trees, water, built], [STANDS, 1, ROOFS])])

    wood = smooth_noise(size, 5, rng)
    stand = fields + (smooth_noise(size, 3, rng) * 1.2 + 1.5).astype(np.int64).clip(0, STANDS - 1)
    share = rng.beta(0.8, 0.8 / style.trees - 0.8)
    parcel = np.where(wood > _quantile(wood, 1 - share), stand, parcel)
    if rng.random() < style.water:
        parcel = np.where(_water(size, rng), fields + STANDS, parcel)
    if rng.random() < style.settlement:
        parcel = np.where(_settlement(size, rng), fields + STANDS + 1 + rng.integers(ROOFS, size=(size, size)), parcel)
    road = _road(size, rng) & (parcel != fields + STANDS)
    return Layout(np.where(road, fields + STANDS + 1, parcel), cover, road)


def smooth_noise(size: int, knots: int, rng: np.random.Generator, count: int | None = None) -> Floats:
    """Smooth random fields of about unit variance, ``(size, size)`` or ``(count, size, size)``, from bilinear interpolation of knots."""
    coarse = rng.standard_normal((count or 1, knots, knots), np.float32)
    weights = interpolation(knots, size)
    fields: Floats = weights @ coarse @ weights.T
    fields *= 1.5  # interpolation averages variance away; this gives it back
    return fields if count else fields[0]


@functools.cache
def interpolation(knots: int, size: int) -> Floats:
    """Linear interpolation from ``knots`` to ``size`` points as a matrix ``(size, knots)``."""
    at = np.linspace(0, knots - 1, size)
    weights: Floats = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(knots))).astype(np.float32)
    return weights


def _grid(size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Coordinates in a randomly turned frame."""
    angle = rng.uniform(0, np.pi)
    y, x = np.mgrid[:size, :size].astype(np.float32) - size / 2
    return np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x


def _strips(style: RegionStyle, size: int, rng: np.random.Generator) -> Ints:
    """Rectangular parcels: strips of varying width, cut at different lengths."""
    across, along = _grid(size, rng)
    width, length = style.field_length
    most = int(np.ceil(3 * size / width))
    edges = -size + np.cumsum(width * rng.lognormal(0, 0.35, most))
    strip = np.searchsorted(edges, across)
    cuts = -1.2 * size + np.cumsum(length * rng.lognormal(0, 0.4, (most + 1, int(np.ceil(5 * size / length)))), 1)
    piece = (along[..., None] > cuts[strip]).sum(-1)
    return np.unique(strip * 1000 + piece, return_inverse=True)[1].reshape(size, size)


def _patches(style: RegionStyle, size: int, rng: np.random.Generator) -> Ints:
    """Irregular smallholder plots: the nearest of scattered centres, in a wavy frame."""
    across, along = _grid(size, rng)
    width, length = style.field_length
    count = int(np.ceil((1.5 * size) ** 2 / (width * length)))
    centre_across, centre_along = rng.uniform(-0.75 * size, 0.75 * size, (2, count, 1, 1))
    wave = 1.5 * smooth_noise(size, 6, rng, count=2)
    distance = ((across + wave[0] - centre_across) / width) ** 2 + ((along + wave[1] - centre_along) / length) ** 2
    return np.unique(distance.argmin(0), return_inverse=True)[1].reshape(size, size)


def _crops(style: RegionStyle, fields: int, rng: np.random.Generator) -> Ints:
    """Class per field; neighbours agree more than distant fields because every place has its own mix of crops."""
    ids = np.array([i for i, item in enumerate(style.covers) if item.kind in ("crop", "grass")])
    shares = np.array([style.covers[i].share for i in ids])
    return np.asarray(rng.choice(ids, fields, p=rng.dirichlet(4 * shares / shares.sum())))


def _water(size: int, rng: np.random.Generator) -> np.ndarray:
    """A winding river or a pond."""
    across, along = _grid(size, rng)
    if rng.random() < 0.6:
        bend = rng.uniform(1, 4) * np.sin(2 * np.pi * along / (size * rng.uniform(0.7, 1.6)) + rng.uniform(0, 6.3))
        return np.asarray(np.abs(across + bend - rng.uniform(-0.4, 0.4) * size) < rng.uniform(0.8, 3))
    centre = rng.uniform(-0.35, 0.35, 2) * size
    radius = rng.uniform(2.5, 8) * (1 + 0.2 * smooth_noise(size, 5, rng))
    return np.asarray((across - centre[0]) ** 2 + (1.7 * (along - centre[1])) ** 2 < radius**2)


def _settlement(size: int, rng: np.random.Generator) -> np.ndarray:
    """A cluster of built pixels that thins out towards its edge."""
    across, along = _grid(size, rng)
    centre, radius = rng.uniform(-0.45, 0.45, 2) * size, rng.uniform(4, 11)
    distance = np.hypot(across - centre[0], along - centre[1])
    return np.asarray(distance + 1.5 * rng.standard_normal((size, size)) < radius)


def _road(size: int, rng: np.random.Generator) -> np.ndarray:
    """A one-pixel line in about half of all windows."""
    across, _ = _grid(size, rng)
    offset = rng.uniform(-0.45, 0.45) * size
    return np.asarray(np.abs(across - offset) < 0.5) & (rng.random() < 0.5)


def _quantile(values: Floats, share: float) -> float:
    place = min(values.size - 1, int(share * values.size))
    return float(np.partition(values.ravel(), place)[place])
