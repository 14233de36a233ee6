"""Crops, resizes and blurs of a batch, each image with its own box and width, as two matrix products per image.

Every output row is a weighted sum of input rows and every output column one of input columns, so an image becomes ``R @ image @ Cᵀ``. That
gives anti-aliased bilinear resampling with another box for every image, any number of bands, and flips for nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor


def resize_weights(start: Tensor, length: Tensor, size: int, out: int) -> Tensor:
    """How ``out`` pixels draw on a stretch of ``size`` pixels: with a triangle as wide as one of them, and no narrower than a source pixel.

    Over the whole side this is the anti-aliased bilinear interpolation of Pillow and torch; over a part of it, pixels at the rim of the
    part also see their neighbours outside. Start and length need not be whole.

    Args:
        start: ``(B,)`` where the stretch begins, in pixels from the left edge of the first.
        length: ``(B,)`` how long it is, in pixels.
        size: Pixels of the whole side.
        out: Pixels wanted.

    Returns:
        ``(B, out, size)``; every row sums to 1.
    """
    step = length / out
    places = start[:, None] + (torch.arange(out, device=start.device) + 0.5) * step[:, None]
    pixels = torch.arange(size, device=start.device) + 0.5
    distance = (pixels - places[:, :, None]).abs()
    weights = (1 - distance / step.clamp(min=1)[:, None, None]).clamp(min=0)
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
    batch, bands, height, _ = images.shape
    out, width = rows.shape[1], columns.shape[1]
    # Bands ride along in the other dimension of each product, so no weights are copied per band.
    narrow = images.flatten(1, 2) @ columns.transpose(1, 2)
    beside = narrow.view(batch, bands, height, width).transpose(1, 2).flatten(2)
    return (rows @ beside).view(batch, out, bands, width).transpose(1, 2).contiguous()
