"""What an arm can be: the table of recipes and their parameters. No torch until an arm runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from eelib.settings import EncoderSettings, PretrainSettings, ProbeSettings, RegionSizes, SegmentSettings, Settings

if TYPE_CHECKING:
    from eelib.study.arm import Arm

Progress = Callable[[float], None]
Run = Callable[["Arm", Path, dict[str, Path], Progress], dict[str, Any]]


class PretrainParams(Settings):
    """Parameters of a dense contrastive pre-training."""

    region: str
    sizes: RegionSizes
    encoder: EncoderSettings
    recipe: PretrainSettings


class SegmentParams(Settings):
    """Parameters of a fine-tuning; with init 'pretrained' the arm needs one called 'pretrain'."""

    region: str
    sizes: RegionSizes
    encoder: EncoderSettings
    init: Literal["random", "pretrained"]
    fraction: float = Field(gt=0, le=1)
    recipe: SegmentSettings


class ProbeParams(Settings):
    """Parameters of a frozen linear probe; 'raw' probes the reflectances of all dates instead of an encoder."""

    region: str
    sizes: RegionSizes
    encoder: EncoderSettings
    init: Literal["random", "pretrained", "raw"]
    fraction: float = Field(gt=0, le=1)
    recipe: ProbeSettings


@dataclass(frozen=True)
class Recipe:
    """One kind of arm.

    Attributes:
        version: Bumped by hand whenever the same parameters would give another number.
        run: ``module:function``.
        leaves: Files beside the record that arms which need it read.
    """

    version: int
    run: str
    leaves: tuple[str, ...] = ()

    def load(self) -> Run:
        """Import the function."""
        module, name = self.run.split(":")
        function: Run = getattr(importlib.import_module(module), name)
        return function


RECIPES: dict[str, Recipe] = {
    "pretrain": Recipe(1, "eelib.study.embedding_earth:pretrain", leaves=("encoder.pt",)),
    "segment": Recipe(1, "eelib.study.embedding_earth:segment"),
    "probe": Recipe(1, "eelib.study.embedding_earth:probe"),
}
