"""Making an image-text model from settings, and keeping a trained one with everything that is needed to use it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from eelib.data.image_augment import IMAGENET_MEAN, IMAGENET_STD
from eelib.data.pairs.containers import Pairs
from eelib.data.tokens import Tokenizer
from eelib.errors import InputError
from eelib.models.image_text import TEXT_PRESETS, build_image_encoder, build_text_encoder
from eelib.models.image_text_model import ImageTextModel
from eelib.settings_pairs import ImageEncoderSettings, MethodSettings, PairRecipe, TextEncoderSettings
from eelib.study.saving import save

MODEL = "model.pt"
LOOKED_AT = 512  # training images that band statistics are made from
Card = dict[str, Any]


def make_tokenizer(settings: TextEncoderSettings, captions: Callable[[], Sequence[str]]) -> Tokenizer:
    """The vocabulary that settings ask for.

    Args:
        settings: Of the text encoder.
        captions: Of the training set, and prompts that the model should be able to read; only asked for where a compact vocabulary is made
            from them, because reading them all can take long.
    """
    context = settings.context or int(TEXT_PRESETS[settings.name]["context"])
    return Tokenizer.fit(captions(), context) if settings.tokens == "compact" else Tokenizer(settings.tokens, context)


def make_card(
    image: ImageEncoderSettings,
    text: TextEncoderSettings,
    method: MethodSettings,
    recipe: PairRecipe,
    bands: Sequence[str],
    pairs: Pairs,
    tokenizer: Tokenizer,
) -> Card:
    """All that :func:`model_from_card` needs, as plain values."""
    size = int(pairs.image([0]).shape[2])
    mean, std = band_statistics(pairs, bands, recipe)
    return {
        "image": image.model_dump(),
        "text": text.model_dump(),
        "bands": list(bands),
        "size": size,
        "mean": mean,
        "std": std,
        "token_dim": method.heads.token_dim if method.weights.tokens else None,
        "count_pads": method.count_pads,
        "clamp": method.clamp,
        "temperature": method.temperature,
        "tokenizer": tokenizer.state(),
    }


def model_from_card(card: Card) -> ImageTextModel:
    """The model that a card describes, initialised from torch's global generator: encoders first, so that they do not depend on heads.

    Raises:
        InputError: Sizes do not fit together.
    """
    image_settings, text_settings = ImageEncoderSettings(**card["image"]), TextEncoderSettings(**card["text"])
    frozen = {"freeze_patch": True} if image_settings.freeze_patch else {}
    image = build_image_encoder(image_settings.name, image_size=card["size"], bands=len(card["bands"]), **frozen)
    tokenizer = Tokenizer.from_state(card["tokenizer"])
    sizes = {"vocabulary": tokenizer.size, "context": tokenizer.context, "bidirectional": text_settings.bidirectional}
    depth = {"layers": text_settings.layers} if text_settings.layers else {}
    text = build_text_encoder(text_settings.name, embed_dim=image.embed_dim, **sizes, **depth)
    options = {name: card[name] for name in ("token_dim", "temperature", "clamp")}
    return ImageTextModel(image, text, card["mean"], card["std"], **options)


def band_statistics(pairs: Pairs, bands: Sequence[str], recipe: PairRecipe) -> tuple[list[float], list[float]]:
    """Mean and standard deviation per band of images in 0..1.

    Raises:
        InputError: ImageNet's are asked for and images are not RGB.
    """
    if recipe.standardise == "imagenet":
        if len(bands) != 3:
            raise InputError(f"standardise='imagenet' needs 3 bands, {pairs.name} has {len(bands)}: use 'data'")
        return list(IMAGENET_MEAN), list(IMAGENET_STD)
    images = pairs.image(np.arange(min(len(pairs), LOOKED_AT))).astype(np.float64)
    mean, std = images.mean((0, 2, 3)), images.std((0, 2, 3))
    return mean.round(6).tolist(), (std + 1e-3).round(6).tolist()


def save_model(model: ImageTextModel, card: Card, folder: Path) -> None:
    """Leave ``model.pt``: weights and card in one file, so that they cannot be mixed up."""
    save({"card": card, "state": model.state_dict()}, folder / MODEL)


def load_model(folder: Path) -> tuple[ImageTextModel, Tokenizer, Card]:
    """A trained model, its tokenizer and its card.

    Raises:
        InputError: ``model.pt`` is missing or damaged, or its vocabulary does not match its weights.
    """
    path = folder / MODEL
    try:
        kept = torch.load(path, weights_only=True, map_location="cpu")
        card, state = kept["card"], kept["state"]
    except Exception as error:
        raise InputError(
            f"{path}: this model is missing or damaged ({type(error).__name__}); move the folder away and run again"
        ) from error
    tokenizer = Tokenizer.from_state(card["tokenizer"])
    rows = len(state["text.embedding.weight"])
    if rows != tokenizer.size:
        raise InputError(
            f"{path}: the weights have {rows} token embeddings, the vocabulary {tokenizer.size}: they belong to different models"
        )
    with torch.random.fork_rng(devices=[]):
        model = model_from_card(card)
    model.load_state_dict(state)
    return model.eval(), tokenizer, card
