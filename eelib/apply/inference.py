"""A network on one tile: normalise, fill what is missing, average over subsets of the dates, look at windows where a network must."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from eelib.data.windows import Floats, Ints
from eelib.models import SegmentationModel, SeriesEncoder
from eelib.models.exported import Card
from eelib.train.batches import Normaliser
from eelib.train.segment import interleaved

BUDGET = 400e6  # bytes of activations that a tile may need, roughly
SEAM = 16  # pixels over which tiles are blended
BATCH = 32  # windows of a network without radius per forward pass


class Inference:
    """Scores or features of tiles.

    Series longer than the network reads are split into interleaved subsets whose outputs are averaged, as in the study's own scoring;
    shorter ones are passed on as they are.

    Args:
        model: Encoder, or segmentation model.
        card: What the network expects.
        normalise: Applied to reflectance.
        days: ``(T,)`` day of year.
    """

    def __init__(self, model: nn.Module, card: Card, normalise: Normaliser, days: Ints) -> None:
        encoder = model.encoder if isinstance(model, SegmentationModel) else model
        self.radius, self.window = cast("SeriesEncoder", encoder).radius, card.window
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(self.device).eval()
        self.normalise, self.days = normalise, torch.from_numpy(days)
        count = card.encoder.num_dates
        self.subsets = interleaved(len(days), count) if len(days) > count else [torch.arange(len(days))]
        self.channels = card.embed_dim if encoder is model else len(card.classes)
        # Each pixel of each date passes about a dozen stages of some multiples of the width.
        self.bytes_per_pixel = 48 * card.encoder.width * (count if count > 1 else 1)

    @property
    def margin(self) -> int:
        """Least distance between what a tile uses and its edge, pixels; a multiple of every network's pooling."""
        return -(-(self.radius or 0) // 8) * 8

    @property
    def least(self) -> int:
        """Side below which the network would see less than it was scored on, pixels; 0 where that makes no difference."""
        return self.window if self.radius is None else 0

    @property
    def step(self) -> int:
        """Distance between tiles that keeps activations within the budget, pixels."""
        for step in (1024, 512, 256, 128):
            if (step + SEAM + 2 * self.margin) ** 2 * self.bytes_per_pixel <= BUDGET:
                return step
        return 64

    @torch.inference_mode()
    def __call__(self, image: Floats) -> Floats:
        """Output ``(D, h, w)`` for reflectance ``(T, C, h, w)``, NaN where there is none."""
        series = filled(self.normalise(torch.from_numpy(image))).to(self.device)
        parts = [self._output(series[when], self.days[when].to(self.device)) for when in self.subsets]
        return np.asarray(torch.stack(parts).mean(0).cpu().numpy())

    def _output(self, series: Tensor, days: Tensor) -> Tensor:
        """``(T, C, h, w)`` to ``(D, h, w)``."""
        if self.radius is None and max(series.shape[-2:]) > self.window:
            return windowed(self.model, series, days, self.window)
        out: Tensor = self.model(series[None], days[None])[0]
        return out


def filled(series: Tensor) -> Tensor:
    """Missing pixels of a normalised series ``(T, C, h, w)`` take the mean of the pixel's other dates, or 0, the centre."""
    missing = series.isnan()
    if not missing.any():
        return series
    seen = series.nan_to_num(0.0).sum(0) / (~missing).sum(0).clamp(min=1)
    return torch.where(missing, seen, series)


def windowed(model: nn.Module, series: Tensor, days: Tensor, side: int) -> Tensor:
    """Output for a large image from half-overlapping windows, for networks in which every pixel of a window sees every other.

    Args:
        model: The network.
        series: ``(T, C, h, w)``.
        days: ``(T,)``.
        side: Height and width of the windows, pixels.

    Returns:
        ``(D, h, w)``, averages with weights that fall towards the edge of a window.
    """
    height, width = series.shape[-2:]
    tall, wide = min(side, height), min(side, width)
    corners = [(top, left) for top in _starts(height, tall) for left in _starts(width, wide)]
    weight = _bump(tall)[:, None] * _bump(wide)
    total = weights = torch.zeros(())
    for first in range(0, len(corners), BATCH):
        some = corners[first : first + BATCH]
        batch = torch.stack([series[..., top : top + tall, left : left + wide] for top, left in some])
        out = model(batch, days.expand(len(some), -1)).float().cpu()
        if first == 0:
            total, weights = torch.zeros(out.shape[1], height, width), torch.zeros(height, width)
        for values, (top, left) in zip(out, some, strict=True):
            total[:, top : top + tall, left : left + wide] += values * weight
            weights[top : top + tall, left : left + wide] += weight
    return total / weights


def _starts(length: int, side: int) -> list[int]:
    """Corners of windows that overlap by about half and end with the image."""
    count = 1 + -(-(length - side) // max(1, side // 2))
    return sorted({round(start) for start in np.linspace(0, length - side, count)})


def _bump(side: int) -> Tensor:
    """Weights along a side of a window."""
    return torch.sin((torch.arange(side) + 0.5) / side * torch.pi) ** 2
