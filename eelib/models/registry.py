"""Encoders by name, and their published and small sizes."""

from __future__ import annotations

from typing import Any

from eelib.errors import unknown
from eelib.models.convbigru import ConvBiGRU
from eelib.models.image_series import ResNetSeries, ViTSeries
from eelib.models.series_encoder import SeriesEncoder
from eelib.models.tsvit import TSViT
from eelib.models.unet2d_clstm import UNet2DCLSTM
from eelib.models.unet3d import UNet3D
from eelib.models.unet3df import UNet3Df

ENCODERS: dict[str, type[SeriesEncoder]] = {
    "unet3d": UNet3D,
    "unet3df": UNet3Df,
    "unet2d_clstm": UNet2DCLSTM,
    "convbigru": ConvBiGRU,
    "tsvit": TSViT,
    "vit_series": ViTSeries,
    "resnet_series": ResNetSeries,
}

# Sizes besides ``bands``: those of the authors' code and configurations, and small ones for a CPU.
PRESETS: dict[str, dict[str, dict[str, int]]] = {
    "unet3d": {"published": {"width": 64, "num_dates": 16}, "small": {"width": 8, "num_dates": 8}},
    "unet3df": {"published": {"width": 64, "num_dates": 16}, "small": {"width": 8, "num_dates": 8}},
    "unet2d_clstm": {"published": {"width": 64, "num_dates": 16}, "small": {"width": 8, "num_dates": 8}},
    "convbigru": {"published": {"width": 64, "num_dates": 16}, "small": {"width": 4, "num_dates": 8}},
    "tsvit": {
        "published": {"width": 64, "num_dates": 60, "patch": 2, "depth": 4, "heads": 4, "window": 24},
        "small": {"width": 16, "num_dates": 8, "depth": 2},
    },
    "vit_series": {"published": {"width": 64, "num_dates": 16}, "small": {"width": 8, "num_dates": 8}},
    "resnet_series": {"published": {"width": 64, "num_dates": 16}, "small": {"width": 8, "num_dates": 8}},
}


def build_series(name: str, **sizes: Any) -> SeriesEncoder:  # noqa: ANN401 - every encoder has its own sizes
    """Make an encoder of image series by name.

    Args:
        name: A key of :data:`ENCODERS`.
        **sizes: Arguments of that encoder: ``bands``, ``num_dates``, ``width``; :data:`PRESETS` has the published ones.

    Raises:
        InputError: Unknown name.
    """
    if name not in ENCODERS:
        raise unknown("model", name, ENCODERS)
    return ENCODERS[name](**sizes)
