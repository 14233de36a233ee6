"""Scores from confusion counts, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, jaccard_score

from eelib.evaluate.confusion import class_iou, confusion_counts, mean_iou, pack, scores, unpack


def maps(seed=0, classes=4):
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, (3, 8, 8)), rng.integers(-1, classes, (3, 8, 8))


def test_scores_equal_scikit_learn():
    predicted, mask = maps()
    counts = confusion_counts(predicted, mask, 4)
    seen = mask >= 0
    truth, given = mask[seen], predicted[seen]
    found = scores(counts)
    assert found["miou"] == pytest.approx(jaccard_score(truth, given, average="macro"))
    assert found["macro_f1"] == pytest.approx(f1_score(truth, given, average="macro"))
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, given))
    assert found["iou"] == pytest.approx(jaccard_score(truth, given, average=None))
    assert counts.sum() == seen.sum()


def test_ignored_pixels_never_count():
    predicted, mask = maps()
    changed = np.where(mask == -1, 3 - predicted, predicted)
    assert np.array_equal(confusion_counts(predicted, mask, 4), confusion_counts(changed, mask, 4))


def test_a_class_absent_from_the_truth_is_left_out_of_the_mean_but_costs_where_it_is_predicted():
    mask = np.array([[[0, 0, 1, 1]]])
    counts = confusion_counts(np.array([[[0, 2, 1, 1]]]), mask, 3)
    iou = class_iou(counts.sum(0))
    assert iou[:2] == pytest.approx([0.5, 1])
    assert np.isnan(iou[2])
    assert mean_iou(counts.sum(0)) == pytest.approx(0.75)
    assert scores(counts)["iou"][2] is None


def test_packed_counts_come_back():
    predicted, mask = maps()
    counts = confusion_counts(predicted, mask, 4)
    assert np.array_equal(unpack(pack(counts)), counts)
