"""EE7: how long must pre-training be? The reading of one network over the length of its pre-training, all else equal."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from eelib.data.freshness import looking_once
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, RAW, Start, pretrain_arm, pretrained, readings
from eelib.study.budgets import Budget, pretrain_recipe
from eelib.study.extent import Extent, TrainingParameters, budget_of, extent_of
from eelib.study.parameters import each_once

NAME = "ee7_length"


def positive_lengths(value: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """The lengths, if they make a curve.

    Raises:
        ValueError: There is only one, one of them is not above 0, or one is given twice.
    """
    if value is not None and not (len(value) > 1 and all(length > 0 for length in value)):
        raise ValueError("give two lengths or more, for a curve needs them, each above 0")
    return each_once(value)


Multiples = Annotated[tuple[float, ...] | None, AfterValidator(positive_lengths)]


class Lengths(Extent):
    """How long, besides where and how often."""

    lengths: tuple[float, ...] = Field((0.25, 1.0, 4.0), description="multiples of the profile's steps of pre-training")


EXTENTS = {
    "smoke": Lengths(regions=("germany",), seeds=(0, 1), fractions=(1.0,), finetuned=(), lengths=(0.5, 1.0, 2.0)),
    "quick": Lengths(regions=("germany",), seeds=(0, 1), lengths=(0.25, 1.0, 2.0)),
    "full": Lengths(regions=("germany", "romania"), seeds=(0, 1, 2, 3, 4)),
    "paper": Lengths(regions=("germany", "ghana", "brandenburg", "romania"), seeds=(0, 1, 2, 3, 4)),
}


class Parameters(TrainingParameters):
    """Parameters of the notebook ee7_length."""

    extents = EXTENTS

    lengths: Multiples = Field(None, description="multiples of the profile's steps; None: those of the profile")


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads. Length 1 and the starts without pre-training are the arms of ee1 and ee2."""
    budget, extent = budget_of(params), extent_of(EXTENTS, params)
    return [
        arm
        for region in extent.regions
        for seed in extent.seeds
        for fraction in extent.fractions
        for arm in readings(
            budget,
            region,
            (RAW, RANDOM, *(lengthened(budget, region, seed, length) for length in lengths_of(params))),
            fraction,
            seed,
            finetuned=fraction in extent.finetuned,
        )
    ]


def lengths_of(params: Parameters) -> tuple[float, ...]:
    """The lengths of a run, shortest first."""
    return tuple(sorted(params.lengths or extent_of(EXTENTS, params).lengths))


def steps_of(params: Parameters) -> dict[str, list[int]]:
    """Steps of pre-training of each region, shortest first."""
    budget, extent = budget_of(params), extent_of(EXTENTS, params)
    recipes = {region: pretrain_recipe(budget, region) for region in extent.regions}
    return {region: [multiple(recipe.steps, length) for length in lengths_of(params)] for region, recipe in recipes.items()}


def lengthened(budget: Budget, region: str, seed: int, length: float) -> Start:
    """Pre-trained for a multiple of the profile's steps, with a warm-up and a cosine as long; length 1 is the start of all notebooks."""
    if length == 1:
        return pretrained(budget, region, seed)
    recipe = pretrain_recipe(budget, region)
    recipe = recipe.model_copy(update={"steps": multiple(recipe.steps, length)})
    return Start(f"pretrained x {length:g}", "pretrained", pretrain_arm(budget, region, seed, recipe), NAME)


def multiple(steps: int, length: float) -> int:
    """So many times a number of steps, at least one."""
    return max(1, round(length * steps))
