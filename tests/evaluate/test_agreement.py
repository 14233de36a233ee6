"""Agreement of clusters and classes, against scikit-learn, which counts pairs from the labels themselves."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from eelib.evaluate.agreement import adjusted_rand, hit_rate, mutual_information


def table(clusters, classes, shape):
    counts = np.zeros(shape, np.int64)
    np.add.at(counts, (clusters, classes), 1)
    return counts


@pytest.mark.parametrize("seed", range(5))
def test_values_are_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    classes = rng.integers(4, size=300)
    clusters = np.where(rng.random(300) < 0.6, classes, rng.integers(5, size=300))
    counts = table(clusters, classes, (5, 4))
    assert mutual_information(counts) == pytest.approx(normalized_mutual_info_score(classes, clusters))
    assert adjusted_rand(counts) == pytest.approx(adjusted_rand_score(classes, clusters))


def test_equal_partitions_are_1_whatever_the_names():
    counts = np.array([[0, 7, 0], [3, 0, 0], [0, 0, 5]])
    assert mutual_information(counts) == pytest.approx(1)
    assert adjusted_rand(counts) == pytest.approx(1)


def test_one_cluster_says_nothing():
    counts = np.array([[5, 7, 9], [0, 0, 0], [0, 0, 0]])
    assert mutual_information(counts) == pytest.approx(0, abs=1e-12)
    assert adjusted_rand(counts) == pytest.approx(0, abs=1e-12)


def test_leading_dimensions_are_kept():
    counts = np.random.default_rng(0).integers(1, 9, (2, 6, 3, 4))
    for score in (mutual_information, adjusted_rand):
        assert score(counts).shape == (2, 6)
        assert score(counts)[1, 2] == pytest.approx(score(counts[1, 2]))


def test_hit_rate():
    assert hit_rate(np.array([[[3, 1]], [[0, 5]]])).tolist() == [0.75, 0.0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("score", [mutual_information, adjusted_rand, hit_rate])
def test_nothing_counted_is_no_agreement_and_no_disagreement(score):
    """A draw of places that holds none of a seed's: `bootstrap` leaves it out."""
    counts = np.array([[[0, 0], [0, 0]], [[4, 1], [1, 4]]])
    found = score(counts)
    assert np.isnan(found[0]) and found[1] == score(counts[1])
