"""Crops, resizes and blurs of a batch, each image with its own box and width, as two matrix products per image.

Every output row is a weighted sum of input rows and every output column one of input columns, so an image becomes ``R @ image @ Cᵀ``. That
gives anti-aliased bilinear resampling with another box for every image, any number of bands, and flips for nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor


def resize_weights(start: Tensor, length: Tensor, size: int, out: int) -> Tensor:
    """How ``out`` pixels draw on the pixels of a stretch of ``size``: a triangle as wide as an output pixel, but at least as an input pixel.

    Equals anti-aliased bilinear interpolation (Pillow, torch) of the stretch cut out first.

    Args:
        start: ``(B,)`` first pixel of the stretch.
        length: ``(B,)`` pixels of the stretch, at least 1.
        size: Pixels of the whole side.
        out: Pixels wanted.

    Returns:
        ``(B, out, size)``; every row sums to 1.
    """
    step = length / out
    places = (torch.arange(out, device=start.device) + 0.5) * step[:, None]  # centres of the output pixels within the stretch
    pixels = torch.arange(size, device=start.device) - start[:, None]
    distance = (pixels[:, None, :] + 0.5 - places[:, :, None]).abs()
    weights = (1 - distance / step.clamp(min=1)[:, None, None]).clamp(min=0)
    inside = (pixels >= 0) & (pixels < length[:, None])
    weights = weights * inside[:, None, :]
    return weights / weights.sum(2, keepdim=True)


def blur_weights(sigma: Tensor, size: int) -> Tensor:
    """Gaussian blur of ``size`` pixels as ``(B, size, size)`` weights; at the edge the part of the bell that is left is scaled up.

    Args:
        sigma: ``(B,)`` standard deviation in pixels; 0 is no blur.
        size: Pixels of the side.
    """
    places = torch.arange(size, device=sigma.device, dtype=torch.float32)
    distance = places[:, None] - places[None, :]
    weights = torch.exp(-0.5 * (distance / sigma.clamp(min=1e-3)[:, None, None]).square())
    return weights / weights.sum(2, keepdim=True)


def resample(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Apply weights of rows ``(B, h, H)`` and columns ``(B, w, W)`` to images ``(B, C, H, W)``; gives ``(B, C, h, w)``."""
    return rows[:, None] @ images @ columns[:, None].transpose(2, 3)
