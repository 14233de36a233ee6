"""The order in which pairs of shards are read: along the shards, so that a disk or a network is asked for one stretch after the other."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from eelib.data.windows import Ints

BUFFER = 5000  # pairs that are mixed with each other, as open_clip's buffer holds (_SAMPLE_SHUFFLE_SIZE in open_clip_train/data.py)


@dataclass(frozen=True, eq=False)
class ShardOrder:
    """Shuffled shards, read from start to end, with pairs mixed over a buffer: webdataset's two shuffles, as a function of seed and step.

    Attributes:
        shard: ``(N,)`` number of the shard that a pair lies in.
        offset: ``(N,)`` where in it.
    """

    shard: Ints
    offset: Ints

    def take(self, rows: Ints) -> ShardOrder:
        """The order of some of the pairs."""
        return ShardOrder(self.shard[rows], self.offset[rows])

    def rows(self, batch_size: int, seed: int, step: int) -> Ints:
        """Rows of the batch of a step; passes over all pairs follow each other without a break.

        Args:
            batch_size: Pairs per step.
            seed: Source of the order.
            step: From 0. No step depends on another one having been asked for, so resuming replays nothing.
        """
        count = len(self.shard)
        places = np.arange(step * batch_size, (step + 1) * batch_size)
        return np.array([_pass(self, seed, int(place // count))[place % count] for place in places], np.int64)


@functools.lru_cache(maxsize=2)
def _pass(order: ShardOrder, seed: int, number: int) -> Ints:
    """All rows once. Each is moved back by less than ``BUFFER`` places, so it is read at most so many pairs after its neighbours."""
    rng = np.random.default_rng([seed, number])
    rank = rng.permutation(int(order.shard.max()) + 1)[order.shard]
    along = np.lexsort((order.offset, rank))
    found: Ints = along[np.argsort(np.arange(len(along)) + BUFFER * rng.random(len(along)), kind="stable")]
    return found
