"""What an arm can be: the table of recipes and their parameters. No torch until an arm runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from eelib.settings import (
    EncoderSettings,
    LookSettings,
    PixelSettings,
    PretrainSettings,
    ProbeSettings,
    PublishedSettings,
    RegionSizes,
    SegmentSettings,
    Settings,
)
from eelib.settings_pairs import (
    ImageEncoderSettings,
    MethodSettings,
    PairData,
    PairRecipe,
    ScoreSettings,
    TextEncoderSettings,
)

if TYPE_CHECKING:
    from eelib.study.arm import Arm

Progress = Callable[[float], None]
Run = Callable[["Arm", Path, dict[str, Path], Progress], dict[str, Any]]


Init = Literal["random", "pretrained", "raw", "published"]


class PretrainParams(Settings):
    """Parameters of a pre-training; windows of several regions are pooled and the total stays ``sizes.unlabelled``.

    Weights are random, or those of an arm called ``start`` (recipe ``pretrain``, ``segment`` or ``pair_train``). With an arm called
    ``input``, of recipe ``pair_train``, bands are scaled as they were there instead of by the regions' own statistics.
    """

    regions: tuple[str, ...] = Field(min_length=1)
    sizes: RegionSizes
    encoder: EncoderSettings
    recipe: PretrainSettings


class SegmentParams(Settings):
    """Parameters of a fine-tuning.

    Init ``pretrained`` needs an arm called ``pretrain``: the start is its ``encoder.pt`` (recipe ``pretrain`` or ``segment``), or its
    image encoder (``pair_train``). With an arm called ``input``, of recipe ``pair_train``, bands are scaled as they were there.
    """

    region: str
    sizes: RegionSizes
    encoder: EncoderSettings
    init: Literal["random", "pretrained", "published"]
    fraction: float = Field(gt=0, le=1)
    recipe: SegmentSettings
    published: PublishedSettings = PublishedSettings()


class ProbeParams(Settings):
    """Parameters of a frozen linear probe; 'raw' probes the reflectances of all dates instead of an encoder. Needs as fine-tuning."""

    region: str
    sizes: RegionSizes
    encoder: EncoderSettings
    init: Init
    fraction: float = Field(gt=0, le=1)
    recipe: ProbeSettings
    published: PublishedSettings = PublishedSettings()


class PixelParams(Settings):
    """Parameters of a classifier of single pixels from their reflectances on all dates and the dates themselves; no network."""

    region: str
    sizes: RegionSizes
    classifier: Literal["forest", "boosting"] = "forest"
    fraction: float = Field(gt=0, le=1)
    recipe: PixelSettings = PixelSettings()


class ExploreParams(LookSettings):
    """Parameters of a look at embeddings; with init 'pretrained' the arm needs one called 'pretrain'."""

    region: str
    sizes: RegionSizes
    encoder: EncoderSettings
    init: Literal["random", "pretrained", "raw"]


class PairTrainParams(Settings):
    """Parameters of a training on images and texts; the seed is that of the weights, views, order and texts."""

    data: PairData
    image: ImageEncoderSettings
    text: TextEncoderSettings
    method: MethodSettings
    recipe: PairRecipe

    @property
    def revision(self) -> int:
        """1 where a share of the tokens is selected: of those that a sample keeps; before, pads counted when they were masked as well."""
        shares = self.method.select == "ratio" and bool(self.method.weights.tokens)
        return int(shares and not self.method.count_pads)


class PairScoreParams(Settings):
    """Parameters of a zero-shot, probing and retrieval score; needs an arm called ``train``, or names a model of open_clip."""

    later = ("weights",)

    data: PairData
    score: ScoreSettings
    open_clip: str | None = Field(None, description="architecture/weights of open_clip, for example ViT-B-32/laion2b_s34b_b79k or a file")
    weights: str | None = Field(None, description="short hash of the weight file, so that another file at the same path is another arm")

    @property
    def revision(self) -> int:
        """1 where a condition has unusual clouds: their dates are drawn by another rule than before."""
        from eelib.data.world import sky_revision

        return int(any(variant.cloud is not None and sky_revision(variant.cloud, 1) for variant in self.score.variants))


@dataclass(frozen=True)
class Recipe:
    """One kind of arm.

    Attributes:
        version: Bumped by hand whenever the same parameters would give another number; where only some of them would, their model has
            a property ``revision`` that is bumped for these alone.
        run: ``module:function``.
        leaves: Files beside the record that arms which need it read.
        on_ranks: Whether torchrun can compute it on several devices.
    """

    version: int
    run: str
    leaves: tuple[str, ...] = ()
    on_ranks: bool = False

    def load(self) -> Run:
        """Import the function."""
        module, name = self.run.split(":")
        function: Run = getattr(importlib.import_module(module), name)
        return function


RECIPES: dict[str, Recipe] = {
    "pretrain": Recipe(2, "eelib.study.embedding_earth:pretrain", leaves=("encoder.pt",), on_ranks=True),
    "segment": Recipe(2, "eelib.study.embedding_earth:segment", leaves=("encoder.pt",)),
    "probe": Recipe(2, "eelib.study.probing:probe"),
    "explore": Recipe(1, "eelib.study.explore:explore"),
    "pixels": Recipe(2, "eelib.study.pixels:pixels"),
    "pair_train": Recipe(2, "eelib.study.clip_benchmark:pair_train", leaves=("model.pt",), on_ranks=True),
    "pair_score": Recipe(1, "eelib.study.clip_benchmark:pair_score"),
}
