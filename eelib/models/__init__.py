"""Segmentation backbones, encoders and heads, all reached through :func:`build`; trained ones through :func:`load_encoder`."""

from __future__ import annotations

from typing import Any

from torch import nn

from eelib.models.convbigru import ConvBiGRU
from eelib.models.exported import export_encoder, export_segmenter, load_encoder, load_segmenter
from eelib.models.heads import ProjectionHead, SegmentationModel
from eelib.models.image_text import IMAGE_ENCODERS
from eelib.models.registry import ENCODERS, PRESETS, build_series
from eelib.models.series_encoder import SeriesEncoder
from eelib.models.text import TextTransformer
from eelib.models.tsvit import TSViT
from eelib.models.unet2d_clstm import UNet2DCLSTM
from eelib.models.unet3d import UNet3D
from eelib.models.unet3df import UNet3Df

__all__ = [
    "ENCODERS",
    "PRESETS",
    "ConvBiGRU",
    "ProjectionHead",
    "SegmentationModel",
    "SeriesEncoder",
    "TSViT",
    "UNet2DCLSTM",
    "UNet3D",
    "UNet3Df",
    "build",
    "export_encoder",
    "export_segmenter",
    "load_encoder",
    "load_segmenter",
]


def build(name: str, **sizes: Any) -> nn.Module:  # noqa: ANN401 - every encoder has its own sizes
    """Make any encoder by name: one of image series (:data:`ENCODERS`), ``vit``, ``resnet`` or ``text``.

    Args:
        name: A key of :data:`ENCODERS`, ``vit``, ``resnet`` or ``text``.
        **sizes: Keyword arguments of that class.

    Raises:
        InputError: Unknown name.
    """
    others: dict[str, type[nn.Module]] = {**IMAGE_ENCODERS, "text": TextTransformer}
    return others[name](**sizes) if name in others else build_series(name, **sizes)
