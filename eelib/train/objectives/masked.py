"""Masked reconstruction: hide dates and patches, and predict their reflectance from the dense features (in the manner of U-BARN)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.errors import InputError
from eelib.losses import masked_reconstruction
from eelib.train.objectives.base import Objective, Two

if TYPE_CHECKING:
    from eelib.data.views import Sample
    from eelib.settings import PretrainSettings

DAYS = 365.25


class MaskedReconstruction(Objective):
    """Both views are hidden in part and reconstructed; only hidden values count. Ours (B) but for the idea."""

    def __init__(self, encoder: nn.Module, settings: PretrainSettings, bands: int) -> None:
        super().__init__(encoder, settings, bands)
        width = int(encoder.embed_dim)  # type: ignore[arg-type]
        self.decoder = DateDecoder(width, settings.head_width or width, bands)

    def loss(self, encoder: nn.Module, a: Sample, b: Sample, generator: torch.Generator) -> Tensor:
        """Mean squared error over hidden values of both views, in standardised reflectance."""
        image, dates = torch.cat([a["image"], b["image"]]), torch.cat([a["dates"], b["dates"]])
        hidden = draw_hidden(image, self.settings, generator)
        # Hidden values become 0, the median: a whole patch with the same number in every band occurs nowhere else.
        features = encoder(image.masked_fill(hidden[:, :, None], 0), dates)
        return masked_reconstruction(self.decoder(features, dates), image, hidden)

    def project(self, features_a: Tensor, features_b: Tensor) -> Two:
        """The features themselves; there is no projection."""
        return features_a, features_b


class DateDecoder(nn.Module):
    """Features and a day of the year to reflectance: one hidden layer per pixel. Small, so that the features must hold the series.

    Args:
        inputs: Channels of the features.
        width: Channels of the hidden layer.
        bands: Spectral bands ``C`` of what is reconstructed.
    """

    def __init__(self, inputs: int, width: int, bands: int) -> None:
        super().__init__()
        self.features, self.day = nn.Conv2d(inputs, width, 1), nn.Linear(2, width)
        self.out = nn.Linear(width, bands)

    def forward(self, features: Tensor, dates: Tensor) -> Tensor:
        """``(B, D, h, w)`` and days ``(B, T)`` to standardised reflectance ``(B, T, C, h, w)``."""
        angle = 2 * math.pi * dates.to(features.dtype) / DAYS
        day = self.day(torch.stack([angle.sin(), angle.cos()], -1))
        mixed = self.features(features).movedim(1, -1)[:, None] + day[:, :, None, None]
        found: Tensor = self.out(F.relu(mixed)).movedim(-1, 2)
        return found


def draw_hidden(image: Tensor, settings: PretrainSettings, generator: torch.Generator) -> Tensor:
    """Which pixels of which dates are hidden, ``(B, T, h, w)`` bool: whole dates, though never all, and patches of single dates.

    Raises:
        InputError: The series has one date and no patches are hidden.
    """
    count, length, _, height, width = image.shape
    if length == 1 and not settings.hidden_patches:
        raise InputError("series of one date have no date to hide: raise hidden_patches above 0")
    score = torch.rand(count, length, generator=generator)
    dates = (score < settings.hidden_dates) & (score < score.max(1, keepdim=True).values)
    rows, columns = -(-height // settings.patch), -(-width // settings.patch)
    patches = torch.rand(count, length, rows, columns, generator=generator) < settings.hidden_patches
    grown = patches.repeat_interleave(settings.patch, 2).repeat_interleave(settings.patch, 3)[..., :height, :width]
    return (dates[:, :, None, None] | grown).to(image.device)
