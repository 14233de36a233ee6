"""Networks as files that outlive the study: weights as safetensors, and a JSON card with everything needed to use them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from torch import nn

from eelib.errors import InputError
from eelib.models.heads import SegmentationModel
from eelib.models.registry import build_series
from eelib.models.series_encoder import SeriesEncoder
from eelib.settings import EncoderSettings, Settings, describe

ENCODER, SEGMENTER = "encoder", "segmenter"  # stems of the two files


class Card(Settings):
    """What a network expects and where it comes from."""

    format: Literal[1] = 1
    encoder: EncoderSettings
    bands: tuple[str, ...] = Field(min_length=1, description="in channel order")
    embed_dim: int = Field(description="channels of the features")
    units: str = Field("reflectance, 1.0 = 100 %", description="of the input before normalisation")
    centre: tuple[tuple[float, ...], ...] = Field(description="per region and band; subtracted from the input")
    scale: tuple[tuple[float, ...], ...] = Field(description="per region and band; the input is divided by it after that")
    limit: float = Field(description="normalised values beyond plus or minus this are cut off")
    window: int = Field(description="height and width at which the network was scored, pixels")
    days: tuple[int, int] | None = Field(None, description="first and last day of the year of the training; None: not known")
    classes: tuple[str, ...] = Field((), description="class id = position; empty for an encoder")
    colors: tuple[str, ...] = Field((), description="hex colour per class")
    regions: tuple[str, ...] = Field(min_length=1, description="where it was trained")
    simulated: bool = Field(description="whether any of them is simulated")
    attribution: str = Field(description="credit that the training data ask for")
    licence: str = Field(description="of the training data")
    experiment: str
    arm: str
    seed: int
    record: str = Field(description="key of the record of the training")
    recipe: dict[str, Any] = Field(description="parameters of the training")
    metrics: dict[str, Any] = Field({}, description="scores of the training, without counts per window")


def export_encoder(encoder: nn.Module, card: Card, folder: Path) -> Path:
    """Write ``encoder.safetensors`` and ``encoder.json``; returns the folder.

    Raises:
        InputError: The folder cannot be written.
    """
    return _write(encoder, card.model_copy(update={"classes": (), "colors": ()}), folder, ENCODER)


def export_segmenter(model: nn.Module, card: Card, folder: Path) -> Path:
    """Write ``segmenter.safetensors`` and ``segmenter.json``, encoder and classifier in one; returns the folder.

    Raises:
        InputError: The card names no classes, or the folder cannot be written.
    """
    if not card.classes:
        raise InputError(f"{folder}: the card of a segmentation model must name its classes")
    return _write(model, card, folder, SEGMENTER)


def load_encoder(folder: Path | str) -> tuple[SeriesEncoder, Card]:
    """An exported encoder in evaluation mode, and its card. From a segmentation model, its encoder.

    Raises:
        InputError: Nothing is exported there, or files are damaged or do not belong together.
    """
    if not (Path(folder) / f"{ENCODER}.safetensors").exists() and (Path(folder) / f"{SEGMENTER}.safetensors").exists():
        model, card = load_segmenter(folder)
        return model.encoder, card  # type: ignore[return-value]
    return _read(Path(folder), ENCODER, bare_encoder)  # type: ignore[return-value]


def load_segmenter(folder: Path | str) -> tuple[SegmentationModel, Card]:
    """An exported segmentation model in evaluation mode, and its card.

    Raises:
        InputError: Nothing is exported there, or files are damaged or do not belong together.
    """
    return _read(Path(folder), SEGMENTER, bare_segmenter)  # type: ignore[return-value]


def bare_encoder(card: Card) -> SeriesEncoder:
    """The encoder of a card before its weights are loaded."""
    return build_series(bands=len(card.bands), **card.encoder.model_dump())


def bare_segmenter(card: Card) -> SegmentationModel:
    """The segmentation model of a card before its weights are loaded."""
    return SegmentationModel(bare_encoder(card), len(card.classes))


def fill_weights(model: nn.Module, state: dict[str, Any], path: Path) -> None:
    """Load weights into a model.

    Raises:
        InputError: They are those of another model.
    """
    own = model.state_dict()
    strange = sorted(own.keys() ^ state.keys())
    if strange:
        raise InputError(f"{path}: weights of another model ({len(strange)} names differ, for example '{strange[0]}')")
    for name, value in own.items():
        if value.shape != state[name].shape:
            found, wanted = (tuple(part.shape) for part in (state[name], value))
            raise InputError(f"{path}: weights of another size: '{name}' has shape {found}, the card describes {wanted}")
    model.load_state_dict(state)


def _write(model: nn.Module, card: Card, folder: Path, stem: str) -> Path:
    from safetensors.torch import save

    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    files = {f"{stem}.safetensors": save(state), f"{stem}.json": (card.model_dump_json(indent=1) + "\n").encode()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            partial = folder / f".{name}.{os.getpid()}"
            partial.write_bytes(content)
            partial.replace(folder / name)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    return folder


def _read(folder: Path, stem: str, bare: Callable[[Card], nn.Module]) -> tuple[nn.Module, Card]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    weights, card = folder / f"{stem}.safetensors", read_card(folder / f"{stem}.json")
    model = bare(card)
    try:
        state = load_file(weights)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{weights}: these weights are missing or damaged ({type(error).__name__}); export them again") from error
    fill_weights(model, state, weights)
    return model.eval(), card


def read_card(path: Path) -> Card:
    """A card from its file.

    Raises:
        InputError: It is missing, damaged, or of a format that this version does not know.
    """
    try:
        return Card.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise InputError(f"{path}: {describe(error, Card)}") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no exported network here ({type(error).__name__}); `eelib export` writes one") from error
