"""3x3x3 convolutions over image series that do no work on dates that are not there."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MIDDLE = 1  # of the three slices of a kernel over time


def needs_full_precision(input: Tensor) -> bool:
    """Whether autocast must be left: for two dates on a CPU.

    There oneDNN's gradient of a 3x3x3 convolution's weights in bfloat16 takes in memory that nobody wrote (measured with torch 2.15 and
    AVX512-BF16: always with two dates, never with one or with three to nine), which ends in NaN sooner or later.
    """
    return input.shape[2] == 2 and input.device.type == "cpu" and torch.is_autocast_enabled("cpu")


class SeriesConv(nn.Conv3d):
    """Convolution 3x3x3 with padding 1 over ``(B, C, T, H, W)``.

    Around a single date there is only padding, so of the kernel's three slices over time only the middle one meets data. A series of one
    date is therefore convolved in two dimensions: the same result and gradients in about half the time.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1)

    def forward(self, input: Tensor) -> Tensor:
        """``(B, inputs, T, H, W)`` to ``(B, outputs, T, H, W)``."""
        if needs_full_precision(input):
            with torch.autocast("cpu", enabled=False):
                return super().forward(input.to(self.weight.dtype))
        if input.shape[2] > 1:
            return super().forward(input)
        return F.conv2d(input.squeeze(2), self.weight[:, :, MIDDLE], self.bias, padding=1).unsqueeze(2)


class SeriesUpsample(nn.ConvTranspose3d):
    """Transposed convolution 3x3x3 that doubles height and width, and the dates too unless ``time`` is 1.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        time: Stride over time, 1 or 2.
    """

    def __init__(self, inputs: int, outputs: int, time: int) -> None:
        super().__init__(inputs, outputs, 3, (time, 2, 2), padding=1, output_padding=(time - 1, 1, 1))

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """``(B, inputs, T, H, W)`` to ``(B, outputs, time * T, 2 * H, 2 * W)``; a single date as in :class:`SeriesConv`."""
        if needs_full_precision(input):
            with torch.autocast("cpu", enabled=False):
                return super().forward(input.to(self.weight.dtype), output_size)
        if input.shape[2] > 1 or self.stride[0] > 1:
            return super().forward(input, output_size)
        flat = F.conv_transpose2d(input.squeeze(2), self.weight[:, :, MIDDLE], self.bias, stride=2, padding=1, output_padding=1)
        return flat.unsqueeze(2)
