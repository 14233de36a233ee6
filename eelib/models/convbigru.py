"""ConvBiGRU: a convolution per date and convolutional GRUs through the series in both directions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eelib.models.recurrent import ConvGRUCell, no_state
from eelib.models.series_encoder import SeriesEncoder, with_day


class ConvBiGRU(SeriesEncoder):
    """Last states of a forward and a backward ConvGRU, joined, then a 3x3 convolution (github.com/michaeltrs/DeepSatModels).

    With ``width=64``: 64 channels per date and 256 in each state, the defaults of the authors' code. There is no pooling and no norm.

    Args:
        bands: Spectral bands ``C`` of the input.
        num_dates: Longest series ``T``. Weights do not depend on it.
        width: Channels per date; states have ``4 * width``, features ``2 * width``.
        pad: Sides of any length fit, so this changes nothing.
    """

    def __init__(self, bands: int, num_dates: int, width: int = 64, pad: bool = True) -> None:
        super().__init__(bands, num_dates, 2 * width, pad)
        self.inconv = nn.Conv2d(bands + 1, width, 3, padding=1)
        self.forth = ConvGRUCell(width, 4 * width)
        self.back = ConvGRUCell(width, 4 * width)
        self.final = nn.Conv2d(8 * width, 2 * width, 3, padding=1)
        # one pixel for each end; per further date two, as the candidate convolves what a gate has convolved
        self.radius = 2 * num_dates + 1

    def encode(self, series: Tensor, dates: Tensor) -> Tensor:
        """``(B, T, C, H, W)`` to ``(B, embed_dim, H, W)``."""
        x = with_day(series, dates)
        maps = self.inconv(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        features: Tensor = self.final(torch.cat([_last(self.forth, maps), _last(self.back, maps.flip(1))], 1))
        return features


def _last(cell: ConvGRUCell, maps: Tensor) -> Tensor:
    """State after the last of the maps ``(B, T, C, H, W)``."""
    state = no_state(maps, cell.hidden)
    for number in range(maps.shape[1]):
        state = cell(maps[:, number], state)
    return state
