"""What the satellite sees: dates, clouds, shadows, haze, point spread, 20 m bands, gain and noise."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from eelib.data.windows import Floats, Ints
from eelib.data.world.rasters import Generator, double_weights, halve_weights, resample, rough_noise, spread_weights
from eelib.data.world.regions import Difficulty, RegionStyle
from eelib.data.world.spectra import COARSE, FINE, WAVELENGTH

REVISIT = 5  # days between overpasses of the two satellites
SHADOW = 0.4  # share of light that reaches the ground under thick cloud
THROW = 16  # pixels by which a shadow is thrown at most; higher clouds throw theirs out of a small window
SEEN = 0.15  # opacity from which a pixel counts as cloud or shadow
# Thick cloud: white, darker where ice and droplets absorb.
CLOUD = np.array([0.72, 0.7, 0.71, 0.72, 0.73, 0.74, 0.74, 0.74, 0.5, 0.38], np.float32)


@dataclass(frozen=True)
class Sky:
    """Atmosphere over a window. ``opacity`` and ``shadow`` ``(T, H, W)`` from 0 to 1, ``bright`` ``(T, H, W)`` factor on :data:`CLOUD`."""

    opacity: Floats
    shadow: Floats
    bright: Floats
    haze: Floats  # (T, 10) added reflectance
    gain: Floats  # (T, 10)

    @property
    def clear(self) -> NDArray[np.bool_]:
        """``(T, H, W)``, False under cloud or shadow."""
        return (self.opacity < SEEN) & (self.shadow < SEEN)


def monthly(table: tuple[float, ...], days: Ints) -> Floats:
    """Values of a table of twelve monthly means on given days, interpolated around the year."""
    middle = np.arange(12) * 30.44 + 15.2
    return np.interp(days, middle, table, period=365.25).astype(np.float32)


def draw_dates(style: RegionStyle, count: int, difficulty: Difficulty, rng: Generator) -> tuple[Ints, Floats]:
    """Overpasses whose cloud share is acceptable, as a catalogue query would return them.

    Returns:
        ``(count,)`` days of year, ascending, and the cloud shares of their scenes. If too few are acceptable the least cloudy others
        fill up; for more dates than overpasses the revisit is taken as finer.
    """
    step = min(REVISIT, 365 / (count + 1))
    days = np.arange(rng.uniform(1, 1 + step), 366, step).astype(np.int64)
    usual = monthly(style.cloud, days)
    mean = (difficulty.cloud * usual / (1 + (difficulty.cloud - 1) * usual)).clip(1e-3, 0.999)  # odds times the factor: never above 1
    share = rng.beta(0.8 * mean, 0.8 * (1 - mean)).astype(np.float32)  # skies are mostly clear or mostly covered
    share *= difficulty.cloud > 0
    refused = share > difficulty.most_cloud
    order = np.where(refused, 1 + share, rng.random(len(days)))  # any of those accepted, then the least cloudy others
    chosen = np.sort(order.argsort(kind="stable")[:count])
    return days[chosen], share[chosen]


def draw_sky(style: RegionStyle, days: Ints, share: Floats, size: int, difficulty: Difficulty, rng: Generator) -> Sky:
    """Clouds with soft edges that cover about the given share of the scene around the window, their shadows, haze and gains."""
    count = len(days)
    field = rough_noise(size + THROW, (40, 14, 5, 2), rng, count)
    normal = NormalDist()
    threshold = np.array([normal.inv_cdf(1 - min(max(float(part), 1e-4), 0.999)) if part > 0 else np.inf for part in share], np.float32)
    thick = field - threshold[:, None, None]  # how far inside the cloud, standard deviations
    most = rng.uniform(0.7, 1, (count, 1, 1)).astype(np.float32)
    softness = rng.uniform(0.3, 0.9, (count, 1, 1)).astype(np.float32)
    cover = (0.5 + thick / softness).clip(0, 1)
    cover *= cover * (3 - 2 * cover)
    # At half past ten the sun stands in the south-east north of it and in the north-east south of it; it is higher in summer.
    south = np.cos(2 * np.pi * (days - 172) / 365.25) if style.continent == "Africa" else np.full(count, -1.0)
    reach = rng.uniform(0.3, 1, count) * THROW
    dy = np.round(THROW / 2 + 0.5 * reach * south * 0.9).astype(int)
    dx = np.round(reach).astype(int)
    half = THROW // 2
    opacity = most * cover[:, half : half + size, :size]
    shadow = np.stack([cover[t, THROW - dy[t] : THROW - dy[t] + size, dx[t] : dx[t] + size] for t in range(count)])
    bright = (0.75 + 0.2 * thick[:, half : half + size, :size].clip(0, 2)) * rng.uniform(0.85, 1.15, (count, 1, 1)).astype(np.float32)
    dusty = difficulty.haze * (1 + style.dust * (1 - monthly(style.rain, days)))
    haze = (dusty * rng.exponential(1, count))[:, None] * (490 / WAVELENGTH) ** 1.3
    gain = 1 + difficulty.gain * rng.standard_normal((count, len(CLOUD)))
    return Sky(opacity, shadow * (1 - opacity), np.asarray(bright, np.float32), haze.astype(np.float32), gain.astype(np.float32))


def observe(ground: Floats, sky: Sky, difficulty: Difficulty, rng: Generator) -> Floats:
    """Reflectance as delivered, ``(T, 10, H, W)``: 20 m bands are sampled at 20 m with their noise, then interpolated to 10 m.

    Args:
        ground: Surface reflectance ``(T, 10, H, W)``.
        sky: The atmosphere.
        difficulty: Point spread and noise.
        rng: Source of draws.
    """
    size = ground.shape[-1]
    half = halve_weights(size)
    coarse_sky = [resample(part, half) for part in (sky.opacity, sky.shadow, sky.bright)]
    image = np.empty_like(ground)
    fine, coarse = list(FINE), list(COARSE)
    image[:, fine] = _sense(
        resample(ground[:, fine], spread_weights(size, difficulty.blur)), [sky.opacity, sky.shadow, sky.bright], sky, fine, difficulty, rng
    )
    to_coarse = spread_weights(size // 2, difficulty.blur) @ half
    sensed = _sense(resample(ground[:, coarse], to_coarse), coarse_sky, sky, coarse, difficulty, rng)
    image[:, coarse] = resample(sensed, double_weights(size))
    return np.clip(image, 1e-4, 1.6, out=image)


def _sense(image: Floats, layers: list[Floats], sky: Sky, bands: list[int], difficulty: Difficulty, rng: Generator) -> Floats:
    """Shadow, cloud, haze, gain and noise on the given bands ``(T, b, h, h)``, in place."""
    opacity, shadow, bright = (part[:, None] for part in layers)
    image *= (1 - (1 - SHADOW) * shadow) * (1 - opacity)
    image += (opacity * bright) * CLOUD[bands, None, None]
    image += sky.haze[:, bands, None, None]
    image *= sky.gain[:, bands, None, None]
    noise = rng.standard_normal(image.shape, np.float32)
    noise *= np.float32(difficulty.noise) + np.float32(0.01) * image
    image += noise
    return image
