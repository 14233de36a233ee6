"""UNet3D: the authors' 3-D U-Net whose decoder narrows to 32 channels."""

from __future__ import annotations

from eelib.models.unet3d_base import UNet3DBase


class UNet3D(UNet3DBase):
    """The plain variant, whose decoder narrows: with ``width=64`` 128, 64, then 32 channels, which are the features.

    Published: a 3x3x3 convolution from 32 channels to the ``K`` classes of every date, then a linear layer from ``T`` dates to 1. Here the
    convolution goes from 32 to 32 channels, the layer over time follows, and the classifier comes last. Mixing channels and mixing dates
    are linear maps of different axes, so their order does not matter, and for ``K <= 32`` both have the same functions to choose from.

    Args:
        bands: Spectral bands ``C`` of the input.
        num_dates: Longest series ``T`` the network accepts.
        width: Channels of the first stage; features have half as many.
        pad: Pad inputs whose sides are not multiples of 4; if False they are an error.
    """

    def __init__(self, bands: int, num_dates: int, width: int = 64, pad: bool = True) -> None:
        super().__init__(bands, num_dates, width, (width, max(1, width // 2)), pad)
