"""EE6: what do the embeddings hold? Look at them, and measure clusters, neighbours and seasons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from eelib.data.freshness import looking_once
from eelib.data.regions import load_region
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, RAW, Start, explore_arm, pretrained
from eelib.study.budgets import Budget, sizes_for
from eelib.study.extent import BUILT_IN, Extent, PretrainingParameters, budget_of, extent_of
from eelib.study.store import Store

if TYPE_CHECKING:
    from eelib.data.windows import Region

NAME = "ee6_embeddings"
TITLES = {"raw": "raw pixels", "random": "random start", "pretrained": "pre-trained"}


EXTENTS = {
    "smoke": Extent(regions=("germany",), seeds=(0, 1)),
    "quick": Extent(regions=("germany", "romania"), seeds=(0, 1)),
    "full": Extent(regions=BUILT_IN, seeds=(0, 1, 2, 3, 4)),
    "paper": Extent(regions=BUILT_IN, seeds=(0, 1, 2, 3, 4)),
}


class Parameters(PretrainingParameters):
    """Parameters of the notebook ee6_embeddings."""

    extents = EXTENTS
    unread = ("pixel", "segment", "probe", "single_date.finetune_steps", "extent.fractions", "extent.finetuned")


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads; pre-trainings are ee1's."""
    budget, extent = budget_of(params), extent_of(EXTENTS, params)
    return [
        explore_arm(budget, region, start, seed, NAME)
        for region in extent.regions
        for seed in extent.seeds
        for start in _starts(budget, region, seed)
    ]


def embedding_files(params: Parameters) -> dict[str, dict[str, Path]]:
    """Folders that hold embeddings of example windows, of the first seed, by region and title."""
    budget, extent, store = budget_of(params), extent_of(EXTENTS, params), Store()
    seed, found = extent.seeds[0], dict[str, dict[str, Path]]()
    for region in extent.regions:
        arms = {start.name: explore_arm(budget, region, start, seed, NAME) for start in _starts(budget, region, seed)}
        found[region] = {TITLES[name]: store.folder(arm) for name, arm in arms.items()}
    return found


def loaded(params: Parameters, region: str) -> Region:
    """A region as the arms of the first seed saw it."""
    return load_region(region, sizes_for(budget_of(params), region, extent_of(EXTENTS, params).seeds[0]))


def _starts(budget: Budget, region: str, seed: int) -> tuple[Start, ...]:
    return (RAW, RANDOM, pretrained(budget, region, seed))
