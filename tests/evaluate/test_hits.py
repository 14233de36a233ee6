"""Right or wrong per sample."""

import numpy as np
import pytest

from eelib.evaluate.agreement import hit_rate
from eelib.evaluate.hits import baselines, hit_counts, hits, pack_hits, unpack_hits, within


def slow_top(scores, labels, k):
    return np.mean(
        [sum(row[j] >= row[label] for j in range(len(row)) if j != label) < k for row, label in zip(scores, labels, strict=True)]
    )


def test_top_one_and_five_equal_a_slow_count():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(200, 9)).round(1), rng.integers(0, 9, 200)
    found = hits(scores, labels)
    assert found["top1"] == pytest.approx(slow_top(scores, labels, 1))
    assert found["top5"] == pytest.approx(slow_top(scores, labels, 5))
    correct = unpack_hits(found["correct"])
    assert correct.mean() == found["top1"] < found["top5"] == within(scores, labels, 5).mean()
    assert found["class_mean"] == pytest.approx(np.mean([correct[labels == k].mean() for k in range(9)]))


def test_a_model_that_finds_all_alike_scores_nothing():
    found = hits(np.ones((10, 8)), np.arange(10) % 8)
    assert found["top1"] == found["top5"] == 0
    assert not within(np.full((2, 8), np.nan), np.arange(2), 5).any()


def test_packed_hits_come_back_and_count():
    correct = np.array([True, False, True, True])
    assert pack_hits(correct) == "1011"
    assert (unpack_hits("1011") == correct).all()
    counts = hit_counts(correct)
    assert counts.shape == (4, 1, 2)
    assert hit_rate(counts.sum(0)) == 0.75


def test_the_majority_is_that_of_training():
    found = baselines(np.array([0, 1, 1, 1, -1]), np.array([0, 0, 1, -1, -1, -1]), 4)
    assert found == {"chance": 0.25, "majority": 0.25, "classes": 4}
    assert baselines(np.array([0, 1, 1, 1, -1]), np.array([], int), 4)["majority"] == 0.75
    assert baselines(np.array([-1]), np.array([0]), 2)["majority"] is None
