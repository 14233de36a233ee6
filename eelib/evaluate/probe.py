"""Frozen linear probe: multinomial logistic regression on the features of single pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from eelib.data.windows import IGNORE
from eelib.errors import InputError

ITERATIONS = 60  # part of the recipe: raw pixels, 160 columns that say nearly the same, would take some hundred more


@dataclass(frozen=True)
class LinearProbe:
    """A fitted probe: standardisation of the features, then one linear layer (a 1x1 convolution)."""

    mean: Tensor
    std: Tensor
    weight: Tensor
    bias: Tensor

    def predict(self, features: Tensor) -> np.ndarray:
        """Class ids ``(N, H, W)`` from features ``(N, D, H, W)``."""
        rows = (features.movedim(1, -1) - self.mean) / self.std
        return (rows @ self.weight.T + self.bias).argmax(-1).numpy()


def fit_probe(features: Tensor, mask: Tensor, num_classes: int, penalty: float, *, most: int = 20_000, seed: int = 0) -> LinearProbe:
    """Fit by at most :data:`ITERATIONS` of L-BFGS from zero; no learning rate, so nothing to tune but the penalty.

    Args:
        features: ``(N, D, H, W)`` float32, frozen.
        mask: ``(N, H, W)`` int64, -1 = ignore.
        num_classes: ``K``.
        penalty: Weight of half the squared norm of the linear layer's weights.
        most: Labelled pixels used at most; more are drawn from at random.
        seed: Source of that draw.

    Raises:
        InputError: No pixel has a label.
    """
    labelled = mask != IGNORE
    if not labelled.any():
        raise InputError("every pixel of the training mask is -1 (ignore): there is nothing to fit a probe on")
    rows, target = features.movedim(1, -1)[labelled], mask[labelled]
    if len(rows) > most:
        pick = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:most]
        rows, target = rows[pick], target[pick]
    mean, std = rows.mean(0), rows.std(0) + 1e-6
    rows = (rows - mean) / std
    weight = torch.zeros(num_classes, rows.shape[1], requires_grad=True)
    bias = torch.zeros(num_classes, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss: Tensor = F.cross_entropy(rows @ weight.T + bias, target) + 0.5 * penalty * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return LinearProbe(mean, std, weight.detach(), bias.detach())
