"""CLIP1: which supervision, and does that depend on the image encoder? Claims: docs/method.md#clip-benchmark."""

from __future__ import annotations

from eelib.data.freshness import looking_once
from eelib.study.arm import Arm
from eelib.study.pair_arms import score_arm, standard
from eelib.study.pair_budgets import PAPER_PAIRS, PairExtent, PairParameters, pair_budget, pair_extent

EXTENTS = {
    "smoke": PairExtent(seeds=(0, 1)),
    "quick": PairExtent(seeds=(0, 1, 2)),
    "full": PairExtent(pairs=("germany", "ghana", "emoji"), seeds=(0, 1, 2, 3, 4)),
    "paper": PairExtent(pairs=PAPER_PAIRS, seeds=(0, 1, 2, 3, 4)),
}


class Parameters(PairParameters):
    """Parameters of the notebook clip1_supervision."""

    extents = EXTENTS


@looking_once()
def plan(params: PairParameters) -> list[Arm]:
    """Every score that the notebook reads; trainings come along as what they need."""
    budget, extent = pair_budget(params), pair_extent(EXTENTS, params)
    return [
        score_arm(budget, standard(budget, name, family, pairs), seed)
        for pairs in extent.pairs
        for family in extent.encoders
        for name in extent.methods
        for seed in extent.seeds
    ]
