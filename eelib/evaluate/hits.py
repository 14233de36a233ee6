"""Right or wrong per test sample: scores, a compact text for records, and counts for intervals by places."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eelib.data.windows import Ints
from eelib.evaluate.confusion import Array

Bools = NDArray[np.bool_]


def hits(scores: Array, labels: Ints) -> dict[str, Any]:
    """Top-1 and top-5 of a classifier.

    A class that ties with the true one counts as better, so a collapsed model scores 0, not 1.

    Args:
        scores: ``(N, K)``, higher is more likely.
        labels: ``(N,)`` class ids, all at least 0.

    Returns:
        ``top1``, ``top5`` shares; ``class_mean``, see :func:`class_mean`; ``correct``, see :func:`pack_hits`.
    """
    correct = within(scores, labels, 1)
    return {
        "top1": float(correct.mean()),
        "top5": float(within(scores, labels, 5).mean()),
        "class_mean": class_mean(correct, labels),
        "correct": pack_hits(correct),
    }


def within(scores: Array, labels: Ints, count: int) -> Bools:
    """Whether the true class is among the first ``count`` of ``(N, K)`` scores, those that tie with it before it."""
    own = scores[np.arange(len(labels)), labels]
    rank = (scores >= own[:, None]).sum(1)  # 1 = first; 0 where the scores are not numbers
    found: Bools = (rank > 0) & (rank <= count)
    return found


def class_mean(correct: Bools, labels: Ints) -> float:
    """Mean over the classes that occur of their share of hits."""
    return float(np.mean([correct[labels == label].mean() for label in np.unique(labels)]))


def pack_hits(correct: Bools) -> str:
    """One character per sample, 1 = right."""
    return "".join("1" if right else "0" for right in correct)


def unpack_hits(text: str) -> Bools:
    """The inverse of :func:`pack_hits`."""
    return np.array([character == "1" for character in text], bool)


def hit_counts(correct: Bools) -> Ints:
    """Hits and misses ``(N, 1, 2)``: what :func:`eelib.evaluate.statistics.bootstrap` resamples, with the score ``agreement.hit_rate``."""
    return np.stack([correct, ~correct], 1).astype(np.int64)[:, None]


def baselines(labels: Ints, train_labels: Ints, num_classes: int) -> dict[str, Any]:
    """Chance, and the score of always naming the class that is most frequent in training.

    Args:
        labels: ``(N,)`` of the scored set, -1 = none.
        train_labels: Of the training set; where it has no labels, the scored set's own majority, which is the harder baseline.
        num_classes: ``K``.
    """
    known, seen = labels[labels >= 0], train_labels[train_labels >= 0]
    if not len(known):
        return {"chance": None, "majority": None, "classes": num_classes}
    most = np.bincount(seen if len(seen) else known, minlength=num_classes).argmax()
    return {"chance": 1 / num_classes, "majority": float((known == most).mean()), "classes": num_classes}
