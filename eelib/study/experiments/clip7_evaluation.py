"""CLIP7: everything that is measured on the trained models. Design P7 of spec section 2.12."""

from __future__ import annotations

from eelib.study.arm import Arm
from eelib.study.experiments import clip1_supervision
from eelib.study.pair_scales import PairParameters


class Parameters(PairParameters):
    """Parameters of the notebook clip7_evaluation."""

    extents = clip1_supervision.EXTENTS


def plan(params: Parameters) -> list[Arm]:
    """The scores of clip1: the same models, looked at from all sides."""
    return clip1_supervision.plan(params)
