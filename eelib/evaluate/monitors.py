"""Is the embedding alive? Four numbers on matched rows (docs/method.md#is-it-learning)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def embedding_monitors(a: Tensor, b: Tensor) -> dict[str, float]:
    """Collapse and quality monitors of matched embeddings.

    Args:
        a: ``(N, D)``; row n and row n of ``b`` show the same ground.
        b: ``(N, D)``.

    Returns:
        ``std``: mean over dimensions of the standard deviation of normalised rows, times √D, so 1 is a uniform sphere and 0 a collapse;
        ``alignment``: mean squared distance of positive pairs, 0 to 4, lower is better;
        ``uniformity``: log of the mean of exp(−2 squared distance) over different rows of ``a``, lower is more uniform;
        ``retrieval``: share of rows of ``a`` whose nearest row of ``b`` is their own, 1/N by chance;
        ``count``: N. One row has no spread: ``std`` and ``uniformity`` are left out.
    """
    a, b = F.normalize(a, dim=1), F.normalize(b, dim=1)
    count, dims = a.shape
    distances = torch.cdist(a, a).square()
    different = ~torch.eye(count, dtype=torch.bool)
    found = {
        "std": float(a.std(0).mean() * dims**0.5) if count > 1 else None,
        "alignment": float((a - b).square().sum(1).mean()),
        "uniformity": float(distances[different].mul(-2).exp().mean().log()) if count > 1 else None,
        "retrieval": float(((a @ b.T).argmax(1) == torch.arange(count)).float().mean()),
        "count": float(count),
    }
    return {name: value for name, value in found.items() if value is not None}
