"""Nearest-neighbour classification on frozen features: no training, one number to choose."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from eelib.errors import InputError

TEMPERATURE = 0.07  # of the votes (Wu et al. 2018, arXiv 1805.01978)


def knn_scores(train: Tensor, labels: Tensor, queries: Tensor, num_classes: int, k: int, temperature: float = TEMPERATURE) -> Tensor:
    """Votes of the k most similar training samples, each weighted by exp(cosine / temperature).

    Args:
        train: ``(N, F)``.
        labels: ``(N,)`` class ids.
        queries: ``(Q, F)``.
        num_classes: ``K``.
        k: Neighbours; all where there are fewer.
        temperature: Divides a cosine before it becomes the weight of a vote, exp(cosine/temperature).

    Returns:
        ``(Q, K)``, rows sum to 1.

    Raises:
        InputError: There is nothing to be near to.
    """
    if not len(train):
        raise InputError("the training set has no labelled pairs: there are no neighbours to vote")
    cosine = F.normalize(queries, dim=1) @ F.normalize(train, dim=1).T
    near = cosine.topk(min(k, len(train)), dim=1)
    weight = torch.softmax(near.values.double() / temperature, 1)
    votes = torch.zeros(len(queries), num_classes, dtype=torch.float64)
    return votes.scatter_add_(1, labels[near.indices], weight)
