"""The linear probe finds the optimum that scikit-learn finds."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from eelib.errors import InputError
from eelib.evaluate.monitors import embedding_monitors
from eelib.evaluate.probe import fit_probe


def data(seed=0):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(4, 5, 12, 12, generator=generator) * torch.tensor([1, 10, 0.1, 3, 1])[None, :, None, None]
    scores = features[:, 0] + 0.1 * features[:, 1] + torch.randn(4, 12, 12, generator=generator)
    mask = torch.bucketize(scores, torch.tensor([-1.0, 1.0]))
    mask[0, :3] = -1
    return features, mask


def test_it_agrees_with_scikit_learn():
    features, mask = data()
    penalty = 1e-2
    probe = fit_probe(features, mask, 3, penalty)
    seen = (mask >= 0).numpy()
    rows, target = features.movedim(1, -1).numpy()[seen], mask.numpy()[seen]
    # scikit-learn minimises the sum of losses plus |w|^2 / (2 C); ours the mean plus penalty |w|^2 / 2.
    peer = LogisticRegression(C=1 / (penalty * len(rows)), max_iter=2000, tol=1e-8)
    peer.fit(StandardScaler().fit_transform(rows), target)
    ours = probe.predict(features)[seen]
    theirs = peer.predict(StandardScaler().fit_transform(rows))
    assert (ours == theirs).mean() > 0.995
    np.testing.assert_allclose(probe.weight.numpy(), peer.coef_, atol=0.02)


def test_ignored_pixels_and_other_windows_play_no_part():
    features, mask = data()
    first = fit_probe(features, mask, 3, 1e-3).weight
    changed = features.clone()
    changed[0, :, :3] = 1000
    torch.testing.assert_close(fit_probe(changed, mask, 3, 1e-3).weight, first)


def test_a_subset_of_pixels_follows_the_seed():
    features, mask = data()
    one, again, other = (fit_probe(features, mask, 3, 1e-3, most=100, seed=seed).weight for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_all_ignored_is_an_error():
    features, mask = data()
    with pytest.raises(InputError, match="every pixel of the training mask"):
        fit_probe(features, torch.full_like(mask, -1), 3, 1e-3)


def test_monitors_tell_a_collapse_from_a_good_embedding():
    torch.manual_seed(0)
    good = torch.randn(500, 32)
    found = embedding_monitors(good, good)
    assert found["std"] == pytest.approx(1, abs=0.05)
    assert found["alignment"] == pytest.approx(0, abs=1e-6)
    assert found["retrieval"] == 1
    unrelated = embedding_monitors(good, torch.randn(500, 32))
    assert unrelated["alignment"] == pytest.approx(2, abs=0.1)
    assert unrelated["retrieval"] < 0.02
    flat = torch.ones(500, 32) + 1e-3 * torch.randn(500, 32)
    collapsed = embedding_monitors(flat, flat)
    assert collapsed["std"] < 0.01
    assert collapsed["uniformity"] > -0.01 > found["uniformity"]
    assert embedding_monitors(good[:1], good[:1]).keys() == {"alignment", "retrieval", "count"}  # one row has no spread
    assert embedding_monitors(good[:2], good[:2]).keys() == found.keys()
