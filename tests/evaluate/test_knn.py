"""Nearest neighbours against a slow vote."""

import numpy as np
import pytest
import torch

from eelib.errors import InputError
from eelib.evaluate.knn import knn_scores


def test_votes_equal_a_slow_count():
    rng = np.random.default_rng(0)
    train, queries, labels = rng.normal(size=(30, 4)), rng.normal(size=(8, 4)), rng.integers(0, 3, 30)
    scores = knn_scores(torch.tensor(train), torch.tensor(labels), torch.tensor(queries), 3, k=7).numpy()
    for row, query in zip(scores, queries, strict=True):
        cosine = train @ query / np.linalg.norm(train, axis=1) / np.linalg.norm(query)
        near = np.argsort(-cosine)[:7]
        votes = np.zeros(3)
        for at in near:
            votes[labels[at]] += np.exp(cosine[at] / 0.07)
        assert row == pytest.approx(votes / votes.sum())


def test_fewer_samples_than_neighbours_all_vote():
    scores = knn_scores(torch.eye(2), torch.tensor([0, 1]), torch.eye(2), 2, k=10)
    assert scores.argmax(1).tolist() == [0, 1]
    assert scores.sum(1).tolist() == pytest.approx([1, 1])


def test_without_labels_there_is_no_vote():
    with pytest.raises(InputError, match="no labelled pairs"):
        knn_scores(torch.empty(0, 2), torch.empty(0, dtype=torch.int64), torch.eye(2), 2, k=1)
