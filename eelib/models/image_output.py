"""What every image encoder of the image-text study returns."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from eelib.errors import InputError


class ImageOutput(NamedTuple):
    """Three levels of one forward pass, none of them normalised.

    Attributes:
        global_: ``(B, E)``, in the space shared with text.
        feature: ``(B, F)``, what is projected to ``global_``; probes and the SLIP head read it.
        tokens: ``(B, P, W)``, one row per place, row by row from the top left; FILIP and dense transfer read them.
    """

    global_: Tensor
    feature: Tensor
    tokens: Tensor


def check_images(images: Tensor, bands: int, multiple: int) -> None:
    """Refuse images that an encoder cannot read.

    Args:
        images: Should be ``(B, bands, H, W)``.
        bands: Bands the encoder was built for.
        multiple: Height and width must be multiples of this.

    Raises:
        InputError: They are not.
    """
    if images.ndim != 4 or images.shape[1] != bands:
        raise InputError(f"images must be (B, {bands}, H, W), as the encoder was built for {bands} bands; got {tuple(images.shape)}")
    height, width = images.shape[2:]
    if not height or not width or height % multiple or width % multiple:
        raise InputError(f"height and width of images must be multiples of {multiple}, got {height}x{width}: crop or resize them")
