"""Retrieval against a slow search."""

import numpy as np
import pytest

from eelib.evaluate.retrieval import chance_recall, first_ranks, recall, retrieval


def slow_rank(row, query, answers):
    right = [value for value, answer in zip(row, answers, strict=True) if answer == query]
    return sum(value >= max(right) for value, answer in zip(row, answers, strict=True) if answer != query)


def test_ranks_equal_a_slow_search():
    rng = np.random.default_rng(0)
    similarity, groups = rng.normal(size=(40, 40)).round(1), rng.integers(0, 15, 40)
    ranks = first_ranks(similarity, groups, groups)
    assert ranks.tolist() == [slow_rank(row, group, groups) for row, group in zip(similarity, groups, strict=True)]


def test_a_perfect_model_is_first_and_a_collapsed_one_last():
    groups = np.arange(6)
    assert (first_ranks(np.eye(6), groups, groups) == 0).all()
    assert (first_ranks(np.ones((6, 6)), groups, groups) == 5).all()


def test_directions_are_not_mixed_up():
    similarity = np.array([[0.9, 0.1], [0.95, 0.2]])  # image 1 is nearest to text 0 as well
    found = retrieval(similarity, similarity, ["one", "two"])
    assert found["image_to_text"] == [0, 1]
    assert found["text_to_image"] == [1, 0]
    assert found["recall"]["image_to_text"]["1"] == 0.5
    assert retrieval(np.eye(2), similarity, ["one", "two"])["image_to_text"] == [0, 0]


def test_equal_captions_are_right_answers_for_each_other():
    similarity = np.array([[0.1, 0.9, 0.0], [0.9, 0.1, 0.0], [0.0, 0.0, 1.0]])
    assert retrieval(similarity, similarity, ["a", "a", "b"])["image_to_text"] == [0, 0, 0]
    assert retrieval(similarity, similarity, ["a", "c", "b"])["image_to_text"] == [1, 1, 0]


def test_chance_is_what_random_orders_reach():
    rng = np.random.default_rng(1)
    groups = np.array([0, 0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8])
    found = [recall(first_ranks(rng.normal(size=(12, 12)), groups, groups)) for _ in range(600)]
    expected = chance_recall(groups, groups)
    for k in ("1", "5", "10"):
        assert np.mean([one[k] for one in found]) == pytest.approx(expected[k], abs=0.02)
    assert chance_recall(np.arange(4), np.arange(4)) == {"1": 0.25, "5": 1.0, "10": 1.0}
