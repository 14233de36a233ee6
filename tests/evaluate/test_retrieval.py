"""Retrieval against a slow search."""

import numpy as np
import pytest

from eelib.evaluate.retrieval import chance_recall, first_ranks, galleries, recall, retrieval


def asked(captions, images=None):
    names = range(len(captions)) if images is None else images
    return galleries([str(caption) for caption in captions], [str(name) for name in names])


def slow_rank(query, row, wanted, offered):
    """Distinct wrong answers that are at least as similar as the best right one, answer by answer.

    ``row`` holds the similarity of the query to every pair's answer, ``wanted`` what each pair asks with, ``offered`` what it offers.
    """
    right = {offered[j] for j in range(len(row)) if wanted[j] == wanted[query]}
    score = {offered[j]: row[j] for j in range(len(row))}
    best = max(score[answer] for answer in right)
    return sum(score[answer] >= best for answer in set(offered) - right)


def test_ranks_equal_a_slow_search():
    rng = np.random.default_rng(0)
    captions, images = rng.integers(0, 25, 40), rng.integers(0, 25, 40)
    similarity = rng.normal(size=(25, 25)).round(1)[images][:, captions]
    found = retrieval(similarity, similarity, asked(captions, images))
    assert found["image_to_text"] == [slow_rank(n, row, images, captions) for n, row in enumerate(similarity)]
    assert found["text_to_image"] == [slow_rank(n, row, captions, images) for n, row in enumerate(similarity.T)]


def test_an_image_with_five_captions_costs_one_rank():
    """The usual protocol: a text searches among the images, of which each is there once; an image searches among all captions."""
    rng = np.random.default_rng(3)
    images, captions = np.repeat(np.arange(30), 5), np.arange(150)
    by_image = rng.normal(size=(30, 150))
    found = retrieval(by_image[images], by_image[images], asked(captions, images))
    ranks = [int((by_image[:, text] > by_image[text // 5, text]).sum()) for text in captions]
    assert found["text_to_image"] == ranks
    best = [max(by_image[image, 5 * image : 5 * image + 5]) for image in images]
    assert found["image_to_text"] == [int((by_image[image] > best[n]).sum()) for n, image in enumerate(images)]
    assert found["chance"]["text_to_image"]["1"] == pytest.approx(1 / 30)
    assert found["chance"]["image_to_text"]["1"] == pytest.approx(5 / 150)


def test_a_class_name_is_one_answer_however_many_images_have_it():
    rng = np.random.default_rng(4)
    classes = np.repeat(np.arange(10), 20)
    found = retrieval(*2 * [rng.normal(size=(200, 10))[:, classes]], asked(classes))
    assert found["chance"]["image_to_text"] == {"1": pytest.approx(0.1), "5": pytest.approx(0.5), "10": pytest.approx(1)}
    assert found["recall"]["image_to_text"]["10"] == 1
    assert found["recall"]["image_to_text"]["5"] == pytest.approx(0.5, abs=0.1)


def test_a_perfect_model_is_first_and_a_collapsed_one_last():
    right = asked(range(6)).right_captions
    assert (first_ranks(np.eye(6), right) == 0).all()
    assert (first_ranks(np.ones((6, 6)), right) == 5).all()


def test_directions_are_not_mixed_up():
    similarity = np.array([[0.9, 0.1], [0.95, 0.2]])  # image 1 is nearest to text 0 as well
    found = retrieval(similarity, similarity, asked(["one", "two"]))
    assert found["image_to_text"] == [0, 1]
    assert found["text_to_image"] == [1, 0]
    assert found["recall"]["image_to_text"]["1"] == 0.5
    assert retrieval(np.eye(2), similarity, asked(["one", "two"]))["image_to_text"] == [0, 0]


def test_pairs_of_one_caption_or_one_image_answer_each_other():
    similarity = np.array([[0.1, 0.9, 0.0], [0.9, 0.1, 0.0], [0.0, 0.0, 1.0]])
    one_image = asked(["a", "c", "b"], ["x", "x", "y"])
    assert retrieval(similarity[[0, 0, 2]], similarity, one_image)["image_to_text"] == [0, 0, 0]
    assert retrieval(similarity, similarity[:, [0, 0, 2]], asked(["a", "a", "b"]))["text_to_image"] == [0, 0, 0]
    assert retrieval(similarity, similarity, asked(["a", "c", "b"]))["image_to_text"] == [1, 1, 0]


def test_chance_is_what_random_orders_reach():
    rng = np.random.default_rng(1)
    right = asked(range(12), [0, 0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8]).right_captions
    found = [recall(first_ranks(rng.normal(size=(12, 12)), right)) for _ in range(600)]
    expected = chance_recall(right)
    for k in ("1", "5", "10"):
        assert np.mean([one[k] for one in found]) == pytest.approx(expected[k], abs=0.02)
    assert chance_recall(asked(range(4)).right_captions) == {"1": 0.25, "5": 1.0, "10": 1.0}


def test_similarities_that_are_nan_find_nothing():
    right = np.eye(3, dtype=bool)
    assert first_ranks(np.full((3, 3), np.nan), right).tolist() == [2, 2, 2]
