"""EE5: is this way to pre-train better than others, and than none? Design E5 of spec section 1.6.8."""

from __future__ import annotations

from pydantic import Field, field_validator

from eelib.data.names import SIMULATED
from eelib.data.regions import region_bands
from eelib.errors import InputError
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, RAW, Start, pixel_arm, pretrain_arm, pretrained, readings, segment_arm, shortened
from eelib.study.extent import Extent, TrainingParameters, budget_of, extent_of
from eelib.study.methods import METHODS, method
from eelib.study.published import known_weights, published
from eelib.study.scales import Scale, aligned, pretrain_recipe, sizes_for

NAME = "ee5_baselines"
OTHERS = tuple(name for name in METHODS if name != "embedding_earth")


class Baselines(Extent):
    """Which ways to start are compared."""

    methods: tuple[str, ...] = Field(OTHERS, description="beside our own")
    steps: int | None = Field(None, ge=1, description="of pre-training; None: those of the other experiments")
    teachers: tuple[str, ...] = Field(("france", "ghana"), description="regions whose labels pre-train a network")


class Parameters(TrainingParameters):
    """Parameters of the notebook ee5_baselines."""

    published_weights: str | None = Field(
        None, description="torchgeo's Sentinel-2 weights, a name in eelib.study.published.URLS; None: the ResNet-18 by MoCo, if it is here"
    )
    published_file: str | None = Field(None, description="the file of the published weights; None: where torch keeps downloads")

    @field_validator("published_weights")
    @classmethod
    def _known_weights(cls, value: str | None) -> str | None:
        return value if value is None else known_weights(value)


EXTENTS = {
    "smoke": Baselines(regions=("germany",), seeds=(0, 1), fractions=(1.0,), finetuned=(1.0,), teachers=("ghana",)),
    "quick": Baselines(regions=("germany",), seeds=(0, 1), fractions=(0.1,), finetuned=(), steps=80),
    "full": Baselines(regions=("germany", "romania"), seeds=(0, 1, 2, 3, 4), fractions=(0.1,), finetuned=(0.1,)),
    "paper": Baselines(regions=(*SIMULATED, "brandenburg", "romania"), seeds=(0, 1, 2, 3, 4)),
}


def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads. Random, raw and our own pre-training are ee1's, and so are the teachers."""
    budget, extent = budget_of(params), extent_of(EXTENTS, params)
    steps = extent.steps if params.pretrain_steps is None else None
    arms = []
    for region in extent.regions:
        for seed in extent.seeds:
            starts = [*_starts(budget, region, seed, extent, steps), *_published(params, budget, region)]
            for fraction in extent.fractions:
                arms += readings(budget, region, starts, fraction, seed, finetuned=fraction in extent.finetuned)
                arms += [pixel_arm(budget, region, kind, fraction, seed, NAME) for kind in ("forest", "boosting")]
    return arms


def _starts(budget: Scale, region: str, seed: int, extent: Baselines, steps: int | None) -> list[Start]:
    recipe = shortened(pretrain_recipe(budget, region), steps)
    others = {name: pretrain_arm(budget, region, seed, method(name, recipe)) for name in extent.methods}
    taught = [teacher for teacher in extent.teachers if teacher != region and _fits(budget, teacher, region)]
    return [
        RAW,
        RANDOM,
        pretrained(budget, region, seed, steps),
        *(Start(name, "pretrained", arm, NAME) for name, arm in others.items()),
        *(Start(f"supervised on {teacher}", "pretrained", segment_arm(budget, teacher, RANDOM, 1.0, seed), NAME) for teacher in taught),
    ]


def _published(params: Parameters, budget: Scale, region: str) -> list[Start]:
    chosen = published(params.published_weights, params.published_file, region_bands(region, sizes_for(budget, region)))
    return [Start("published", "published", None, NAME, chosen)] if chosen else []


def _fits(budget: Scale, teacher: str, region: str) -> bool:
    """Whether a network of one region reads the other's bands and dates."""
    try:
        return aligned(budget, (teacher, region)) == budget
    except InputError:
        return False
