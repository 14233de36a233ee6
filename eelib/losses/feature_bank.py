"""The embeddings of earlier steps, as a ring of fixed size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.errors import InputError


class FeatureBank(nn.Module):
    """First in, first out. Rows and count are buffers, so that a checkpoint holds them and a resumed run goes on with the same bank.

    Args:
        size: Rows ``K``; random unit vectors at first (from torch's global generator), as in MoCo.
        dim: Length of a row ``D``.
    """

    rows: Tensor
    written: Tensor

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        if size < 1:
            raise InputError(f"a feature bank needs at least one row, got {size}")
        self.register_buffer("rows", F.normalize(torch.randn(size, dim), dim=1))
        self.register_buffer("written", torch.zeros((), dtype=torch.int64))

    @property
    def position(self) -> int:
        """Row that the next entry overwrites."""
        return int(self.written) % len(self.rows)

    @property
    def full(self) -> bool:
        """Whether every row is a feature: none is left of the random ones of the start."""
        return int(self.written) >= len(self.rows)

    @torch.no_grad()
    def enqueue(self, rows: Tensor) -> None:
        """Overwrite the oldest rows with these, ``(n, D)``, normalised inside; of more rows than the bank holds the last remain.

        The buffer is replaced, not changed in place: a graph that used it can still run backwards.
        """
        size, count = len(self.rows), len(rows)
        kept = rows[-size:]
        at = (self.position + count - len(kept) + torch.arange(len(kept), device=rows.device)) % size
        self.rows = self.rows.index_copy(0, at, F.normalize(kept.to(self.rows.dtype), dim=1))
        self.written = self.written + count

    @torch.no_grad()
    def nearest(self, queries: Tensor) -> Tensor:
        """The row with the largest cosine for each of ``(n, D)`` queries, ``(n, D)``, without gradient."""
        unit = F.normalize(queries.to(self.rows.dtype), dim=1)
        return torch.cat([self.rows[(part @ self.rows.T).argmax(1)] for part in torch.split(unit, 1024)])
