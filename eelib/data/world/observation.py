"""What the satellite sees: dates, point spread, 20 m bands, clouds, shadows, haze, gain and noise."""

from __future__ import annotations

import functools

import numpy as np

from eelib.data.windows import Floats, Ints
from eelib.data.world.layout import smooth_noise
from eelib.data.world.regions import Difficulty, RegionStyle
from eelib.data.world.spectra import COARSE, FINE, WAVELENGTH

REVISIT = 5  # days between overpasses of the two satellites
SHADOW = 0.45  # share of light that reaches the ground under thick cloud
CLOUD = np.array([0.62, 0.6, 0.6, 0.61, 0.62, 0.62, 0.62, 0.62, 0.42, 0.32], np.float32)  # thick cloud: white, darker where ice absorbs


def monthly(table: tuple[float, ...], days: Ints) -> Floats:
    """Values of a table of twelve monthly means on given days, interpolated around the year."""
    middle = np.arange(12) * 30.44 + 15.2
    return np.interp(days, middle, table, period=365).astype(np.float32)


def draw_dates(style: RegionStyle, count: int, difficulty: Difficulty, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Overpasses whose cloud share is acceptable, as a catalogue query would return them.

    Returns:
        ``(count,)`` days of year, ascending, and their cloud shares. If too few are acceptable the least cloudy others fill up;
        for more dates than overpasses the revisit is taken as finer.
    """
    step = min(REVISIT, 365 / (count + 1))
    days = (np.arange(rng.uniform(1, 1 + step), 366, step)).astype(np.int64)
    mean = (difficulty.cloud * monthly(style.cloud, days)).clip(0.01, 0.99)
    share = rng.beta(0.6 * mean, 0.6 * (1 - mean)).astype(np.float32)  # skies are mostly clear or mostly covered
    priority = rng.random(len(days)) + 10.0 * share * (share > difficulty.most_cloud) + 10.0 * (share > difficulty.most_cloud)
    chosen = np.sort(priority.argsort()[:count])
    return days[chosen], share[chosen]


@functools.cache
def blur_matrices(size: int, sigma: float) -> tuple[Floats, Floats]:
    """Point spread of 10 m bands, and of 20 m bands with averaging to 20 m and bilinear return, as matrices ``(size, size)``."""
    distance = np.arange(size)[:, None] - np.arange(size)
    fine = np.exp(-0.5 * (distance / sigma) ** 2)
    fine /= fine.sum(1, keepdims=True)
    half = size // 2
    down = np.kron(np.eye(half), [[0.5, 0.5]])
    at = ((np.arange(size) + 0.5) / 2 - 0.5).clip(0, half - 1)
    up = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(half)))
    return fine.astype(np.float32), (up @ down @ fine).astype(np.float32)


def spread_points(image: Floats, sigma: float) -> Floats:
    """Blur ``(T, 10, H, H)`` as the sensor does; 20 m bands become genuinely coarser."""
    fine, coarse = blur_matrices(image.shape[-1], sigma)
    out = np.empty_like(image)
    for bands, matrix in ((list(FINE), fine), (list(COARSE), coarse)):
        out[:, bands] = matrix @ image[:, bands] @ matrix.T
    return out


def observe(image: Floats, share: Floats, difficulty: Difficulty, rng: np.random.Generator) -> tuple[Floats, np.ndarray]:
    """Clouds, shadows, haze, gain and noise on surface reflectance.

    Args:
        image: ``(T, 10, H, W)``.
        share: ``(T,)`` cloud share.
        difficulty: Strengths.
        rng: Source of draws.

    Returns:
        Observed reflectance ``(T, 10, H, W)`` float32 and the clear mask ``(T, H, W)``.
    """
    count, bands, size, _ = image.shape
    opacity = _cloud(count, size, share, rng)
    dy, dx = rng.integers(-6, 7, 2)
    shadow = np.roll(opacity, (dy, dx), (1, 2)) * (1 - opacity)
    brightness = rng.uniform(0.8, 1.3, (count, 1)).astype(np.float32) * CLOUD
    haze = difficulty.haze * rng.exponential(1, (count, 1)).astype(np.float32) * (490 / WAVELENGTH) ** 1.3
    gain = (1 + difficulty.gain * rng.standard_normal((count, bands), np.float32))[..., None, None]
    light = (1 - opacity) * (1 - (1 - SHADOW) * shadow)  # share of the surface's signal that arrives
    seen = image * light[:, None]
    seen += opacity[:, None] * brightness[..., None, None]
    seen += haze[..., None, None]
    seen *= gain
    noise = bell_noise(seen.shape, rng)
    noise *= difficulty.noise + 0.01 * seen
    seen += noise
    return np.clip(seen, 1e-4, 1.6, out=seen), (opacity < 0.2) & (shadow < 0.2)


def bell_noise(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Independent noise of mean 0 and variance 1: the sum of four random bytes, five times faster to draw than normal numbers."""
    count = int(np.prod(shape))
    total = np.frombuffer(rng.bytes(4 * count), np.uint8).reshape(4, count).sum(0, dtype=np.int16)
    noise: Floats = (total - np.float32(510)) / np.float32(np.sqrt(4 * (256**2 - 1) / 12))
    return noise.reshape(shape)


def _cloud(count: int, size: int, share: Floats, rng: np.random.Generator) -> Floats:
    """Opacity ``(T, H, W)`` from 0 to 1 with soft edges, covering about the given share of each date."""
    field = smooth_noise(size, 5, rng, count) + 0.35 * smooth_noise(size, 11, rng, count)
    rank = np.sort(field.reshape(count, -1), 1)
    position = ((1 - share) * (size * size - 1)).astype(int)
    threshold = np.take_along_axis(rank, position[:, None], 1)[:, :, None]
    opacity: Floats = (0.5 + 2 * (field - threshold)).clip(0, 1)
    opacity[share < 0.02] = 0
    return opacity
