"""EE2: how does the gain of pre-training depend on the share of labels? Claims: docs/method.md#embedding-earth-what-is-known."""

from __future__ import annotations

from eelib.data.freshness import looking_once
from eelib.data.names import SIMULATED
from eelib.study.arm import Arm
from eelib.study.arms import RANDOM, RAW, pretrained, readings
from eelib.study.extent import Extent, TrainingParameters, budget_of, extent_of

SHARES = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)


EXTENTS = {
    "smoke": Extent(regions=("germany",), seeds=(0, 1), fractions=(0.1, 0.5, 1.0), finetuned=(0.1, 0.5, 1.0)),
    "quick": Extent(regions=("germany", "romania"), seeds=(0, 1), fractions=SHARES, finetuned=(0.1, 0.25, 1.0)),
    "full": Extent(regions=("germany", "ghana", "romania"), seeds=(0, 1, 2, 3, 4), fractions=SHARES, finetuned=SHARES),
    "paper": Extent(regions=(*SIMULATED, "brandenburg", "romania"), seeds=(0, 1, 2, 3, 4), fractions=SHARES, finetuned=SHARES),
}


class Parameters(TrainingParameters):
    """Parameters of the notebook ee2_label_scarcity."""

    extents = EXTENTS


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every arm whose record the notebook reads. Arms at the label shares of ee1 are ee1's; pre-trainings are shared in any case.

    Label subsets depend on region, share and seed alone, are nested, and are the same for every start.
    """
    budget, extent = budget_of(params), extent_of(EXTENTS, params)
    return [
        arm
        for region in extent.regions
        for seed in extent.seeds
        for fraction in extent.fractions
        for arm in readings(
            budget, region, (RAW, RANDOM, pretrained(budget, region, seed)), fraction, seed, finetuned=fraction in extent.finetuned
        )
    ]
