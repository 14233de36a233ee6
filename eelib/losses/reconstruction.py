"""Masked reconstruction: only what was hidden counts."""

from __future__ import annotations

from torch import Tensor


def masked_reconstruction(found: Tensor, wanted: Tensor, hidden: Tensor) -> Tensor:
    """Mean squared error over hidden values; 0, with zero gradients, where nothing is hidden.

    Args:
        found: ``(B, T, C, h, w)``.
        wanted: The same shape.
        hidden: ``(B, T, h, w)`` bool, hidden in every band.
    """
    weight = hidden[:, :, None].to(found.dtype)
    total = ((found - wanted).square() * weight).sum()
    return total / (weight.sum() * found.shape[2]).clamp(min=1)
