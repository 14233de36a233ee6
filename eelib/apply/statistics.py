"""Which normalisation a scene gets, and whether its numbers look like those that the network was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch

from eelib.apply.inference import filled
from eelib.apply.scene import Scene
from eelib.apply.tiles import Box
from eelib.data.windows import Floats, Windows
from eelib.errors import InputError
from eelib.models.exported import Card
from eelib.train.batches import Normaliser

Statistics = Literal["run", "scene"]
SIDE, GRID = 64, 8  # windows of this many pixels, on a grid of this many a side
STRANGE = 0.3  # share of values beyond the limits that is worth a warning


def normaliser(scene: Scene, card: Card, wanted: Statistics | None) -> tuple[Normaliser, list[str]]:
    """The normalisation for a scene, and what the user should know about it.

    Args:
        scene: Open.
        card: Of the network.
        wanted: ``run``: that of the training; ``scene``: from the scene itself; None: that of the training, where it was one region.

    Raises:
        InputError: That of the training is wanted but there were several regions, or the scene holds no data.
    """
    several = len(card.regions) > 1
    if wanted == "run" and several:
        raise InputError(f"--statistics run: the network was trained in {len(card.regions)} regions, each with its own; use scene")
    samples = sample(scene)
    if wanted == "scene" or several:
        return of_samples(samples, scene), ["normalised with statistics of the scene itself"]
    chosen = Normaliser(np.array(card.centre[0]), np.array(card.scale[0]))
    share = beyond(samples, chosen)
    if share <= STRANGE:
        return chosen, []
    return chosen, [
        f"warning: {100 * share:.0f} % of the values lie beyond what the network was trained on; check --scale and --offset, "
        "or normalise with --statistics scene"
    ]


def sample(scene: Scene) -> list[Floats]:
    """Windows ``(T, C, h, w)`` on a regular grid over a scene, of which every pixel is seen on some date; gaps are filled from other dates.

    Raises:
        InputError: No window is seen in whole.
    """
    height, width = min(SIDE, scene.height), min(SIDE, scene.width)
    tops, lefts = (np.unique(np.linspace(0, length, GRID).astype(int)) for length in (scene.height - height, scene.width - width))
    windows = [scene.read(Box(top, left, top + height, left + width)) for top in tops.tolist() for left in lefts.tolist()]
    whole = [filled(torch.from_numpy(window)).numpy() for window in windows if np.isfinite(window).any(0).all()]
    if not whole:
        raise InputError(f"{scene.layers[0].source.name}: no part of the scene has data in all its pixels; look at --nodata and the dates")
    return whole


def of_samples(samples: Sequence[Floats], scene: Scene) -> Normaliser:
    """Normalisation from windows, by the rule of the training."""
    image = np.stack(samples)
    count = len(image)
    return Normaliser.of(Windows(image, np.tile(scene.days, (count, 1)), np.arange(count), None, np.zeros((count, 2), np.int64)))


def beyond(samples: Sequence[Floats], normalise: Normaliser) -> float:
    """Share of values that the normaliser cuts off."""
    cut = [(normalise(torch.from_numpy(window)).abs() >= Normaliser.LIMIT).float().mean() for window in samples]
    return float(torch.stack(cut).mean())
