"""UNet3Df, the 3-D convolutional feature extractor for image series."""

from __future__ import annotations

import torch
from torch import Tensor, nn

DAYS_PER_YEAR = 365.0001  # the constant of the authors' data pipeline (spec section 1.4.1)


def conv_unit(inputs: int, outputs: int) -> nn.Sequential:
    """Conv3d 3x3x3 with padding 1, batch norm, leaky ReLU."""
    return nn.Sequential(nn.Conv3d(inputs, outputs, 3, padding=1), nn.BatchNorm3d(outputs), nn.LeakyReLU())


def conv_block(inputs: int, middle: int, outputs: int) -> nn.Sequential:
    """Two convolution units in a row, ``inputs -> middle -> outputs`` channels."""
    return nn.Sequential(*conv_unit(inputs, middle), *conv_unit(middle, outputs))


class UNet3Df(nn.Module):
    def __init__(self, bands: int, num_dates: int, width: int = 64, pool_time: bool = True) -> None:
        super().__init__()
        stride = (2, 2, 2) if pool_time else (1, 2, 2)
        extra = (1, 1, 1) if pool_time else (0, 1, 1)
        self.en3 = conv_block(bands + 1, width, width)
        self.pool = nn.MaxPool3d(stride)
        self.en4 = conv_block(width, 2 * width, 2 * width)
        self.center_in = conv_unit(2 * width, 4 * width)
        self.center_out = nn.Sequential(*conv_unit(4 * width, 4 * width), nn.ConvTranspose3d(4 * width, 2 * width, 3, stride, 1, extra))
        self.dc4 = conv_block(4 * width, 2 * width, 2 * width)
        self.trans3 = nn.Sequential(nn.ConvTranspose3d(2 * width, width, 3, stride, 1, extra), nn.BatchNorm3d(width), nn.LeakyReLU())
        self.dc3 = conv_block(2 * width, 2 * width, 2 * width)
        self.final = nn.Conv3d(2 * width, 2 * width, 3, padding=1)
        self.collapse = nn.Linear(num_dates, 1)

    def forward(self, series: Tensor, dates: Tensor) -> Tensor:
        b, t, c, h, w = series.shape
        day = (dates.float() / DAYS_PER_YEAR)[:, :, None, None, None].expand(b, t, 1, h, w)
        x = torch.cat([series, day], 2).transpose(1, 2).contiguous()
        if next(self.parameters()).is_contiguous(memory_format=torch.channels_last_3d):
            x = x.contiguous(memory_format=torch.channels_last_3d)
        e3 = self.en3(x)
        e4 = self.en4(self.pool(e3))
        x = self.center_out(self.center_in(self.pool(e4)))
        x = self.trans3(self.dc4(torch.cat([x, e4], 1)))
        x = self.final(self.dc3(torch.cat([x, e3], 1)))
        return self.collapse(x.permute(0, 1, 3, 4, 2)).squeeze(-1)
