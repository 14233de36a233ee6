"""Retrieval between images and captions, both ways: the rank of the first right answer, and recall at k."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eelib.data.windows import Ints
from eelib.evaluate.confusion import Array

AT = (1, 5, 10)


def first_ranks(similarity: Array, query_groups: Ints, answer_groups: Ints) -> Ints:
    """Per query how many wrong answers are at least as similar as its best right one, ``(Q,)``; 0 = found first.

    Answers of the query's group are right. Ties count against the model, so one that finds everything alike is last everywhere.

    Args:
        similarity: ``(Q, A)``.
        query_groups: ``(Q,)``; captions that read the same form one group, together with their images.
        answer_groups: ``(A,)``.
    """
    right = query_groups[:, None] == answer_groups[None]
    best = np.where(right, similarity, -np.inf).max(1, keepdims=True)
    ranks: Ints = ((similarity >= best) & ~right).sum(1)
    return ranks


def recall(ranks: Ints, at: Sequence[int] = AT) -> dict[str, float]:
    """Share of queries with a right answer among the first k, by k."""
    return {str(k): float((ranks < k).mean()) for k in at}


def chance_recall(query_groups: Ints, answer_groups: Ints, at: Sequence[int] = AT) -> dict[str, float]:
    """Expected recall of a random order: 1 − C(A − m, k)/C(A, k) for a query with m right among A answers, averaged over queries."""
    count = len(answer_groups)
    right = (query_groups[:, None] == answer_groups[None]).sum(1)
    result = {}
    for k in at:
        taken = np.arange(min(k, count))
        miss = np.prod(np.clip((count - right[:, None] - taken) / (count - taken), 0, None), axis=1)
        result[str(k)] = float((1 - miss).mean())
    return result


def retrieval(similarity: Array, back: Array, captions: Sequence[str]) -> dict[str, Any]:
    """Both directions among N pairs.

    Args:
        similarity: ``(N, N)`` images by texts, for image to text.
        back: ``(N, N)`` images by texts, for text to image; the same in global similarity, another in FILIP's.
        captions: ``N``; pairs with the same caption are right answers for each other.

    Returns:
        Ranks per query and recall at 1, 5, 10 per direction, and the recall of chance.
    """
    groups = np.unique(np.asarray(captions), return_inverse=True)[1].astype(np.int64)
    forth, other = first_ranks(similarity, groups, groups), first_ranks(back.T, groups, groups)
    return {
        "image_to_text": forth.tolist(),
        "text_to_image": other.tolist(),
        "recall": {"image_to_text": recall(forth), "text_to_image": recall(other)},
        "chance": chance_recall(groups, groups),
    }
