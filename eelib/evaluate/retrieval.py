"""Retrieval between images and captions, both ways: the rank of the first right answer, and recall at k."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eelib.data.windows import Ints
from eelib.evaluate.confusion import Array
from eelib.evaluate.hits import Bools

AT = (1, 5, 10)


def right_answers(captions: Sequence[str], images: Sequence[str]) -> Bools:
    """``(N, N)``: pair m answers pair n if they share the caption or the image, as the five captions of one picture do.

    Args:
        captions: ``N`` texts.
        images: ``N`` names, equal for equal images.
    """
    same = [np.unique(np.asarray(names), return_inverse=True)[1] for names in (captions, images)]
    right: Bools = (same[0][:, None] == same[0]) | (same[1][:, None] == same[1])
    return right


def first_ranks(similarity: Array, right: Bools) -> Ints:
    """Per query how many wrong answers are at least as similar as its best right one, ``(Q,)``; 0 = found first.

    Ties count against the model, so one that finds everything alike, or whose similarities are NaN, is last everywhere.

    Args:
        similarity: ``(Q, A)``.
        right: ``(Q, A)``, at least one per query.
    """
    similarity = np.where(np.isnan(similarity), -np.inf, similarity)
    best = np.where(right, similarity, -np.inf).max(1, keepdims=True)
    ranks: Ints = ((similarity >= best) & ~right).sum(1)
    return ranks


def recall(ranks: Ints, at: Sequence[int] = AT) -> dict[str, float]:
    """Share of queries with a right answer among the first k, by k."""
    return {str(k): float((ranks < k).mean()) for k in at}


def chance_recall(right: Bools, at: Sequence[int] = AT) -> dict[str, float]:
    """Expected recall of a random order: 1 − C(A − m, k)/C(A, k) for a query with m right among A answers, averaged over queries."""
    count, found = right.shape[1], right.sum(1)
    result = {}
    for k in at:
        taken = np.arange(min(k, count))
        miss = np.prod(np.clip((count - found[:, None] - taken) / (count - taken), 0, None), axis=1)
        result[str(k)] = float((1 - miss).mean())
    return result


def retrieval(similarity: Array, back: Array, right: Bools) -> dict[str, Any]:
    """Both directions among N pairs.

    Args:
        similarity: ``(N, N)`` images by texts, for image to text.
        back: ``(N, N)`` images by texts, for text to image; the same in global similarity, another in FILIP's.
        right: ``(N, N)``, of :func:`right_answers`.

    Returns:
        Ranks per query and recall at 1, 5, 10 per direction, and the recall of chance.
    """
    forth, other = first_ranks(similarity, right), first_ranks(back.T, right)
    return {
        "image_to_text": forth.tolist(),
        "text_to_image": other.tolist(),
        "recall": {"image_to_text": recall(forth), "text_to_image": recall(other)},
        "chance": chance_recall(right),
    }
