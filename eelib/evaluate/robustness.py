"""The same test under other conditions: season, clouds, region, sensor noise."""

from __future__ import annotations

import numpy as np

from eelib.data.pairs.containers import Pairs
from eelib.data.windows import Ints
from eelib.settings_pairs import PairData, ScoreVariant

# Three months each, by the day of the year that a season begins on; meteorological seasons of the northern hemisphere.
SEASONS = {"winter": (335, 60), "spring": (60, 152), "summer": (152, 244), "autumn": (244, 335)}


def varied(data: PairData, variant: ScoreVariant) -> PairData:
    """The test pairs of a variant; simulated images are made anew with its clouds and noise, at the same places of the same classes.

    Clouds decide which overpasses an archive offers, so with other clouds the dates are others as well, and captions tell of those: their
    season, and how green the ground is where it is seen. With more noise the dates stay, and a few captions in a hundred call the ground
    greener or barer than without. Zero-shot classes depend on neither.

    Of the other sets as little as possible is asked for, because they would be made anew as well and nobody looks at them.
    """
    changes = {name: value for name in ("cloud", "noise") if (value := getattr(variant, name)) is not None}
    unread = {"train": 2, "validation": 1, "version": "clean"}
    return PairData(sets=variant.sets or data.sets, sizes=data.sizes.model_copy(update=unread | changes))


def with_noise(pairs: Pairs, sigma: float, seed: int = 0) -> Pairs:
    """Pictures with additive Gaussian noise, cut to 0..1; the noise of a picture depends on its row alone.

    Args:
        pairs: What to look at.
        sigma: Standard deviation in 0..1.
        seed: Source of the noise.
    """

    def read(rows: Ints) -> np.ndarray:
        images = pairs.image(rows)
        noise = np.stack([np.random.default_rng([seed, int(row)]).standard_normal(images.shape[1:]) for row in rows])
        return np.clip(images + sigma * noise, 0, 1).astype(np.float32)

    return pairs.take(np.arange(len(pairs)), read=read)


def season_of(days: Ints) -> list[str]:
    """Season of each day of the year."""
    names = []
    for day in days:
        inside = [name for name, (start, end) in SEASONS.items() if start <= day < end or (start > end and (day >= start or day < end))]
        names.append(inside[0])
    return names
