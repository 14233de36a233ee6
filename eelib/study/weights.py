"""Where a network starts: random, from another arm's ``encoder.pt``, or from published weights; and refusals of what does not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from eelib.errors import InputError
from eelib.models import build
from eelib.settings import EncoderSettings
from eelib.study.image_weights import is_image_text, load_image_weights, picture_normaliser, same_bands
from eelib.study.saving import save
from eelib.train.batches import Normaliser
from eelib.train.fit import seeded

if TYPE_CHECKING:
    from eelib.data.windows import Region
    from eelib.study.recipes import ProbeParams, SegmentParams

WEIGHTS = "encoder.pt"
INPUT = "input"  # name of the need that says how bands are scaled
CARD = "encoder.json"  # which network the weights are of, and on which bands they were trained


def make_encoder(settings: EncoderSettings, bands: int) -> nn.Module:
    """The encoder that settings describe, initialised from torch's global generator."""
    return build(settings.name, bands=bands, num_dates=settings.num_dates, width=settings.width)


def started_encoder(params: SegmentParams | ProbeParams, bands: Sequence[str], seed: int, needs: Mapping[str, Path]) -> nn.Module:
    """The encoder as the initialisation of an arm makes it.

    Raises:
        InputError: Weights are missing or do not fit.
    """
    if params.init == "published":
        from eelib.models.published import published_encoder

        return published_encoder(params.published.weights, params.published.file, bands)
    encoder = seeded(seed, lambda: make_encoder(params.encoder, len(bands)))
    if params.init == "pretrained":
        load_encoder(encoder, params.encoder, bands, needs["pretrain"])
    return encoder


def input_normaliser(params: SegmentParams | ProbeParams, region: Region, needs: Mapping[str, Path]) -> Normaliser:
    """What the encoder's input goes through.

    Every region has its own statistics, also where the weights come from another: sensors, seasons and soils shift reflectances, and what
    a network should carry over is how a pixel differs from its surroundings. Published weights want the reflectance itself. Where the
    arm needs one called ``input``, a training on images and texts, bands are scaled as they were there.
    """
    if INPUT in needs:
        return picture_normaliser(needs[INPUT], region.bands)
    if params.init == "published":
        return Normaliser.none(len(region.bands))
    return Normaliser.of(region.unlabelled)


def save_encoder(encoder: nn.Module, settings: EncoderSettings, bands: Sequence[str], folder: Path) -> None:
    """Leave ``encoder.pt``, a plain state dictionary, and ``encoder.json`` beside it."""
    save(encoder.state_dict(), folder / WEIGHTS)
    (folder / CARD).write_text(json.dumps({"encoder": settings.model_dump(), "bands": list(bands)}, indent=1), encoding="utf-8")


def load_encoder(encoder: nn.Module, settings: EncoderSettings, bands: Sequence[str], folder: Path) -> None:
    """Load ``encoder.pt`` of an arm, or the image encoder of a training on images and texts, into an encoder.

    Args:
        encoder: As ``settings`` describe it.
        settings: What is asked for.
        bands: Of the region that the encoder is to read, in order.
        folder: Of the arm that made the weights.

    Raises:
        InputError: The weights are missing or damaged, or belong to another model, size, number of dates, or to other bands.
    """
    path = folder / WEIGHTS
    if not path.exists() and is_image_text(folder):
        load_image_weights(encoder, settings, bands, folder)
        return
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:
        raise InputError(
            f"{path}: these weights are missing or damaged ({type(error).__name__}); move the folder away and run again"
        ) from error
    for field, wanted in settings.model_dump().items():
        found = card["encoder"].get(field, wanted)
        if found != wanted:
            raise InputError(f"{path}: weights of a network with {field}={found} do not fit {field}={wanted}: use the same encoder in both")
    same_bands(path, card["bands"], list(bands))
    encoder.load_state_dict(state)
