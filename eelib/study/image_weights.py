"""The image encoder of a trained image-text model as the start of a network of series: its weights, and how it reads bands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from eelib.data.pairs.tiles import white_level
from eelib.errors import InputError
from eelib.settings import IMAGE_PRESETS, EncoderSettings
from eelib.train.batches import PictureNormaliser

IMAGE_TEXT = "model.pt"  # as eelib.study.pair_weights leaves it: {"card", "state"}
IMAGE, TOWER = "image.", "tower."  # how the names of the weights begin, there and in the network of series


def is_image_text(folder: Path) -> bool:
    """Whether an arm's folder holds a file that could be an image-text model."""
    return (folder / IMAGE_TEXT).is_file()


def picture_normaliser(folder: Path, bands: Sequence[str]) -> PictureNormaliser:
    """Reflectance to what the image encoder was trained on.

    Args:
        folder: Of the training on images and texts.
        bands: Of the region, in order.

    Raises:
        InputError: The model is missing or damaged, or was trained on other bands.
    """
    card, _ = read_model(folder)
    same_bands(folder / IMAGE_TEXT, card["bands"], list(bands))
    return PictureNormaliser(white_level(bands), np.array(card["mean"]), np.array(card["std"]))


def load_image_weights(encoder: nn.Module, settings: EncoderSettings, bands: Sequence[str], folder: Path) -> None:
    """Load the image encoder of an image-text model into a network of series; pooling and projection are left out.

    Args:
        encoder: As ``settings`` describe it.
        settings: What is asked for.
        bands: Of the region that the encoder is to read, in order.
        folder: Of the training on images and texts.

    Raises:
        InputError: The model is missing or damaged, or belongs to another image encoder, image size, or to other bands.
    """
    path = folder / IMAGE_TEXT
    card, state = read_model(folder)
    found, wanted = card["image"]["name"], IMAGE_PRESETS.get(settings.name, {}).get(settings.width)
    if found != wanted:
        asked = f"{settings.name} of width {settings.width}"
        raise InputError(f"{path}: weights of the image encoder {found} do not fit {asked}: {_hint(found)}")
    same_bands(path, card["bands"], list(bands))
    own = encoder.state_dict()
    loaded = {name: state.get(IMAGE + name.removeprefix(TOWER)) for name in own}
    for name, weight in loaded.items():
        if weight is None or weight.shape != own[name].shape:
            held = "none" if weight is None else tuple(weight.shape)
            raise InputError(
                f"{path}: weight '{name.removeprefix(TOWER)}' has shape {held} where {tuple(own[name].shape)} is needed: "
                f"train with pairs of the image size of {found}; these have {card['size']} pixels"
            )
    encoder.load_state_dict(loaded)


def read_model(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Card and weights of an image-text model.

    Raises:
        InputError: The file is missing or damaged, or holds something else.
    """
    path = folder / IMAGE_TEXT
    try:
        kept = torch.load(path, weights_only=True, map_location="cpu")
        card, state = kept["card"], kept["state"]
        assert {"image", "bands", "mean", "std", "size"} <= card.keys()
    except Exception as error:
        raise InputError(
            f"{path}: this image-text model is missing or damaged ({type(error).__name__}); move the folder away and run again"
        ) from error
    return card, state


def same_bands(path: Path, found: list[str], wanted: list[str]) -> None:
    """Refuse weights of other bands.

    Raises:
        InputError: They are other bands, or the same in another order.
    """
    if found == wanted:
        return
    if sorted(found) == sorted(wanted):
        kind = "the same bands in another order"
    else:
        kind = f"{len(found)} bands where the region has {len(wanted)}" if len(found) != len(wanted) else "other bands"
    raise InputError(
        f"{path}: trained on {kind} ({', '.join(found)} against {', '.join(wanted)}): give both the same bands with sizes.bands"
    )


def _hint(image: str) -> str:
    known = {preset: f"{name} of width {width}" for name, presets in IMAGE_PRESETS.items() for width, preset in presets.items()}
    return f"use {known[image]}" if image in known else "no network of series has it"
