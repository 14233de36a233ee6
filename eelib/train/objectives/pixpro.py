"""PixPro: propagated pixels of the fast branch agree with the slow branch's pixels of the same ground; no negatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from eelib.losses import pixpro_loss, propagate
from eelib.train.objectives.base import MomentumBranch, Objective, Two, both, encode_both, projection

if TYPE_CHECKING:
    from eelib.data.views import Sample
    from eelib.settings import PretrainSettings


class PixPro(Objective):
    """Pixel-to-propagation consistency (arXiv 2011.10043).

    Views have one scale and whole-pixel offsets, so the paper's threshold of .7 pixel diagonals leaves the same pixel alone as positive.
    """

    def __init__(self, encoder: nn.Module, settings: PretrainSettings, bands: int) -> None:
        super().__init__(encoder, settings, bands)
        self.head = projection(encoder, settings)
        self.transform = nn.Conv2d(settings.embed_dim, settings.embed_dim, 1)
        self.slow = MomentumBranch([encoder, self.head], settings.momentum)

    def loss(self, encoder: nn.Module, a: Sample, b: Sample, generator: torch.Generator) -> Tensor:
        """Both directions over the matched pixels."""
        fast = both(self._propagated, self.project(*encode_both(encoder, a, b)))
        with torch.no_grad():
            self.slow.follow([encoder, self.head])
            slow = both(self.slow.copies[1], encode_both(self.slow.copies[0], a, b))
        pairs = self.pairs(a, b, generator)
        y_a, target_b = pairs.rows(fast[0], slow[1])
        target_a, y_b = pairs.rows(slow[0], fast[1])
        return pixpro_loss(y_a, target_b, y_b, target_a)

    def project(self, features_a: Tensor, features_b: Tensor) -> Two:
        """Projected maps, before propagation."""
        return both(self.head, (features_a, features_b))

    def _propagated(self, z: Tensor) -> Tensor:
        return propagate(z, self.transform(z))
