"""CLIP2: how much of the published ranking is recipe? Claims: docs/method.md#clip-benchmark."""

from __future__ import annotations

from eelib.data.freshness import looking_once
from eelib.study.arm import Arm
from eelib.study.pair_arms import score_arm, standard
from eelib.study.pair_budgets import PAPER_PAIRS, PairExtent, PairParameters, pair_budget, pair_extent

NAME = "clip2_recipe"


EXTENTS = {
    "smoke": PairExtent(seeds=(0, 1), encoders=("vit",)),
    "quick": PairExtent(seeds=(0, 1), encoders=("vit",), methods=("clip", "filip")),
    "full": PairExtent(pairs=("germany", "emoji"), seeds=(0, 1, 2, 3, 4)),
    "paper": PairExtent(pairs=PAPER_PAIRS, seeds=(0, 1, 2)),
}


class Parameters(PairParameters):
    """Parameters of the notebook clip2_recipe."""

    extents = EXTENTS


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every score that the notebook reads; those of the unified recipe are clip1's."""
    budget, extent = pair_budget(params), pair_extent(EXTENTS, params)
    setups = [
        setup
        for pairs in extent.pairs
        for family in extent.encoders
        for name in extent.methods
        for setup in (standard(budget, name, family, pairs), standard(budget, name, family, pairs, "released", NAME))
    ]
    return [score_arm(budget, setup, seed) for setup in setups for seed in extent.seeds]
