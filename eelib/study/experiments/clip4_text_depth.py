"""CLIP4: how deep must the text encoder be, and what does depth cost? Claims: docs/method.md#clip-benchmark."""

from __future__ import annotations

from pydantic import Field, field_validator

from eelib.data.freshness import looking_once
from eelib.study.arm import Arm
from eelib.study.pair_arms import Setup, score_arm, standard
from eelib.study.pair_budgets import PAPER_PAIRS, PairExtent, PairParameters, pair_budget, pair_extent

NAME = "clip4_text_depth"


class Depth(PairExtent):
    """Which depths."""

    methods: tuple[str, ...] = ("clip", "declip")
    encoders: tuple[str, ...] = ("vit",)
    depths: tuple[int, ...] = Field((1, 3, 6, 9, 12), description="blocks of the text encoder")


EXTENTS = {
    "smoke": Depth(seeds=(0, 1), depths=(1, 3)),
    "quick": Depth(seeds=(0, 1), depths=(1, 3)),
    "full": Depth(seeds=(0, 1, 2, 3, 4), encoders=("vit", "resnet")),
    "paper": Depth(pairs=PAPER_PAIRS, seeds=(0, 1, 2), encoders=("vit", "resnet")),
}


class Parameters(PairParameters):
    """Parameters of the notebook clip4_text_depth."""

    extents = EXTENTS
    unread = (*PairParameters.unread, "text.layers")

    depths: tuple[int, ...] | None = Field(None, description="blocks of the text encoder; None: those of the profile")

    @field_validator("depths")
    @classmethod
    def _depths_are_positive(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if value is not None and (not value or min(value) < 1 or len(set(value)) < len(value)):
            raise ValueError("give at least one depth, each at least 1 and none twice")
        return value


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """Every score that the notebook reads."""
    budget, extent = pair_budget(params), pair_extent(EXTENTS, params)
    depths = params.depths or extent.depths
    return [
        score_arm(budget, deep(standard(budget, name, family, pairs), layers), seed)
        for pairs in extent.pairs
        for family in extent.encoders
        for name in extent.methods
        for layers in depths
        for seed in extent.seeds
    ]


def deep(setup: Setup, layers: int) -> Setup:
    """The setup with so many text blocks."""
    return setup.changed(NAME, text=setup.text.model_copy(update={"layers": layers}))
