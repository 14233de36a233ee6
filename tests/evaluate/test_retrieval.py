"""Retrieval against a slow search."""

import numpy as np
import pytest

from eelib.evaluate.retrieval import chance_recall, first_ranks, recall, retrieval, right_answers


def right_of(captions, images=None):
    return right_answers(
        [str(caption) for caption in captions], [str(name) for name in (range(len(captions)) if images is None else images)]
    )


def slow_rank(row, query, captions, images):
    right = [captions[j] == captions[query] or images[j] == images[query] for j in range(len(row))]
    best = max(value for value, hit in zip(row, right, strict=True) if hit)
    return sum(value >= best for value, hit in zip(row, right, strict=True) if not hit)


def test_ranks_equal_a_slow_search():
    rng = np.random.default_rng(0)
    similarity, captions, images = rng.normal(size=(40, 40)).round(1), rng.integers(0, 25, 40), rng.integers(0, 25, 40)
    ranks = first_ranks(similarity, right_of(captions, images))
    assert ranks.tolist() == [slow_rank(row, query, captions, images) for query, row in enumerate(similarity)]


def test_a_perfect_model_is_first_and_a_collapsed_one_last():
    right = right_of(range(6))
    assert (first_ranks(np.eye(6), right) == 0).all()
    assert (first_ranks(np.ones((6, 6)), right) == 5).all()


def test_directions_are_not_mixed_up():
    similarity = np.array([[0.9, 0.1], [0.95, 0.2]])  # image 1 is nearest to text 0 as well
    found = retrieval(similarity, similarity, right_of(["one", "two"]))
    assert found["image_to_text"] == [0, 1]
    assert found["text_to_image"] == [1, 0]
    assert found["recall"]["image_to_text"]["1"] == 0.5
    assert retrieval(np.eye(2), similarity, right_of(["one", "two"]))["image_to_text"] == [0, 0]


def test_pairs_of_one_caption_or_one_image_answer_each_other():
    similarity = np.array([[0.1, 0.9, 0.0], [0.9, 0.1, 0.0], [0.0, 0.0, 1.0]])
    for right in (right_of(["a", "a", "b"]), right_of(["a", "c", "b"], ["x", "x", "y"])):
        assert retrieval(similarity, similarity, right)["image_to_text"] == [0, 0, 0]
    assert retrieval(similarity, similarity, right_of(["a", "c", "b"]))["image_to_text"] == [1, 1, 0]


def test_chance_is_what_random_orders_reach():
    rng = np.random.default_rng(1)
    right = right_of([0, 0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8])
    found = [recall(first_ranks(rng.normal(size=(12, 12)), right)) for _ in range(600)]
    expected = chance_recall(right)
    for k in ("1", "5", "10"):
        assert np.mean([one[k] for one in found]) == pytest.approx(expected[k], abs=0.02)
    assert chance_recall(right_of(range(4))) == {"1": 0.25, "5": 1.0, "10": 1.0}


def test_similarities_that_are_nan_find_nothing():
    right = np.eye(3, dtype=bool)
    assert first_ranks(np.full((3, 3), np.nan), right).tolist() == [2, 2, 2]
