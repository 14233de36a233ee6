"""Few-shot classification: a linear probe on k training samples per class, repeated over draws."""

from __future__ import annotations

import numpy as np

from eelib.data.windows import Ints
from eelib.evaluate.linear_probe import ProbeData


def shot_rows(labels: Ints, k: int, seed: int) -> Ints:
    """Rows of k samples of each class, all of a class that has fewer; a draw of fewer shots is part of a draw of more.

    Args:
        labels: ``(N,)`` class ids; -1 is never drawn.
        k: Samples per class.
        seed: Source of the draw; the same one nests the draws of several k.
    """
    order = np.random.default_rng([0x5407, seed]).permutation(len(labels))
    chosen = [order[labels[order] == label][:k] for label in np.unique(labels[labels >= 0])]
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, np.int64)


def shots(data: ProbeData, k: int, seed: int) -> ProbeData:
    """K samples of each class."""
    rows = shot_rows(data.labels.numpy(), k, seed)
    return ProbeData(data.features[rows], data.labels[rows])
