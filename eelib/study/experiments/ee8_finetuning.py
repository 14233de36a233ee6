"""EE8: does the gain survive a longer fine-tuning? Random and pre-trained starts over the length of their fine-tuning, all else equal."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field

from eelib.data.freshness import looking_once
from eelib.data.names import SIMULATED
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, RAW, Start, probe_arm, segment_arm
from eelib.study.budgets import Budget, segment_recipe
from eelib.study.experiments.ee7_length import Multiples, lengthened, multiple
from eelib.study.extent import BUILT_IN, Extent, TrainingParameters, budget_of, extent_of

NAME = "ee8_finetuning"


class Tunings(Extent):
    """How long both trainings are, besides where and how often."""

    lengths: tuple[float, ...] = Field((0.25, 1.0, 4.0), description="multiples of the profile's steps of fine-tuning")
    pretrain_length: float = Field(4.0, gt=0, description="multiple of the profile's steps of pre-training")


EXTENTS = {
    "smoke": Tunings(regions=("germany",), seeds=(0, 1), fractions=(1.0,), lengths=(0.5, 1.0), pretrain_length=1.0),
    "quick": Tunings(regions=("germany",), seeds=(0, 1), fractions=(1.0,), lengths=(1.0, 4.0), pretrain_length=2.0),
    "full": Tunings(regions=(*SIMULATED, "romania"), seeds=(0, 1, 2, 3, 4)),
    "paper": Tunings(regions=BUILT_IN, seeds=(0, 1, 2, 3, 4)),
}


class Parameters(TrainingParameters):
    """Parameters of the notebook ee8_finetuning."""

    extents = EXTENTS
    unread = (*TrainingParameters.unread, "extent.finetuned")  # all of them are

    lengths: Multiples = Field(None, description="multiples of the steps of fine-tuning; None: those of the profile")
    pretrain_length: float | None = Field(None, gt=0, description="multiple of the steps of pre-training; None: that of the profile")


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads. Length 1 and what is read without fine-tuning are arms of ee1, ee2 and ee7."""
    budget, extent = budget_of(params), extent_of(EXTENTS, params)
    arms = []
    for region in extent.regions:
        for seed in extent.seeds:
            start = lengthened(budget, region, seed, pretrain_length(params))
            for fraction in extent.fractions:
                arms += [probe_arm(budget, region, one, fraction, seed) for one in (RAW, start)]
                arms += [tuned_arm(budget, region, one, fraction, seed, length) for length in lengths_of(params) for one in (RANDOM, start)]
    return arms


def pretrain_length(params: Parameters) -> float:
    """Multiple of the profile's steps of pre-training that the starts of a run had."""
    return params.pretrain_length or extent_of(EXTENTS, params).pretrain_length


def lengths_of(params: Parameters) -> tuple[float, ...]:
    """The lengths of a run, shortest first."""
    return tuple(sorted(params.lengths or extent_of(EXTENTS, params).lengths))


def steps_of(params: Parameters) -> dict[str, list[int]]:
    """Steps of fine-tuning of each region, shortest first."""
    budget, extent = budget_of(params), extent_of(EXTENTS, params)
    return {region: [segment_recipe(tuned_for(budget, length), region).steps for length in lengths_of(params)] for region in extent.regions}


def tuned_arm(budget: Budget, region: str, start: Start, fraction: float, seed: int, length: float) -> Arm:
    """Fine-tuned for a multiple of the profile's steps, with a learning rate that falls as long; length 1 is the arm of other notebooks."""
    named = start if length == 1 else replace(start, name=f"{start.name} tuned x {length:g}", home=NAME)
    return segment_arm(tuned_for(budget, length), region, named, fraction, seed)


def tuned_for(budget: Budget, length: float) -> Budget:
    """The budget with a multiple of its steps of fine-tuning."""
    single = budget.single_date
    return budget.model_copy(
        update={
            "segment": budget.segment.model_copy(update={"steps": multiple(budget.segment.steps, length)}),
            "single_date": single and single.model_copy(update={"finetune_steps": multiple(single.finetune_steps, length)}),
        }
    )
