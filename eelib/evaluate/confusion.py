"""Confusion counts and every score that follows from them, under one policy.

Policy for absent classes: a class counts in the macro averages exactly if the ground truth of the evaluated set holds it. A class that is
only predicted still costs, as false positives add to no present class's union but as missed pixels of the class that was there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eelib.data.windows import IGNORE, Ints
from eelib.errors import InputError

Array = NDArray[np.float64]


def confusion_counts(predicted: Ints, mask: Ints, num_classes: int) -> Ints:
    """Count pixels by true and predicted class, per window.

    Args:
        predicted: ``(N, H, W)`` class ids.
        mask: ``(N, H, W)`` class ids, -1 = ignore.
        num_classes: ``K``.

    Returns:
        ``(N, K, K)`` int64; entry (n, i, j) counts pixels of window n with true class i and predicted class j.

    Raises:
        InputError: No pixel has a label, or the shapes differ.
    """
    if predicted.shape != mask.shape:
        raise InputError(f"prediction has shape {predicted.shape} but the mask {mask.shape}")
    labelled = mask != IGNORE
    if not labelled.any():
        raise InputError("every pixel of the mask is -1 (ignore): there is nothing to score")
    window = np.broadcast_to(np.arange(len(mask))[:, None, None], mask.shape)[labelled]
    cell = (window * num_classes + mask[labelled]) * num_classes + predicted[labelled]
    counts = np.bincount(cell, minlength=len(mask) * num_classes**2)
    return counts.reshape(len(mask), num_classes, num_classes)


def class_iou(counts: NDArray[Any]) -> Array:
    """Intersection over union per class, ``(..., K)`` from counts ``(..., K, K)``; NaN for classes absent from the ground truth."""
    counts = np.asarray(counts, np.float64)
    truth, predicted = counts.sum(-1), counts.sum(-2)
    hit = np.diagonal(counts, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou: Array = np.where(truth > 0, hit / (truth + predicted - hit), np.nan)
    return iou


def mean_iou(counts: NDArray[Any]) -> Array:
    """Macro mIoU ``(...)`` from counts ``(..., K, K)`` over classes present in the ground truth."""
    return known_mean(class_iou(counts))


def macro_f1(counts: NDArray[Any]) -> Array:
    """Macro F1 over classes present in the ground truth; F1 = 2 IoU / (1 + IoU)."""
    iou = class_iou(counts)
    return known_mean(2 * iou / (1 + iou))


def accuracy(counts: NDArray[Any]) -> Array:
    """Share of labelled pixels that are right."""
    counts = np.asarray(counts, np.float64)
    right: Array = np.trace(counts, axis1=-2, axis2=-1) / counts.sum((-2, -1))
    return right


def scores(counts: Ints) -> dict[str, Any]:
    """All scores of one model from per-window counts ``(N, K, K)``."""
    pooled = counts.sum(0)
    return {
        "miou": float(mean_iou(pooled)),
        "accuracy": float(accuracy(pooled)),
        "macro_f1": float(macro_f1(pooled)),
        "iou": [None if np.isnan(value) else float(value) for value in class_iou(pooled)],
    }


def pack(counts: Ints) -> dict[str, list[int]]:
    """Counts as JSON: their shape and the non-zero entries, since most classes are absent from most windows."""
    flat = counts.ravel()
    where = np.flatnonzero(flat)
    return {"shape": list(counts.shape), "at": where.tolist(), "count": flat[where].tolist()}


def unpack(packed: dict[str, list[int]]) -> Ints:
    """The inverse of :func:`pack`."""
    flat = np.zeros(int(np.prod(packed["shape"])), np.int64)
    flat[packed["at"]] = packed["count"]
    return flat.reshape(packed["shape"])


def known_mean(values: Array) -> Array:
    """Mean ``(...)`` of ``(..., N)`` over what is not NaN; NaN where nothing is left."""
    present = ~np.isnan(values)
    mean: Array = np.where(present, values, 0).sum(-1) / np.where(present.any(-1), present.sum(-1), np.nan)
    return mean
