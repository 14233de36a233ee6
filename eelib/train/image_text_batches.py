"""Batches of pairs as a pure function of (seed, step)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from eelib.errors import InputError
from eelib.train.batches import rows_of_step
from eelib.train.prefetch import Steps
from eelib.train.ranks import share

if TYPE_CHECKING:
    from eelib.data.pairs.containers import Pairs
    from eelib.data.tokens import Tokenizer
    from eelib.data.windows import Ints

Batch = dict[str, Any]


class PairBatches(Steps[Batch]):
    """An endless stream of batches, in shuffled passes over all pairs; a pass that does not fill a batch goes over into the next.

    Pairs with an order of their own (shards) come in that.

    Args:
        pairs: What to draw from.
        tokenizer: Turns captions into ids.
        batch_size: Pairs per batch, over all ranks.
        seed: Source of the order.
        start: First step; the stream from ``start`` equals the full stream from there on.

    Raises:
        InputError: There are fewer pairs than fit a batch, so that each would hold pairs twice.
    """

    def __init__(self, pairs: Pairs, tokenizer: Tokenizer, batch_size: int, seed: int, start: int = 0) -> None:
        if len(pairs) < batch_size:
            raise InputError(f"{pairs.name}: {len(pairs)} training pairs do not fill a batch of {batch_size}: lower batch_size")
        self.pairs, self.tokenizer, self.batch_size, self.seed, self.start = pairs, tokenizer, batch_size, seed, start

    def rows(self, step: int) -> Ints:
        """Rows of the pairs of a step, of those this rank's part, in the order of the pairs where they have one."""
        order = self.pairs.order
        return share(
            rows_of_step(len(self.pairs), self.batch_size, self.seed, step)
            if order is None
            else order.rows(self.batch_size, self.seed, step)
        )

    def batch(self, step: int) -> Batch:
        """``image`` ``(B, C, H, W)`` in 0..1, ``tokens`` ``(B, L)``, ``eot`` ``(B,)``, ``captions`` and ``rows`` of a step."""
        rows = self.rows(step)
        captions = self.pairs.captions(rows)
        tokens = self.tokenizer.encode(captions)
        return {
            "image": torch.from_numpy(self.pairs.image(rows)),
            "tokens": torch.from_numpy(tokens.ids),
            "eot": torch.from_numpy(tokens.eot),
            "captions": captions,
            "rows": rows.tolist(),
        }
