"""Multi-view supervision: every image view against every text view."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from eelib.errors import InputError
from eelib.losses.info_nce import info_nce


def multi_view_clip(
    images: Sequence[Tensor], texts: Sequence[Tensor], scale: float | Tensor, *, chunk: int | None = None, gather: bool = False
) -> Tensor:
    """Mean of InfoNCE over all pairings of an image view with a text view (with two of each: the four blocks of DeCLIP).

    With one view of each it is the loss of CLIP.

    Args:
        images: One ``(N, D)`` per view; normalised inside.
        texts: The same for texts; row n of every view shows pair n.
        scale: Inverse temperature, a number or a tensor of one number that may be learnt.
        chunk: As in :func:`info_nce`.
        gather: As in :func:`info_nce`.

    Returns:
        Scalar, at least 0.

    Raises:
        InputError: No views, or as :func:`info_nce`.
    """
    if not images or not texts:
        raise InputError(f"images and texts must hold at least one view each, got {len(images)} and {len(texts)}")
    return torch.stack([info_nce(image, text, scale, chunk=chunk, gather=gather) for image in images for text in texts]).mean()
