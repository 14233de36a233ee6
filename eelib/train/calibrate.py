"""Batch-norm statistics of a network that is about to be used frozen."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from eelib.data.windows import Windows
from eelib.train.batches import Normaliser, as_sample
from eelib.train.segment import interleaved

BATCHES, BATCH_SIZE = 4, 16


@torch.no_grad()
def calibrate(model: nn.Module, windows: Windows, normalise: Normaliser, num_dates: int) -> None:
    """Set the running statistics of every batch norm to those of unlabelled windows as the network now sees them.

    Without it a random network would be used with statistics that fit no data at all, which makes a straw man of the baseline, and a
    network trained for few steps with statistics of weights it no longer has. Every initialisation gets the same treatment.

    Args:
        model: ``(B, T, C, H, W), (B, T) -> ...``; its running statistics are replaced.
        windows: Unlabelled windows; the first 64 are used.
        normalise: Applied to the input.
        num_dates: Dates the model reads at a time.
    """
    norms = [layer for layer in model.modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative mean over the batches below
    model.train()
    when = interleaved(windows.image.shape[1], num_dates)[0]
    for first in range(0, min(len(windows), BATCHES * BATCH_SIZE), BATCH_SIZE):
        sample = as_sample(windows, np.arange(first, min(first + BATCH_SIZE, len(windows))))
        model(normalise(sample["image"][:, when]), sample["dates"][:, when])
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.eval()
