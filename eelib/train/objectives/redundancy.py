"""Barlow Twins and VICReg on matched pixels: agreement without negatives, kept alive by statistics over the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from eelib.losses import barlow_twins, vicreg
from eelib.train.objectives.base import Objective, Two, both, projection

if TYPE_CHECKING:
    from eelib.data.views import Sample
    from eelib.settings import PretrainSettings


class Redundancy(Objective):
    """Both losses see the embeddings as they are, not normalised to length one (their papers, A); rows are pixels (B)."""

    def __init__(self, encoder: nn.Module, settings: PretrainSettings, bands: int) -> None:
        super().__init__(encoder, settings, bands)
        self.head = projection(encoder, settings)

    def loss(self, encoder: nn.Module, a: Sample, b: Sample, generator: torch.Generator) -> Tensor:
        """The criterion over all matched pixels of the batch."""
        criterion = {"barlow": barlow_twins, "vicreg": vicreg}[self.settings.objective]
        return criterion(*self.matched(encoder, a, b, generator))

    def project(self, features_a: Tensor, features_b: Tensor) -> Two:
        """Projected maps."""
        return both(self.head, (features_a, features_b))
