"""Variants of a test."""

import numpy as np
import pytest
from toy_pairs import toy_pairs

from eelib.evaluate.robustness import season_of, varied, with_noise
from eelib.settings_pairs import PairData, ScoreVariant


def test_a_variant_changes_what_it_names_and_nothing_else():
    data = PairData(sets=("germany",))
    cloudy = varied(data, ScoreVariant(name="clouds", cloud=2.0))
    assert cloudy.sizes.cloud == 2.0
    assert varied(data, ScoreVariant(name="shift", sets=("ghana",))).sets == ("ghana",)
    assert varied(data, ScoreVariant(name="noise", noise=0.02)).sizes.noise == 0.02
    same = varied(data, ScoreVariant(name="same"))
    assert cloudy.model_copy(update={"sizes": same.sizes}) == same
    unread = {"train", "validation", "version"}
    assert same.sizes.model_dump(exclude=unread) == data.sizes.model_dump(exclude=unread) and same.sizes.train == 2


def test_noise_depends_on_the_row_alone_and_has_its_strength():
    pairs = toy_pairs(40)
    noisy = with_noise(pairs, 0.05)
    whole = noisy.image(range(40))
    assert np.array_equal(noisy.image([7, 3]), whole[[7, 3]])
    inside = (pairs.image(range(40)) > 0.3) & (pairs.image(range(40)) < 0.7)
    assert (whole - pairs.image(range(40)))[inside].std() == pytest.approx(0.05, rel=0.1)
    assert whole.min() >= 0 and whole.max() <= 1
    assert noisy.texts == pairs.texts


def test_every_day_has_one_season():
    names = season_of(np.arange(1, 367))
    assert {name: names.count(name) for name in set(names)} == {"winter": 91, "spring": 92, "summer": 92, "autumn": 91}
    assert season_of(np.array([1, 100, 200, 300, 360])) == ["winter", "spring", "summer", "autumn", "winter"]
