"""EE5: is this way to pre-train better than others, and than none? Claims: docs/method.md#embedding-earth-what-is-known."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from eelib.data.freshness import looking_once
from eelib.data.names import SIMULATED
from eelib.data.regions import region_bands
from eelib.errors import InputError, unknown
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, RAW, Start, pixel_arm, pretrain_arm, pretrained, readings, segment_arm, shortened
from eelib.study.budgets import Budget, aligned, encoder_for, pretrain_recipe, sizes_for
from eelib.study.extent import Extent, TrainingParameters, budget_of, extent_of, known_regions, short_steps
from eelib.study.methods import METHODS, method
from eelib.study.published import known_weights, published

NAME = "ee5_baselines"
OTHERS = tuple(name for name in METHODS if name != "embedding_earth")


class Baselines(Extent):
    """Which ways to start are compared."""

    methods: tuple[str, ...] = Field(OTHERS, description="beside our own")
    steps: int | None = Field(None, ge=1, description="of pre-training; None: those of the other experiments")
    teachers: tuple[str, ...] = Field(("france", "ghana"), description="regions whose labels pre-train a network")

    @field_validator("methods")
    @classmethod
    def _methods_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in OTHERS:
                raise unknown("method", name, OTHERS)
        return value

    @field_validator("teachers")
    @classmethod
    def _regions_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return known_regions(value)


EXTENTS = {
    "smoke": Baselines(regions=("germany",), seeds=(0, 1), fractions=(1.0,), finetuned=(1.0,), teachers=("ghana",)),
    "quick": Baselines(regions=("germany",), seeds=(0, 1), fractions=(0.1,), finetuned=(), steps=80),
    "full": Baselines(regions=("germany", "romania"), seeds=(0, 1, 2, 3, 4), fractions=(0.1,), finetuned=(0.1,)),
    "paper": Baselines(regions=(*SIMULATED, "brandenburg", "romania"), seeds=(0, 1, 2, 3, 4)),
}


class Parameters(TrainingParameters):
    """Parameters of the notebook ee5_baselines."""

    extents = EXTENTS
    unread = ("look",)

    published_weights: str | None = Field(
        None, description="torchgeo's Sentinel-2 weights, a name in eelib.study.published.URLS; None: the ResNet-18 by MoCo, if it is here"
    )
    published_file: str | None = Field(None, description="the file of the published weights; None: where torch keeps downloads")

    @field_validator("published_weights")
    @classmethod
    def _known_weights(cls, value: str | None) -> str | None:
        return value if value is None else known_weights(value)

    @field_validator("published_file")
    @classmethod
    def _same_file_everywhere(cls, value: str | None) -> str | None:
        return value if value is None else str(Path(value).expanduser().resolve())  # a notebook runs in another folder

    def settle(self) -> None:
        """Every method on top of the changes."""
        super().settle()
        budget, extent = budget_of(self), extent_of(EXTENTS, self)
        for region in extent.regions:
            for name in extent.methods:
                method(name, pretrain_recipe(budget, region))


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads. Random, raw and our own pre-training are ee1's, and so are the teachers."""
    budget, extent = budget_of(params), extent_of(EXTENTS, params)
    arms = []
    for region in extent.regions:
        steps = short_steps(params, budget, region, extent.steps)
        for seed in extent.seeds:
            starts = [*_starts(budget, region, seed, extent, steps), *_published(params, budget, region)]
            for fraction in extent.fractions:
                arms += readings(budget, region, starts, fraction, seed, finetuned=fraction in extent.finetuned)
                arms += [pixel_arm(budget, region, kind, fraction, seed, NAME) for kind in ("forest", "boosting")]
    return arms


def _starts(budget: Budget, region: str, seed: int, extent: Baselines, steps: int | None) -> list[Start]:
    recipe = shortened(pretrain_recipe(budget, region), steps)
    others = {name: pretrain_arm(budget, region, seed, method(name, recipe)) for name in extent.methods}
    taught = [teacher for teacher in extent.teachers if not unfit(budget, teacher, region)]
    return [
        RAW,
        RANDOM,
        pretrained(budget, region, seed, steps),
        *(Start(name, "pretrained", arm, NAME) for name, arm in others.items()),
        *(Start(f"supervised on {teacher}", "pretrained", segment_arm(budget, teacher, RANDOM, 1.0, seed), NAME) for teacher in taught),
    ]


def _published(params: Parameters, budget: Budget, region: str) -> list[Start]:
    chosen = published(params.published_weights, params.published_file, region_bands(region, sizes_for(budget, region)))
    return [Start("published", "published", None, NAME, chosen)] if chosen else []


def unfit(budget: Budget, teacher: str, region: str) -> str:
    """Why a network of one region cannot start one in the other; empty where it can."""
    if teacher == region:
        return "it is the region itself"
    try:
        if aligned(budget, (teacher, region)) == budget:
            return ""
    except InputError as error:
        return str(error)
    theirs, ours = ((region_bands(place, sizes_for(budget, place)), encoder_for(budget, place).num_dates) for place in (teacher, region))
    if set(theirs[0]) != set(ours[0]):
        return f"its network reads bands {', '.join(theirs[0])}, the one of {region} {', '.join(ours[0])}"
    return f"its network reads {theirs[1]} dates at a time, the one of {region} {ours[1]}"


def left_out(params: Parameters) -> list[str]:
    """One line per alternative that is not compared, with the reason."""
    budget, extent = budget_of(params), extent_of(EXTENTS, params)
    lines = [f"{name} is left out: it is not among extent.methods" for name in OTHERS if name not in extent.methods]
    lines += [
        f"supervised on {teacher} is left out in {region}: {why}"
        for region in extent.regions
        for teacher in extent.teachers
        if (why := unfit(budget, teacher, region))
    ]
    lines += [
        f"published weights are left out in {region}: published_file names no file, none is downloaded"
        for region in extent.regions
        if not _published(params, budget, region)
    ]
    return lines
