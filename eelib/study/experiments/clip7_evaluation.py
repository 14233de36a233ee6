"""CLIP7: everything that is measured on the trained models, and on models of open_clip. Claims: docs/method.md#clip-benchmark."""

from __future__ import annotations

from pydantic import Field, field_validator

from eelib.data.freshness import looking_once
from eelib.study.arm import Arm
from eelib.study.experiments import clip1_supervision
from eelib.study.pair_arms import open_clip_arm
from eelib.study.pair_budgets import PairParameters, pair_budget, pair_extent
from eelib.study.parameters import each_once

HOME = "clip7_evaluation"


class Parameters(PairParameters):
    """Parameters of the notebook clip7_evaluation."""

    extents = clip1_supervision.EXTENTS
    open_clip: tuple[str, ...] | None = Field(
        None, description="models of open_clip that are asked the same, architecture/tag or architecture:file; None: none"
    )

    @field_validator("open_clip")
    @classmethod
    def _known_models(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is None:
            return None
        from eelib.evaluate.open_clip_names import open_clip_name  # imports open_clip: seconds, for those who name a model

        return each_once(tuple(map(open_clip_name, value)))


@looking_once()
def plan(params: Parameters) -> list[Arm]:
    """The scores of clip1: the same models, looked at from all sides; then those of open_clip's models on the same pairs."""
    budget, extent = pair_budget(params), pair_extent(clip1_supervision.EXTENTS, params)
    others = [open_clip_arm(budget, name, (pairs,), HOME) for pairs in extent.pairs for name in params.open_clip or ()]
    unique = {arm.key: arm for arm in others}  # with test_pairs they are scored on that set alone
    return [*clip1_supervision.plan(params), *unique.values()]
