"""What every encoder of image series shares: one signature, one set of checks, the day of the year, windows of any side."""

from __future__ import annotations

from contextlib import nullcontext
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.errors import InputError

DAYS_PER_YEAR = 365.0001  # constant of the authors' data pipeline, github.com/michaeltrs/DeepSatData


class SeriesEncoder(nn.Module):
    """Base of all encoders: ``(B, T, C, H, W), (B, T) -> (B, embed_dim, H, W)``.

    Sides that are not multiples of what the network needs are padded by repeating the edge (zeros would tell the network where the
    window ends), and the features are cut back.

    Published networks that end in a 3x3 convolution to ``K`` classes have it here to ``embed_dim`` channels, and
    :class:`~eelib.models.SegmentationModel`'s 1x1 convolution follows. Both are linear, so for ``K <= embed_dim`` the published layer is
    one setting of the two, and only the second is new when a pre-trained encoder meets other classes.

    Args:
        bands: Spectral bands ``C`` of the input.
        num_dates: Longest series ``T`` the network accepts.
        embed_dim: Channels ``D`` of the features.
        pad: Pad sides that are not multiples of :attr:`multiple`; if False they are an error.

    Attributes:
        multiple: What height and width are padded to a multiple of.
        radius: No input pixel further away than this many pixels (rows or columns) changes a feature; None where all pixels of a
            window do. What tiling a scene needs to know.
        mixed_precision: Compute in bfloat16 while training; weights, features and everything in evaluation mode keep their precision.
    """

    multiple: ClassVar[int] = 1
    radius: int | None = None
    mixed_precision: bool = False

    def __init__(self, bands: int, num_dates: int, embed_dim: int, pad: bool = True) -> None:
        super().__init__()
        self.bands, self.num_dates, self.embed_dim, self.pad = bands, num_dates, embed_dim, pad

    def forward(self, series: Tensor, dates: Tensor) -> Tensor:
        """Dense features of a series.

        Args:
            series: ``(B, T, C, H, W)`` normalised reflectance.
            dates: ``(B, T)`` day of year.

        Returns:
            ``(B, embed_dim, H, W)``.

        Raises:
            InputError: Wrong number of bands, too many dates, or sides that do not divide while ``pad`` is False.
        """
        _, count, bands, height, width = series.shape
        self._check(count, bands, height, width)
        grown = F.pad(series, (0, -width % self.multiple, 0, -height % self.multiple, 0, 0), mode="replicate")
        half = self.mixed_precision and self.training
        with torch.autocast(series.device.type, torch.bfloat16) if half else nullcontext():
            features = self.encode(grown, dates)
        return (features.to(series.dtype) if half else features)[..., :height, :width].contiguous()

    def encode(self, series: Tensor, dates: Tensor) -> Tensor:
        """Features of a checked series whose sides are multiples of :attr:`multiple`."""
        raise NotImplementedError

    def _check(self, dates: int, bands: int, height: int, width: int) -> None:
        if bands != self.bands:
            raise InputError(f"the series has {bands} bands but the network was built for {self.bands}")
        if dates > self.num_dates:
            raise InputError(f"the series has {dates} dates but the network was built for at most {self.num_dates}; choose fewer dates")
        if not self.pad and (height % self.multiple or width % self.multiple):
            raise InputError(f"height and width must be multiples of {self.multiple}, got {height}x{width}; use pad=True")


def with_day(series: Tensor, dates: Tensor) -> Tensor:
    """The series with the day of the year as one more constant channel per date, ``(B, T, C + 1, H, W)``."""
    count, length, _, height, width = series.shape
    day = (dates.to(series.dtype) / DAYS_PER_YEAR)[:, :, None, None, None].expand(count, length, 1, height, width)
    return torch.cat([series, day], 2)
