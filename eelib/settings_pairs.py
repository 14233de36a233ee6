"""Settings of the image-text study: data, encoders, methods as tables of term weights, recipes, evaluation. No torch here."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from eelib.data.pairs.prompts import PROMPT_SETS
from eelib.data.pairs.settings import PairSizes
from eelib.errors import unknown
from eelib.settings import Settings

IMAGE_ENCODERS = ("vit_b32", "vit_small", "vit_tiny", "resnet50", "resnet_small", "resnet_tiny")  # eelib.models.image_text, without torch
TEXT_ENCODERS = ("text_base", "text_small", "text_tiny")
AUGMENTATIONS = ("base", "moco", "moco_bands", "satellite", "none")
TERMS = ("clip", "multi_view", "image", "text", "neighbours", "tokens")  # numbers in docs/clip_benchmark.md#terms: 0, 3, 1, 2, 4, 5

Text = Literal["caption", "masked", "augmented"]


class PairData(Settings):
    """Pairs to train on or to be scored on; those of several sets are pooled, and the total stays that of ``sizes``."""

    sets: tuple[str, ...] = Field(("germany",), min_length=1, description="simulated regions, emoji, other sets of pairs, or manifests")
    sizes: PairSizes = PairSizes()


class ImageEncoderSettings(Settings):
    """Which image encoder."""

    name: str = Field("vit_tiny", description=", ".join(IMAGE_ENCODERS))
    freeze_patch: bool = Field(False, description="vit: leave the patch convolution at its random start, as released (detail 21)")

    @field_validator("name")
    @classmethod
    def _name_is_known(cls, value: str) -> str:
        if value not in IMAGE_ENCODERS:
            raise unknown("image encoder", value, IMAGE_ENCODERS)
        return value


class TextEncoderSettings(Settings):
    """Which text encoder and which vocabulary."""

    name: str = Field("text_tiny", description=", ".join(TEXT_ENCODERS))
    layers: int | None = Field(None, ge=1, description="blocks; None: those of the preset. The text-depth study")
    context: int | None = Field(None, ge=3, description="tokens per caption; None: those of the preset")
    bidirectional: bool = Field(False, description="every token sees every other (detail 5)")
    tokens: Literal["compact", "declip", "clip"] = Field("compact", description="vocabulary: of the training captions, or as published")

    @field_validator("name")
    @classmethod
    def _name_is_known(cls, value: str) -> str:
        if value not in TEXT_ENCODERS:
            raise unknown("text encoder", value, TEXT_ENCODERS)
        return value


class TermWeights(Settings):
    """Weight of each term (docs/clip_benchmark.md#terms); a term of weight 0 is not computed, and what only it needs is not built."""

    clip: float = Field(0.0, ge=0, description="0: InfoNCE of the first image view and the first text")
    multi_view: float = Field(0.0, ge=0, description="3: mean InfoNCE of all further pairings of an image view with a text")
    image: float = Field(0.0, ge=0, description="1: image self-supervision, SimCLR or SimSiam")
    text: float = Field(0.0, ge=0, description="2: masked language modelling")
    neighbours: float = Field(0.0, ge=0, description="4: image to the nearest earlier text")
    tokens: float = Field(0.0, ge=0, description="5: token-wise alignment (FILIP) of the first image view and the first text")


class HeadSizes(Settings):
    """Widths of the heads beside the encoders; the defaults suit the tiny encoders, the published ones stand in brackets."""

    simclr_width: int = Field(128, ge=1, description="hidden layers of the SLIP head (4096)")
    simclr_dim: int = Field(64, ge=1, description="its output (256)")
    simsiam_width: int = Field(128, ge=1, description="SimSiam projector (1024)")
    simsiam_hidden: int = Field(64, ge=1, description="SimSiam predictor (512)")
    token_dim: int = Field(64, ge=1, description="space of the token-wise alignment (256)")
    bank: int = Field(512, ge=1, description="rows of the bank of earlier texts (65 536)")


class MethodSettings(Settings):
    """A method: weights, views, texts, and the choices of docs/clip_benchmark.md#the-32-details. The five methods are five values."""

    weights: TermWeights
    views: tuple[str, ...] = Field(("base",), min_length=1, description="augmentation of each image view, " + ", ".join(AUGMENTATIONS))
    contrast_views: tuple[int, ...] = Field((0,), min_length=1, description="views that meet texts, by position")
    image_views: tuple[int, int] = Field((0, 1), description="the two views of the image term")
    texts: tuple[Text, ...] = Field(("caption",), min_length=1, description="texts that meet images; 'masked' shares the pass of term 2")
    image_term: Literal["simclr", "simsiam"] = Field("simclr", description="simclr reads the feature, simsiam the shared embedding")
    image_temperature: float = Field(0.1, gt=0, description="of SimCLR")
    mask_rate: float = Field(0.15, gt=0, lt=1, description="share of the tokens that are selected for masking")
    deletion: float = Field(0.1, ge=0, lt=1, description="augmented texts: probability that a word is left out")
    synonyms: Literal["known", "all"] = Field(
        "known",
        description="augmented texts: only synonyms that the vocabulary holds, or all, of which a compact one lacks many",
    )
    select: Literal["all", "topk", "ratio"] = Field("all", description="tokens that may be the best match (detail 16)")
    select_k: float = Field(16, gt=0, description="how many, or which share of the tokens kept")
    count_pads: bool = Field(False, description="pads count as words, as released (detail 15)")
    bank_warm_up: bool = Field(True, description="term 4 is 0 until the bank is full (detail 8)")
    clamp: Literal["open_clip", "declip", "none"] = Field(
        "open_clip", description="log scales kept in [0, ln 100]; in [3, 6] with the scale capped at 100 (detail 2); free"
    )
    temperature: float = Field(0.07, gt=0, description="of the contrast at the start")
    heads: HeadSizes = HeadSizes()

    @property
    def met_texts(self) -> tuple[Text, ...]:
        """Treatments of the texts that meet images in some term with weight, in order; none of them is masked for term 2 alone."""
        weights = self.weights
        if weights.multi_view or weights.neighbours:
            return self.texts
        return self.texts[:1] if weights.clip or weights.tokens else ()

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the choice of synonyms where it is the one that there was before there was a choice, or where no edited text is read.

        So records of both keep their keys. Copy fields, not this text: what is unsaid here would be read as the default.
        """
        written: dict[str, Any] = handler(self)
        said = self.synonyms != "all" and "augmented" in self.met_texts
        return {name: value for name, value in written.items() if name != "synonyms" or said}

    @field_validator("views")
    @classmethod
    def _views_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for view in value:
            if view not in AUGMENTATIONS:
                raise unknown("image augmentation", view, AUGMENTATIONS)
        return value

    @model_validator(mode="after")
    def _terms_have_what_they_need(self) -> Self:
        weights = self.weights
        if not any(getattr(weights, term) for term in TERMS):
            raise ValueError("all weights are 0: there is nothing to minimise")
        used = {*self.contrast_views, *(self.image_views if weights.image else ())}
        if min(used) < 0 or max(used) >= len(self.views):
            raise ValueError(f"contrast_views or image_views name view {max(used)}, but there are {len(self.views)} views, counted from 0")
        if weights.image and self.image_views[0] == self.image_views[1]:
            raise ValueError("image_views must be two different views")
        if weights.multi_view and len(self.contrast_views) * len(self.texts) < 2:
            raise ValueError("weights.multi_view needs a second view in contrast_views or a second text in texts")
        return self


class PairRecipe(Settings):
    """How long and how fast; the budget is counted in samples seen and the same for every method (detail 26)."""

    samples: int = Field(20_000, ge=1, description="pairs seen in all; a pair counts once however many views are made of it")
    batch_size: int = Field(64, ge=2, description="pairs per step; an incomplete last batch does not occur (detail 30)")
    lr: float = Field(1e-3, gt=0, description="peak learning rate")
    lr_start: float = Field(0.1, ge=0, le=1, description="share of the peak at the first step")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps of the linear warm-up; 0.02 (2500 of 128 001) as published")
    weight_decay: float = Field(0.1, ge=0)
    decay_embeddings: bool = Field(False, description="decay position, class and token embeddings as well, as released (detail 25)")
    standardise: Literal["data", "imagenet"] = Field("data", description="band statistics: of the training images, or ImageNet's (RGB)")
    precision: Literal["32", "bf16"] = Field("32", description="bf16: autocast of encoders and heads; losses stay in 32 bits")

    @property
    def steps(self) -> int:
        """Optimiser steps."""
        return max(1, self.samples // self.batch_size)


class ScoreVariant(Settings):
    """The same evaluation under other conditions: what differs from the data of the score."""

    name: str = Field(min_length=1)
    sets: tuple[str, ...] | None = Field(None, description="other sets of pairs: a shift of region")
    cloud: float | None = Field(None, ge=0, description="factor on the odds of cloud in simulated images")
    noise: float | None = Field(None, ge=0, description="standard deviation of sensor noise; reflectance, or 0..1 of pictures")


class ScoreSettings(Settings):
    """What a trained model is asked."""

    prompts: tuple[str, ...] = Field(("auto",), min_length=1, description="prompt sets; auto: the one that fits the data")
    shots: tuple[int, ...] = Field((1, 4, 16), description="training images per class of few-shot probes")
    draws: int = Field(3, ge=1, description="random choices of the shots")
    neighbours: int = Field(10, ge=1, description="k of the nearest-neighbour classifier")
    penalties: tuple[float, ...] = Field((1e-5, 1e-3, 1e-1), min_length=1, description="decays of the linear probe; validation chooses")
    margin: float = Field(1.0, ge=1, description="short side over the centre crop that is evaluated; 256/224 as published")
    token_ensemble: Literal["similarities", "tokens"] = Field(
        "similarities", description="token-wise: mean over prompts of the similarities, or of the token matrices (detail 17)"
    )
    variants: tuple[ScoreVariant, ...] = ()

    @field_validator("prompts")
    @classmethod
    def _prompts_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in ("auto", *PROMPT_SETS):
                raise unknown("prompt set", name, ("auto", *PROMPT_SETS))
        return value
