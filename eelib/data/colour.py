"""Colour arithmetic on batches ``(B, C, H, W)`` in 0..1, with a factor ``(B, 1, 1, 1)`` per image."""

from __future__ import annotations

import math

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)


def gray(images: Tensor) -> Tensor:
    """``(B, 1, H, W)``: luma of RGB, the mean of any other set of bands."""
    if images.shape[1] != 3:
        return images.mean(1, keepdim=True)
    return (images * images.new_tensor(LUMA)[:, None, None]).sum(1, keepdim=True)


def contrast(images: Tensor, factor: Tensor) -> Tensor:
    """Distances from the mean grey of an RGB image, or from the mean of each band of any other, times ``factor``."""
    middle = gray(images).mean((1, 2, 3), keepdim=True) if images.shape[1] == 3 else images.mean((2, 3), keepdim=True)
    return torch.lerp(middle.expand_as(images), images, factor.expand_as(images))


def saturation(images: Tensor, factor: Tensor) -> Tensor:
    """Distances of the bands from the grey of their pixel times ``factor``."""
    return torch.lerp(gray(images).expand_as(images), images, factor.expand_as(images))


def turn_hue(images: Tensor, factor: Tensor) -> Tensor:
    """The hue of RGB images turned by ``factor - 1`` full turns, so that 1 changes nothing as with the other changes."""
    from kornia.enhance import adjust_hue

    turned: Tensor = adjust_hue(images, 2 * math.pi * (factor.flatten() - 1))
    return turned
