"""BRIDGE1: is language supervision a good start for dense land cover? Neither paper asks; the design is ours (B)."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field, field_validator

from eelib.data.freshness import looking_once
from eelib.data.pairs.tiles import RGB
from eelib.data.sources import source
from eelib.errors import unknown
from eelib.settings import PretrainSettings, series_encoder
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, RAW, Start, pretrain_arm, pretrained, readings
from eelib.study.budgets import Budget, pretrain_recipe
from eelib.study.extent import Extent, TrainingParameters, budget_of, extent_of
from eelib.study.pair_arms import Setup, sizes_of, standard, train_arm
from eelib.study.pair_budgets import EVERY_MODEL, FAMILIES, PAIR_BUDGETS, PairBudget, pair_with_changes
from eelib.study.pair_methods import METHODS
from eelib.study.parameters import among

NAME = "bridge1_language_init"
VIEW = 24  # pixels: as much of a window as leaves room to move, so that views are nearly as large as the images of pairs


class Bridge(Extent):
    """Which image encoders are started."""

    encoders: tuple[str, ...] = FAMILIES


EXTENTS = {
    "smoke": Bridge(regions=("germany",), seeds=(0, 1), fractions=(1.0,), finetuned=(1.0,)),
    "quick": Bridge(regions=("germany",), seeds=(0, 1), fractions=(0.1,), finetuned=(0.1,), encoders=("vit",)),
    "full": Bridge(regions=("germany", "ghana"), seeds=(0, 1, 2, 3, 4)),
    "paper": Bridge(regions=("germany", "france", "ghana", "south_sudan"), seeds=(0, 1, 2, 3, 4)),
}


class Parameters(TrainingParameters):
    """Parameters of the notebook bridge1_language_init."""

    extents = EXTENTS
    sets = {**TrainingParameters.sets, "samples": "language.recipe.samples"}  # noqa: RUF012 - declared in the base
    unread = ("look", "pixel", *(f"language.{name}" for name in ("overrides", "image.name", "score", "conditions", "test_pairs")))

    encoders: tuple[str, ...] | None = Field(None, description="vit, resnet; None: those of the profile")
    method: str = Field("clip", description="image-text method: " + ", ".join(METHODS))
    samples: int | None = Field(None, ge=2, description="pairs seen by language pre-training; None: those of the profile")

    @field_validator("encoders")
    @classmethod
    def _known_encoders(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return among(value, "family of image encoders", FAMILIES)

    @field_validator("method")
    @classmethod
    def _known_method(cls, value: str) -> str:
        if value not in METHODS:
            raise unknown("method", value, METHODS)
        return value

    @classmethod
    def settings(cls) -> dict[str, type[BaseModel]]:
        """The budget and the extent of Embedding Earth, and the image-text budget under ``language.``."""
        return {**super().settings(), "language.": PairBudget, **{f"language.{part}": model for part, model in EVERY_MODEL.items()}}

    def settle(self) -> None:
        """Every image encoder, on pairs and on series."""
        super().settle()
        extent = extent_of(EXTENTS, self)
        for region in extent.regions:
            for family in self.encoders or extent.encoders:
                cell_of(self, region, family, extent.seeds[0])


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every reading of every start. Those of the usual network are ee1's, and trainings on images and texts are clip1's."""
    extent = extent_of(EXTENTS, params)
    reference = budget_of(params)
    arms = []
    for region in extent.regions:
        for seed in extent.seeds:
            cells = [cell_of(params, region, family, seed) for family in params.encoders or extent.encoders]
            usual = (RAW, RANDOM, pretrained(reference, region, seed))
            read: list[tuple[Budget, tuple[Start, ...]]] = [(reference, usual)]
            read += [(cell.budget, cell.starts(seed)) for cell in cells]
            for budget, starts in read:
                for fraction in extent.fractions:
                    arms += readings(budget, region, starts, fraction, seed, finetuned=fraction in extent.finetuned)
    return arms


@dataclass(frozen=True)
class Cell:
    """One image encoder in one region.

    Attributes:
        region: Key of a data manifest or of a simulated region, e.g. ``germany``.
        budget: Of Embedding Earth, with this encoder, its bands, and as many images as the language pre-training reads.
        language: The training on images and texts.
    """

    region: str
    budget: Budget
    language: Setup

    def starts(self, seed: int) -> tuple[Start, ...]:
        """Raw pixels, random weights, dense contrast, language, and both for half as long each. All read bands scaled alike."""
        trained = train_arm(self.language, seed)
        half = train_arm(_halved(self.language), seed)
        recipe = pretrain_recipe(self.budget, self.region)
        shorter = recipe.model_copy(update={"steps": max(1, recipe.steps // 2)})
        dense = pretrain_arm(self.budget, self.region, seed, recipe, {"input": trained})
        both = pretrain_arm(self.budget, self.region, seed, shorter, {"input": trained, "start": half})
        sources = {"random": None, "pretrained": dense, "language": trained, "both": both}
        return (
            Start("raw", "raw", home=NAME),
            *(Start(name, "pretrained" if source else "random", source, NAME, scaling=trained) for name, source in sources.items()),
        )


def cell_of(params: Parameters, region: str, family: str, seed: int) -> Cell:
    """What an encoder family is trained on and with, in a region.

    Captions are written from labels: where each seed has its own geographic split, pairs are of the one that its readings are made on.
    """
    pairs = pair_budget(params)
    language = standard(pairs, params.method, family, region)
    if source(region).resplit:
        language = language.sized(NAME, split=seed)
    usual = budget_of(params)
    bands = sizes_of(pairs, region).bands
    encoder = series_encoder(pairs.encoder(family), usual.encoder.num_dates)
    named = params.changes("")
    views = usual.pretrain.views if "pretrain.views.size" in named else usual.pretrain.views.model_copy(update={"size": VIEW})
    read = {"bands": RGB if bands == "rgb" else bands}
    changes = {
        "encoder": encoder,
        "single_date": None,
        "sizes": usual.sizes.model_copy(update=read),
        "real": usual.real and usual.real.model_copy(update=read),
        "pretrain": usual.pretrain.model_copy(update={"views": views}),
    }
    budget = usual.model_copy(update=changes)
    if params.pretrain_steps is None and "pretrain.steps" not in named:
        steps = equal_steps(language, pretrain_recipe(budget, region))
        budget = budget.model_copy(update={"pretrain": budget.pretrain.model_copy(update={"steps": steps})})
    return Cell(region, budget, language)


def pair_budget(params: Parameters) -> PairBudget:
    """The image-text budget of the profile. Neither paper has this experiment, so profile ``paper`` is ours as well."""
    chosen = PAIR_BUDGETS[params.profile]
    if params.profile == "paper":
        full = PAIR_BUDGETS["full"]
        sizes = full.sizes.model_copy(update={"train": 100_000, "size": 64})
        recipe = full.recipe.model_copy(update={"samples": 2_000_000})
        chosen = full.model_copy(update={"vit": "vit_small", "resnet": "resnet_small", "sizes": sizes, "recipe": recipe})
    if params.samples is not None:
        chosen = chosen.model_copy(update={"recipe": chosen.recipe.model_copy(update={"samples": params.samples})})
    return pair_with_changes(chosen, params, "language.")


def equal_steps(language: Setup, recipe: PretrainSettings) -> int:
    """Steps of dense contrast in which the encoder reads as many images as in a language pre-training.

    An image is one view of a pair, or one date of one view of a series.
    """
    return max(1, images_of(language) // (2 * recipe.batch_size * recipe.views.num_dates))


def images_of(language: Setup) -> int:
    """Images that the encoder reads in a language pre-training."""
    return language.recipe.samples * len(language.method.views)


def _halved(language: Setup) -> Setup:
    recipe = language.recipe.model_copy(update={"samples": language.recipe.samples // 2})
    return language.changed(NAME, f"{language.label}, half", recipe=recipe)
