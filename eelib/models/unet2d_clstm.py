"""UNet2D-CLSTM: a 2-D U-Net for every date, a convolutional LSTM across dates."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eelib.models.recurrent import ConvLSTMCell, no_state
from eelib.models.series_encoder import SeriesEncoder, with_day


def conv_unit(inputs: int, outputs: int) -> nn.Sequential:
    """Conv2d 3x3 with padding 1, batch norm, leaky ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.LeakyReLU())


class UNet2D(nn.Module):
    """Two levels of pooling; with ``width=64`` the authors' channels: 64, 128, 256, 128, 64, 32, and 128 out.

    Deviation, ours: batch norm throughout, where the authors have group norm in the encoder. What a group norm gives for a pixel depends
    on the whole window, so a map made of tiles would differ from one made at once.

    Args:
        inputs: Channels in.
        width: Channels of the first stage; even.
        outputs: Channels out.
    """

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.en3 = nn.Sequential(conv_unit(inputs, width), conv_unit(width, width))
        self.pool = nn.MaxPool2d(2)
        self.en4 = nn.Sequential(conv_unit(width, 2 * width), conv_unit(2 * width, 2 * width))
        self.center_in = conv_unit(2 * width, 4 * width)
        self.center_out = nn.Sequential(conv_unit(4 * width, 4 * width), nn.ConvTranspose2d(4 * width, 2 * width, 2, 2))
        self.dc4 = nn.Sequential(
            conv_unit(4 * width, 2 * width), conv_unit(2 * width, 2 * width), nn.ConvTranspose2d(2 * width, width, 2, 2)
        )
        half = max(1, width // 2)
        self.dc3 = nn.Sequential(conv_unit(2 * width, width), conv_unit(width, half), nn.Conv2d(half, outputs, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` to ``(N, outputs, H, W)``; sides are multiples of 4."""
        first = self.en3(x)
        second = self.en4(self.pool(first))
        x = self.center_out(self.center_in(self.pool(second)))
        x = self.dc4(torch.cat([x, second], 1))
        out: Tensor = self.dc3(torch.cat([x, first], 1))
        return out


class UNet2DCLSTM(SeriesEncoder):
    """A map per date, one unidirectional ConvLSTM layer over them, the mean of its states, a 3x3 convolution.

    The network of github.com/michaeltrs/DeepSatModels. With ``width=64`` maps and states have the published 128 channels. Deviation, ours:
    the cell is the plain one; the authors' has a batch norm of its own for every position in the series, which would tie the weights to
    its length.

    Args:
        bands: Spectral bands ``C`` of the input.
        num_dates: Longest series ``T``. Weights do not depend on it.
        width: Channels of the first stage; maps, states and features have ``2 * width``.
        pad: See :class:`SeriesEncoder`.
    """

    multiple = 4  # two poolings by 2

    def __init__(self, bands: int, num_dates: int, width: int = 64, pad: bool = True) -> None:
        super().__init__(bands, num_dates, 2 * width, pad)
        self.unet = UNet2D(bands + 1, width, 2 * width)
        self.cell = ConvLSTMCell(2 * width, 2 * width)
        self.final = nn.Conv2d(2 * width, 2 * width, 3, padding=1)
        self.radius = 24 + num_dates + 1  # U-Net, one pixel per date, last convolution

    def encode(self, series: Tensor, dates: Tensor) -> Tensor:
        """``(B, T, C, H, W)`` to ``(B, embed_dim, H, W)``."""
        x = with_day(series, dates)
        maps = self.unet(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        state = no_state(maps, self.cell.hidden), no_state(maps, self.cell.hidden)
        total = no_state(maps, self.cell.hidden)
        for number in range(maps.shape[1]):
            state = self.cell(maps[:, number], state)
            total = total + state[0]
        features: Tensor = self.final(total / maps.shape[1])
        return features
