"""Retrieval between images and captions, both ways: the rank of the first right answer, and recall at k."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eelib.data.windows import Ints
from eelib.evaluate.confusion import Array
from eelib.evaluate.hits import Bools

AT = (1, 5, 10)


@dataclass(frozen=True)
class Galleries:
    """What is searched among N pairs: every caption and every image once, however many pairs have it.

    A wrong answer then costs one rank, be it the picture of five captions or the name of a class; the same answer is never both right and
    wrong.

    Attributes:
        captions: First pair of each distinct caption, ``(U,)``.
        images: First pair of each distinct image, ``(V,)``.
        right_captions: ``(N, U)``: some pair has the image of pair n and that caption.
        right_images: ``(N, V)``: some pair has the caption of pair n and that image.
    """

    captions: Ints
    images: Ints
    right_captions: Bools
    right_images: Bools


def galleries(captions: Sequence[str], images: Sequence[str]) -> Galleries:
    """Distinct captions and images of pairs, and which answer which.

    Args:
        captions: ``N`` texts.
        images: ``N`` names, equal for equal images.
    """
    (of_captions, caption), (of_images, image) = (
        np.unique(np.asarray(names), return_index=True, return_inverse=True)[1:] for names in (captions, images)
    )
    together = np.zeros((len(of_images), len(of_captions)), dtype=bool)
    together[image, caption] = True
    return Galleries(of_captions, of_images, together[image], together.T[caption])


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


def retrieval(similarity: Array, back: Array, among: Galleries) -> dict[str, Any]:
    """Both directions among N pairs; every pair asks, and each distinct answer is there once.

    Args:
        similarity: ``(N, N)`` images by texts, for image to text.
        back: ``(N, N)`` images by texts, for text to image; the same in global similarity, another in FILIP's.
        among: Of these pairs.

    Returns:
        Ranks per query, recall at 1, 5, 10 and that of a random order, by direction.
    """
    asked = {
        "image_to_text": (similarity[:, among.captions], among.right_captions),
        "text_to_image": (back.T[:, among.images], among.right_images),
    }
    ranks = {way: first_ranks(*searched) for way, searched in asked.items()}
    return {
        **{way: found.tolist() for way, found in ranks.items()},
        "recall": {way: recall(found) for way, found in ranks.items()},
        "chance": {way: chance_recall(right) for way, (_, right) in asked.items()},
    }
