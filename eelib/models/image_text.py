"""The encoders of the image-text study by name: published sizes and small ones."""

from __future__ import annotations

import inspect
from typing import Any

from torch import nn

from eelib.errors import unknown
from eelib.models.clip_resnet import ClipResNet
from eelib.models.text import TextTransformer
from eelib.models.vit import ViT

IMAGE_ENCODERS: dict[str, type[nn.Module]] = {"vit": ViT, "resnet": ClipResNet}

# Preset: (encoder, sizes). The published ones are those of github.com/Sense-GVT/DeCLIP; the small ones are ours.
IMAGE_PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    "vit_b32": ("vit", {"image_size": 224, "patch": 32, "width": 768, "layers": 12, "heads": 12, "embed_dim": 512}),
    "vit_small": ("vit", {"image_size": 64, "patch": 8, "width": 128, "layers": 4, "heads": 4, "embed_dim": 128}),
    "vit_tiny": ("vit", {"image_size": 32, "patch": 8, "width": 64, "layers": 2, "heads": 2, "embed_dim": 64}),
    "resnet50": ("resnet", {"image_size": 224, "layers": (3, 4, 6, 3), "width": 64, "embed_dim": 1024}),
    "resnet_small": ("resnet", {"image_size": 64, "layers": (1, 1, 1, 1), "width": 16, "embed_dim": 128, "last_stride": 1}),
    "resnet_tiny": ("resnet", {"image_size": 32, "layers": (1, 1, 1), "width": 8, "embed_dim": 64, "last_stride": 1}),
}

TEXT_PRESETS: dict[str, dict[str, Any]] = {
    "text_base": {"vocabulary": 49_408, "context": 77, "width": 512, "layers": 12, "heads": 8, "embed_dim": 512},
    "text_small": {"context": 32, "width": 128, "layers": 4, "heads": 4, "embed_dim": 128},
    "text_tiny": {"context": 24, "width": 64, "layers": 2, "heads": 2, "embed_dim": 64},
}


def build_image_encoder(name: str, **sizes: Any) -> nn.Module:  # noqa: ANN401 - every encoder has its own sizes
    """An image encoder that returns :class:`eelib.models.image_output.ImageOutput`.

    Args:
        name: ``vit``, ``resnet``, or a key of :data:`IMAGE_PRESETS`.
        **sizes: Arguments of the encoder; they go before those of the preset.

    Raises:
        InputError: Unknown name or size, or sizes do not fit together.
    """
    if name not in IMAGE_PRESETS and name not in IMAGE_ENCODERS:
        raise unknown("image encoder", name, [*IMAGE_ENCODERS, *IMAGE_PRESETS])
    kind, preset = IMAGE_PRESETS.get(name, (name, {}))
    return _make(IMAGE_ENCODERS[kind], name, preset | sizes)


def build_text_encoder(preset: str = "text_base", **sizes: Any) -> nn.Module:  # noqa: ANN401
    """A :class:`eelib.models.text.TextTransformer`.

    Args:
        preset: A key of :data:`TEXT_PRESETS`; the small ones leave ``vocabulary`` to the tokenizer: pass ``vocabulary=tokenizer.size``.
        **sizes: Arguments of the encoder; they go before those of the preset.

    Raises:
        InputError: Unknown preset or size, or sizes do not fit together.
    """
    if preset not in TEXT_PRESETS:
        raise unknown("text encoder", preset, TEXT_PRESETS)
    return _make(TextTransformer, preset, TEXT_PRESETS[preset] | sizes)


def _make(encoder: type[nn.Module], name: str, sizes: dict[str, Any]) -> nn.Module:
    known = inspect.signature(encoder).parameters
    for size in sizes:
        if size not in known:
            raise unknown(f"size of encoder {name}", size, known)
    return encoder(**sizes)
