"""UNet3Df: the feature variant of the authors' 3-D U-Net."""

from __future__ import annotations

from eelib.models.unet3d_base import UNet3DBase


class UNet3Df(UNet3DBase):
    """The feature variant: with ``width=64`` the stages are the published ones, 64, 128 and 256 channels, and features have 128.

    Args:
        bands: Spectral bands ``C`` of the input.
        num_dates: Longest series ``T`` the network accepts.
        width: Channels of the first stage; features have ``2 * width`` channels.
        pad: Pad inputs whose sides are not multiples of 4; if False they are an error.
    """

    def __init__(self, bands: int, num_dates: int, width: int = 64, pad: bool = True) -> None:
        super().__init__(bands, num_dates, width, (2 * width, 2 * width), pad)
