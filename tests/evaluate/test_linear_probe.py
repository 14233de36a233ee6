"""The linear probe finds what is linear, by the decay that validation prefers."""

import numpy as np
import pytest
import torch

from eelib.errors import InputError
from eelib.evaluate.few_shot import shot_rows, shots
from eelib.evaluate.linear_probe import ProbeData, labelled_part, linear_probe, probe_scores


def data(count, seed, noise=0.3):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    features = np.eye(3)[labels] + noise * rng.normal(size=(count, 3))
    return ProbeData(torch.tensor(features, dtype=torch.float32), torch.tensor(labels))


def test_a_linear_problem_is_solved_as_scikit_learn_solves_it():
    from sklearn.linear_model import LogisticRegression

    train, test = data(200, 0), data(300, 1)
    probe, _ = linear_probe(train, data(50, 2), 3, (1e-3,))
    scores = probe_scores(probe, test.features)
    mean, std = train.features.mean(0), train.features.std(0)
    ready = [((part.features - mean) / std).numpy() for part in (train, test)]
    other = LogisticRegression(C=1 / (1e-3 * 200), max_iter=5000, tol=1e-8).fit(ready[0], train.labels.numpy())
    assert (scores.argmax(1) == other.predict(ready[1])).mean() > 0.99
    assert (scores.argmax(1) == test.labels.numpy()).mean() > 0.9


def test_validation_chooses_the_decay_and_prefers_the_stronger_of_equals():
    train, validation = data(60, 0), data(60, 1)
    alone = {penalty: linear_probe(train, validation, 3, (penalty,)) for penalty in (1e-4, 1e2)}
    probe, tried = linear_probe(train, validation, 3, (1e-4, 1e2))
    assert tried == alone[1e-4][1] | alone[1e2][1]
    best = 1e-4 if tried["0.0001"] > tried["100"] else 1e2
    assert torch.equal(probe.weight, alone[best][0].weight)
    equal, found = linear_probe(train, ProbeData(validation.features[:1], validation.labels[:1]), 3, (1e-4, 1e-3))
    assert found["0.0001"] == found["0.001"]
    assert torch.equal(equal.weight, linear_probe(train, validation, 3, (1e-3,))[0].weight)


def test_samples_without_a_label_are_left_out():
    part = labelled_part(torch.arange(8.0).reshape(4, 2), np.array([1, -1, 0, -1]))
    assert part.labels.tolist() == [1, 0]
    assert part.features[:, 0].tolist() == [0, 4]
    with pytest.raises(InputError, match="validation set has no labelled pairs"):
        linear_probe(data(9, 0), labelled_part(torch.ones(2, 3), np.array([-1, -1])), 3, (1.0,))


def test_shots_are_balanced_nested_and_drawn_anew():
    labels = np.array([0] * 20 + [1] * 20 + [2] * 2 + [-1] * 10)
    few, more = shot_rows(labels, 1, 0), shot_rows(labels, 4, 0)
    assert np.bincount(labels[few]).tolist() == [1, 1, 1]
    assert np.bincount(labels[more]).tolist() == [4, 4, 2]
    assert set(few) <= set(more)
    assert set(more) != set(shot_rows(labels, 4, 1))
    assert (shot_rows(labels, 4, 0) == more).all()
    assert len(shots(data(90, 0), 5, 0).labels) == 15
