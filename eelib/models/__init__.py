"""Segmentation backbones, encoders and heads, all reached through :func:`build`."""

from __future__ import annotations

from typing import Any

from torch import nn

from eelib.errors import unknown
from eelib.models.heads import ProjectionHead, SegmentationModel
from eelib.models.image_text import IMAGE_ENCODERS
from eelib.models.text import TextTransformer
from eelib.models.unet3d import UNet3Df

ENCODERS: dict[str, type[nn.Module]] = {"unet3df": UNet3Df, **IMAGE_ENCODERS, "text": TextTransformer}

__all__ = ["ENCODERS", "ProjectionHead", "SegmentationModel", "UNet3Df", "build"]


def build(name: str, **sizes: Any) -> nn.Module:  # noqa: ANN401 - every encoder has its own sizes
    """Make an encoder by name.

    Args:
        name: A key of :data:`ENCODERS`.
        **sizes: Arguments of that encoder, for example ``bands``, ``num_dates``, ``width``.

    Raises:
        InputError: Nobody knows the name.
    """
    if name not in ENCODERS:
        raise unknown("model", name, ENCODERS)
    return ENCODERS[name](**sizes)
