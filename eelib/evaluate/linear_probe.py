"""Linear probe on cached features; validation chooses the weight decay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from eelib.errors import InputError
from eelib.evaluate.probe import LinearProbe, fit_probe


@dataclass(frozen=True)
class ProbeData:
    """Frozen features and labels; samples without a label are left out by :func:`labelled_part`.

    Attributes:
        features: ``(N, F)``.
        labels: ``(N,)`` int64, all at least 0.
    """

    features: Tensor
    labels: Tensor


def labelled_part(features: Tensor, labels: np.ndarray) -> ProbeData:
    """Samples that have a label."""
    known = torch.from_numpy(labels >= 0)
    return ProbeData(features[known], torch.from_numpy(labels)[known])


def linear_probe(
    train: ProbeData, validation: ProbeData, num_classes: int, penalties: Sequence[float], seed: int = 0
) -> tuple[LinearProbe, dict[str, float]]:
    """Fit one probe per weight decay and keep the one that validation likes best; of equals the stronger decay.

    Args:
        train: What is fitted.
        validation: What chooses.
        num_classes: ``K``.
        penalties: Weight of half the squared norm of the weights.
        seed: Of the draw where there are more samples than a probe reads.

    Returns:
        The probe, and validation accuracy by weight decay.

    Raises:
        InputError: One of the sets has no labels.
    """
    for name, part in (("training", train), ("validation", validation)):
        if not len(part.labels):
            raise InputError(f"the {name} set has no labelled pairs: a probe cannot be fitted and chosen")
    found = {}
    best: tuple[float, LinearProbe] | None = None
    for penalty in sorted(penalties, reverse=True):
        probe = fit_probe(_maps(train.features), train.labels[:, None, None], num_classes, penalty, seed=seed)
        score = float((probe.predict(_maps(validation.features)).reshape(-1) == validation.labels.numpy()).mean())
        found[f"{penalty:g}"] = score
        if best is None or score > best[0]:
            best = score, probe
    assert best is not None
    return best[1], found


def probe_scores(probe: LinearProbe, features: Tensor) -> np.ndarray:
    """Logits ``(N, K)``."""
    scores: np.ndarray = ((features - probe.mean) / probe.std @ probe.weight.T + probe.bias).numpy()
    return scores


def _maps(features: Tensor) -> Tensor:
    return features[:, :, None, None]
