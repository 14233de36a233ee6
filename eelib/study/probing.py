"""The recipe of the frozen linear probe."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from eelib.data.fractions import label_order, label_subset
from eelib.data.regions import load_region
from eelib.evaluate.probe import fit_probe
from eelib.study.scoring import scored, validation_score
from eelib.study.weights import input_normaliser, started_encoder
from eelib.train.batches import as_sample
from eelib.train.fit import Progress
from eelib.train.segment import predict

if TYPE_CHECKING:
    from collections.abc import Callable

    from eelib.data.windows import Region, Windows
    from eelib.study.arm import Arm
    from eelib.study.recipes import ProbeParams


def probe(arm: Arm, folder: Path, needs: dict[str, Path], progress: Progress) -> dict[str, Any]:
    """Fit a linear classifier on frozen features of single pixels; validation mIoU chooses the penalty."""
    params: ProbeParams = arm.params  # type: ignore[assignment]
    region = load_region(params.region, params.sizes)
    train = label_subset(region.labelled("train"), params.fraction, arm.seed)
    if params.init == "raw":
        known, validation, test = (
            _sample(part)["image"].flatten(1, 2) for part in (train, region.labelled("validation"), region.labelled("test"))
        )
    else:
        frozen = frozen_features(params.model_copy(update={"fraction": 1.0}), arm.seed, tuple(sorted(needs.items())))
        known, validation, test = frozen.train(len(train)), frozen.validation, frozen.test
    progress(0.5)
    tried, probes = [], []
    mask = torch.from_numpy(np.ascontiguousarray(train.mask))
    for penalty in params.recipe.penalties:
        probes.append(fit_probe(known, mask, len(region.classes), penalty, most=params.recipe.pixels, seed=arm.seed))
        tried.append({"penalty": penalty, "validation": validation_score(region, probes[-1].predict(validation))})
    best = int(np.argmax([trial["validation"] for trial in tried]))
    predicted = probes[best].predict(test)
    return scored(region, train, predicted, folder) | {"penalty": tried[best]["penalty"], "validation": tried}


class FrozenFeatures:
    """Features ``(N, D, H, W)`` of the labelled windows of a region; training windows are embedded when an arm asks for them.

    They come in label order and in batches that are always the same, so that no number depends on which arm came first.

    Args:
        embed: Windows to features.
        region: The loaded region, whose windows are embedded.
        seed: Source of the label order.
    """

    BATCH = 16

    def __init__(self, embed: Callable[[Windows], Tensor], region: Region, seed: int) -> None:
        self._embed, self._windows = embed, region.labelled("train")
        self._order = label_order(self._windows, seed)
        self._batches: list[Tensor] = []
        self.validation, self.test = embed(region.labelled("validation")), embed(region.labelled("test"))

    def train(self, count: int) -> Tensor:
        """Features of the first training windows in label order."""
        for first in range(len(self._batches) * self.BATCH, count, self.BATCH):
            self._batches.append(self._embed(self._windows.take(self._order[first : first + self.BATCH])))
        return torch.cat(self._batches)[:count]


@functools.lru_cache(maxsize=2)
def frozen_features(params: ProbeParams, seed: int, needs: tuple[tuple[str, Path], ...]) -> FrozenFeatures:
    """Features that arms share which differ in the label fraction alone.

    The folder of the arm that made the weights stands for the weights: its name is that arm's key.

    Args:
        params: Of the probe, at label fraction 1.
        seed: Source of a random encoder and of the label order.
        needs: Names and folders of the arms that the probe needs.
    """
    region = load_region(params.region, params.sizes)
    encoder = started_encoder(params, region.bands, seed, dict(needs))
    normalise = input_normaliser(params, region, dict(needs))
    return FrozenFeatures(lambda windows: predict(encoder, _sample(windows), normalise, params.encoder.num_dates), region, seed)


def _sample(windows: Windows) -> dict[str, Tensor]:
    return as_sample(windows, np.arange(len(windows)))
