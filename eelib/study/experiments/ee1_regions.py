"""EE1: does pre-training in a region beat random weights there? Design E1 of spec section 1.6.8."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eelib.data.regions import load_region
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, RAW, SHARES, Start, pretrained, probe_arm, segment_arm
from eelib.study.scales import Scale, TrainingParameters, budget_of, sizes_for
from eelib.study.store import Store

if TYPE_CHECKING:
    from eelib.data.windows import Region


class Parameters(TrainingParameters):
    """Parameters of the notebook ee1_regions."""

    fractions: tuple[float, ...] = SHARES


def scale(params: Parameters) -> Scale:
    """The profile's budget with the notebook's overrides."""
    return budget_of(params)


def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads; pre-trainings come along as what they need."""
    budget = scale(params)
    return [
        arm
        for region in budget.regions
        for seed in budget.seeds
        for fraction in params.fractions
        for arm in readings(budget, region, fraction, seed)
    ]


def readings(budget: Scale, region: str, fraction: float, seed: int) -> list[Arm]:
    """Raw pixels, the random and the pre-trained start, in both readings."""
    starts = (RANDOM, pretrained(budget, region, seed))
    probed = [probe_arm(budget, region, start, fraction, seed) for start in (RAW, *starts)]
    return [*probed, *(segment_arm(budget, region, start, fraction, seed) for start in starts)]


def example_runs(params: Parameters, fraction: float | None = None) -> dict[str, dict[str, Path]]:
    """Folders of the fine-tuned arms of the first seed per region, by title: for example maps.

    Args:
        params: Of the notebook.
        fraction: Label share; the largest where None.
    """
    budget, store = scale(params), Store()
    chosen, seed = max(params.fractions) if fraction is None else fraction, budget.seeds[0]

    def folder(region: str, start: Start) -> Path:
        return store.folder(segment_arm(budget, region, start, chosen, seed))

    return {
        region: {"random start": folder(region, RANDOM), "pre-trained": folder(region, pretrained(budget, region, seed))}
        for region in budget.regions
    }


def loaded(params: Parameters, region: str) -> Region:
    """A region with the sizes that the arms used."""
    return load_region(region, sizes_for(scale(params), region))
