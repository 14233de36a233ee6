"""UNet3Df: the 3-D convolutional U-Net that turns an image series into one dense feature map."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.errors import InputError
from eelib.models.series_conv import SeriesConv, SeriesUpsample

DAYS_PER_YEAR = 365.0001  # constant of the authors' data pipeline (spec section 1.4.1)
MULTIPLE = 4  # two poolings by 2


def conv_unit(inputs: int, outputs: int) -> nn.Sequential:
    """Conv3d 3x3x3 with padding 1, batch norm, leaky ReLU."""
    return nn.Sequential(SeriesConv(inputs, outputs), nn.BatchNorm3d(outputs), nn.LeakyReLU())


def conv_block(inputs: int, middle: int, outputs: int) -> nn.Sequential:
    """Two convolution units in a row, ``inputs -> middle -> outputs`` channels."""
    return nn.Sequential(*conv_unit(inputs, middle), *conv_unit(middle, outputs))


class UNet3Df(nn.Module):
    """The feature variant of the 3-D U-Net of the authors' code (spec section 1.4.2).

    With ``width=64`` the stages are the published ones: 64, 128 and 256 channels, a 128-channel feature map per date, and a linear
    layer over time that leaves ``(B, 128, H, W)``. The day of the year enters as one more constant channel per date.

    Deviations, ours: height and width that are not multiples of 4 are padded by repeating the edge (zeros would tell the network where
    the window ends) and cut back; series are padded with zero dates at the end, as the authors do. A network for one date neither pools
    nor strides over time, which keeps every weight shape but does a fraction of the work.

    Args:
        bands: Spectral bands ``C`` of the input.
        num_dates: Longest series ``T`` the network accepts; the linear layer over time has this length, rounded up to a multiple of 4.
        width: Channels of the first stage; features have ``2 * width`` channels.
        pad: Pad inputs whose sides are not multiples of 4; if False they are an error.
    """

    def __init__(self, bands: int, num_dates: int, width: int = 64, pad: bool = True) -> None:
        super().__init__()
        time = 1 if num_dates == 1 else 2
        self.bands, self.num_dates, self.pad, self.embed_dim = bands, num_dates, pad, 2 * width
        self.length = 1 if num_dates == 1 else -(-num_dates // MULTIPLE) * MULTIPLE
        if not pad and self.length != num_dates:
            raise InputError(f"num_dates={num_dates} is not a multiple of {MULTIPLE}, which two poolings over time need; use pad=True")
        self.en3 = conv_block(bands + 1, width, width)
        self.pool = nn.MaxPool3d((time, 2, 2))
        self.en4 = conv_block(width, 2 * width, 2 * width)
        self.center_in = conv_unit(2 * width, 4 * width)
        self.center_out = nn.Sequential(*conv_unit(4 * width, 4 * width), SeriesUpsample(4 * width, 2 * width, time))
        self.dc4 = conv_block(4 * width, 2 * width, 2 * width)
        self.trans3 = nn.Sequential(SeriesUpsample(2 * width, width, time), nn.BatchNorm3d(width), nn.LeakyReLU())
        self.dc3 = conv_block(2 * width, 2 * width, 2 * width)
        self.final = SeriesConv(2 * width, 2 * width)
        self.collapse = nn.Linear(self.length, 1)
        self.to(memory_format=torch.channels_last_3d)  # somewhat faster on CPUs (make bench); inputs follow

    def forward(self, series: Tensor, dates: Tensor) -> Tensor:
        """Dense features of a series.

        Args:
            series: ``(B, T, C, H, W)`` normalised reflectance.
            dates: ``(B, T)`` day of year.

        Returns:
            ``(B, 2 * width, H, W)``.

        Raises:
            InputError: Wrong number of bands, too many dates, or sides that do not divide while ``pad`` is False.
        """
        b, t, c, height, width = series.shape
        self._check(t, c, height, width)
        day = (dates.to(series.dtype) / DAYS_PER_YEAR)[:, :, None, None, None].expand(b, t, 1, height, width)
        x = self._padded(torch.cat([series, day], 2).transpose(1, 2))
        first = self.en3(x)
        second = self.en4(self.pool(first))
        x = self.center_out(self.center_in(self.pool(second)))
        x = self.trans3(self.dc4(torch.cat([x, second], 1)))
        x = self.final(self.dc3(torch.cat([x, first], 1)))
        # The linear layer over time, written as a weighted sum: no copy into a time-last layout.
        x = torch.einsum("bcthw,t->bchw", x, self.collapse.weight[0]) + self.collapse.bias
        return x[..., :height, :width].contiguous()

    def _check(self, dates: int, bands: int, height: int, width: int) -> None:
        if bands != self.bands:
            raise InputError(f"the series has {bands} bands but the network was built for {self.bands}")
        if dates > self.num_dates:
            raise InputError(f"the series has {dates} dates but the network was built for at most {self.num_dates}; choose fewer dates")
        if not self.pad and (height % MULTIPLE or width % MULTIPLE):
            raise InputError(f"height and width must be multiples of {MULTIPLE}, got {height}x{width}; use pad=True")

    def _padded(self, x: Tensor) -> Tensor:
        """``(B, C, T, H, W)`` with every side that is pooled grown to a multiple of 4."""
        *_, dates, height, width = x.shape
        x = F.pad(x, (0, -width % MULTIPLE, 0, -height % MULTIPLE, 0, 0), mode="replicate")
        return F.pad(x, (0, 0, 0, 0, 0, self.length - dates))
