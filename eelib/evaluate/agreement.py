"""Agreement of clusters with classes, from counts of pixels by cluster and class; NaN where nothing was counted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eelib.evaluate.confusion import Array


def mutual_information(counts: NDArray[Any]) -> Array:
    """Mutual information of cluster and class, normalised by the mean of their entropies, ``(...)`` from ``(..., K, L)``; 0 to 1."""
    joint = np.asarray(counts, np.float64)
    size = _or_nan(joint.sum((-2, -1)))
    joint = joint / size[..., None, None]
    rows, columns = joint.sum(-1), joint.sum(-2)
    shared = _entropy(rows) + _entropy(columns) - _entropy(joint.reshape(*joint.shape[:-2], -1))
    total = (_entropy(rows) + _entropy(columns)) / 2
    value: Array = np.where(total > 0, shared / np.where(total > 0, total, 1), 1.0)
    return np.where(np.isnan(size), np.nan, value)


def adjusted_rand(counts: NDArray[Any]) -> Array:
    """Adjusted Rand index (Hubert & Arabie 1985), ``(...)`` from ``(..., K, L)``; 0 for chance, 1 for equal partitions."""
    joint = np.asarray(counts, np.float64)
    together = _pairs(joint).sum((-2, -1))
    rows, columns = _pairs(joint.sum(-1)).sum(-1), _pairs(joint.sum(-2)).sum(-1)
    expected = rows * columns / _or_nan(_pairs(joint.sum((-2, -1))))
    largest = (rows + columns) / 2
    distinct = largest != expected
    value: Array = np.where(distinct, (together - expected) / np.where(distinct, largest - expected, 1), 1.0)
    return value


def hit_rate(counts: NDArray[Any]) -> Array:
    """Share of hits, ``(...)`` from hits and misses ``(..., 1, 2)``."""
    counts = np.asarray(counts, np.float64)
    rate: Array = counts[..., 0, 0] / _or_nan(counts.sum((-2, -1)))
    return rate


def _entropy(share: Array) -> Array:
    positive = np.where(share > 0, share, 1)
    return np.asarray(-(positive * np.log(positive)).sum(-1))


def _or_nan(count: Array) -> Array:
    """A count to divide by."""
    return np.where(count > 0, count, np.nan)


def _pairs(count: Array) -> Array:
    return count * (count - 1) / 2
