"""PixPro: pixel propagation on one branch, agreement with the other, no negatives (arXiv 2011.10043)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def propagate(z: Tensor, transformed: Tensor, power: float = 2.0) -> Tensor:
    """Pixel propagation: every pixel becomes a sum of all pixels' transforms, weighted by how similar they are to it.

        y_i = Σ_j max(cos(z_i, z_j), 0)^γ g(z_j)

    Args:
        z: ``(B, D, h, w)``.
        transformed: ``(B, D', h, w)``, g(z).
        power: γ; 2 in the paper.

    Returns:
        ``(B, D', h, w)``.
    """
    rows = F.normalize(z.flatten(2), dim=1)
    weight = torch.einsum("bdi,bdj->bij", rows, rows).clamp(min=0).pow(power)
    return torch.einsum("bij,bdj->bdi", weight, transformed.flatten(2)).reshape(*transformed.shape)


def pixpro_loss(y_a: Tensor, target_b: Tensor, y_b: Tensor, target_a: Tensor) -> Tensor:
    """Minus twice the mean cosine of matched rows, both directions, from −4 (all agree) to 4; targets get no gradient.

    Args:
        y_a: ``(N, D)`` propagated rows of view a.
        target_b: ``(N, D)`` rows of the momentum branch at the same ground in view b.
        y_b: ``(M, D)`` propagated rows of view b.
        target_a: ``(M, D)``.
    """
    forth = F.cosine_similarity(y_a, target_b.detach(), dim=1).mean()
    back = F.cosine_similarity(y_b, target_a.detach(), dim=1).mean()
    return -2 * forth - 2 * back
