"""What the authors' two 3-D U-Nets share: everything but the channels of the last decoder stage."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.errors import InputError
from eelib.models.series_conv import SeriesConv, SeriesUpsample
from eelib.models.series_encoder import SeriesEncoder, with_day


def conv_unit(inputs: int, outputs: int) -> nn.Sequential:
    """Conv3d 3x3x3 with padding 1, batch norm, leaky ReLU."""
    return nn.Sequential(SeriesConv(inputs, outputs), nn.BatchNorm3d(outputs), nn.LeakyReLU())


def conv_block(inputs: int, middle: int, outputs: int) -> nn.Sequential:
    """Two convolution units in a row, ``inputs -> middle -> outputs`` channels."""
    return nn.Sequential(*conv_unit(inputs, middle), *conv_unit(middle, outputs))


class UNet3DBase(SeriesEncoder):
    """Two levels of pooling, features of every date, and a linear layer that collapses time (github.com/michaeltrs/DeepSatModels).

    Deviations, ours: series are padded with zero dates at the end, as the authors do. A network for one date neither pools nor strides
    over time, which keeps every weight shape but does a fraction of the work. The layer over time starts as the mean of the dates: random
    signs would make it a difference of dates, in which whatever does not change cancels, and seeds would differ by how much.

    Args:
        bands: Spectral bands ``C`` of the input.
        num_dates: Longest series ``T``; the linear layer over time has this length, rounded up to a multiple of 4.
        width: Channels of the first stage; 64 is the published size.
        decoder: Channels of the last decoder stage: middle and out. The features have as many as the latter.
        pad: See :class:`SeriesEncoder`.
    """

    multiple = 4  # two poolings by 2
    radius = 27  # follows from the layers; measured in the tests

    def __init__(self, bands: int, num_dates: int, width: int, decoder: tuple[int, int], pad: bool) -> None:
        super().__init__(bands, num_dates, decoder[1], pad)
        time = 1 if num_dates == 1 else 2
        self.length = 1 if num_dates == 1 else -(-num_dates // self.multiple) * self.multiple
        if not pad and self.length != num_dates:
            raise InputError(f"num_dates={num_dates} is not a multiple of {self.multiple}, which two poolings over time need; use pad=True")
        self.en3 = conv_block(bands + 1, width, width)
        self.pool = nn.MaxPool3d((time, 2, 2))
        self.en4 = conv_block(width, 2 * width, 2 * width)
        self.center_in = conv_unit(2 * width, 4 * width)
        self.center_out = nn.Sequential(*conv_unit(4 * width, 4 * width), SeriesUpsample(4 * width, 2 * width, time))
        self.dc4 = conv_block(4 * width, 2 * width, 2 * width)
        self.trans3 = nn.Sequential(SeriesUpsample(2 * width, width, time), nn.BatchNorm3d(width), nn.LeakyReLU())
        self.dc3 = conv_block(2 * width, *decoder)
        self.final = SeriesConv(decoder[1], decoder[1])
        self.collapse = nn.Linear(self.length, 1)
        nn.init.constant_(self.collapse.weight, 1 / self.length)
        nn.init.zeros_(self.collapse.bias)
        self.to(memory_format=torch.channels_last_3d)  # somewhat faster on CPUs (make bench); inputs follow

    def encode(self, series: Tensor, dates: Tensor) -> Tensor:
        """``(B, T, C, H, W)`` to ``(B, embed_dim, H, W)``."""
        x = with_day(series, dates).transpose(1, 2)
        x = F.pad(x, (0, 0, 0, 0, 0, self.length - x.shape[2]))
        first = self.en3(x)
        second = self.en4(self.pool(first))
        x = self.center_out(self.center_in(self.pool(second)))
        x = self.trans3(self.dc4(torch.cat([x, second], 1)))
        x = self.final(self.dc3(torch.cat([x, first], 1)))
        # The linear layer over time, written as a weighted sum: no copy into a time-last layout.
        return torch.einsum("bcthw,t->bchw", x, self.collapse.weight[0]) + self.collapse.bias
