"""Pairs of labelled regions: windows, dates, captions and scene classes belong together."""

from types import SimpleNamespace

import numpy as np
import pytest
from toys import make_region

from eelib.data.pairs.region_pairs import largest_class, region_pairs
from eelib.data.pairs.settings import PairSizes
from eelib.data.windows import IGNORE
from eelib.errors import InputError

SIZES = PairSizes(train=1000, validation=1000, test=1000, size=32)


@pytest.fixture
def toy(monkeypatch):
    """A region that stands in for whatever a source loads."""
    region = make_region()
    monkeypatch.setattr("eelib.data.regions.load_region", lambda name, sizes: region)
    monkeypatch.setattr("eelib.data.regions.source", lambda name: SimpleNamespace(num_dates=None, fingerprint=lambda: "toy"))
    return region


def test_every_window_and_date_is_a_pair_and_places_stay_together(toy):
    bands = toy.bands[:2]
    pairs = region_pairs(toy.name, SIZES.model_copy(update={"bands": bands}))
    count, dates = toy.train.dates.shape
    assert len(pairs.train) == count * dates and pairs.bands == bands
    assert set(pairs.train.place) == set(toy.train.place)
    found = pairs.train.image(np.arange(len(pairs.train)))
    wanted = toy.train.image[:, :, :2].reshape(count * dates, 2, *toy.train.image.shape[-2:])
    scale = np.array([0.3 if band in ("B04", "B03", "B02") else 0.6 for band in bands], np.float32)[:, None, None]
    wanted = (wanted / scale).clip(0, 1)
    assert sorted(found.sum((1, 2, 3)).round(2)) == sorted(wanted.sum((1, 2, 3)).round(2))


def test_where_scenes_do_not_differ_the_largest_class_is_the_zero_shot_class(toy):
    pairs = region_pairs(toy.name, SIZES.model_copy(update={"bands": toy.bands[:1]}))
    assert pairs.classes == toy.classes
    sizes = [largest_class(mask, toy.classes) for mask in toy.test.mask]
    assert sorted(set(pairs.test.labels)) == sorted(set(sizes))


def test_the_largest_class():
    label = np.array([[0, 1, 1], [IGNORE, IGNORE, IGNORE]])
    assert largest_class(label, ("a", "b")) == 1
    assert largest_class(np.full((2, 2), IGNORE), ("a", "b")) == IGNORE


def test_a_missing_band_is_one_clear_line(toy):
    with pytest.raises(InputError, match="unknown band"):
        region_pairs(toy.name, SIZES.model_copy(update={"bands": ("B99",)}))
