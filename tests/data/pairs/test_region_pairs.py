"""Pairs of labelled regions: windows, dates, captions and scene classes belong together."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from photos import photo_folder
from toys import make_region

from eelib.data.pairs.captions import MONTHS
from eelib.data.pairs.facts import TEMPERATE
from eelib.data.pairs.region_pairs import largest_class, region_pairs
from eelib.data.pairs.settings import PairSizes
from eelib.data.regions import load_region
from eelib.data.sources import source
from eelib.data.sources.samples import SAMPLES
from eelib.data.windows import IGNORE, Scene
from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = PairSizes(train=1000, validation=1000, test=1000, size=32)


@pytest.fixture
def toy(monkeypatch):
    """A region that stands in for whatever a source loads."""
    region = make_region()
    monkeypatch.setattr("eelib.data.regions.load_region", lambda name, sizes: region)
    origin = SimpleNamespace(num_dates=None, dated=True, files=(), fingerprint=lambda: "toy")
    monkeypatch.setattr("eelib.data.regions.source", lambda name: origin)
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


@pytest.mark.parametrize("fields", [{}, {"day_of_year": 135}])
def test_captions_name_a_month_only_where_somebody_gave_a_date(tmp_path, fields):
    path = photo_folder(tmp_path, bands=["B04", "B03", "B02"], **fields)
    pairs = region_pairs(path, SIZES.model_copy(update={"size": 8}))
    said = " ".join(text for part in (pairs.train, pairs.validation, pairs.test) for text in part.texts).lower()
    assert len(pairs.train) > 100
    assert [word for word in (*MONTHS, *set(TEMPERATE), "season") if word.lower() in said] == (["May"] if fields else [])
    assert (pairs.test.day_of_year is None) == (not fields)


def test_data_sets_without_dates_say_so():
    assert [source(name).dated for name in ("brandenburg", "romania", "germany", "loveda", "solar_plants_brazil")] == [True] * 3 + [
        False
    ] * 2


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


@pytest.fixture
def brandenburg(monkeypatch):
    """A scene of noise in place of the sample: 6 x 5 blocks of 96 px, classes in stripes."""
    bands = source("brandenburg").bands
    rng = np.random.default_rng(0)
    label = np.add.outer(np.arange(576), np.arange(480)) // 24 % len(source("brandenburg").classes)
    scene = Scene("scene", rng.random((1, len(bands), 576, 480), np.float32), np.array([47]), np.array([2017]), bands, label)
    monkeypatch.setattr("eelib.data.sources.samples.require", lambda name: None)
    monkeypatch.setitem(SAMPLES, "brandenburg", replace(SAMPLES["brandenburg"], load=lambda folder: [scene]))
    monkeypatch.setattr(source("brandenburg"), "reader", SAMPLES["brandenburg"])
    load_region.cache_clear()
    yield "brandenburg"
    load_region.cache_clear()


@pytest.mark.parametrize("split", [0, 1, 2])
def test_no_test_place_of_the_readings_is_learnt_from(brandenburg, split):
    pairs = region_pairs(brandenburg, SIZES.model_copy(update={"split": split}))
    region = load_region(brandenburg, RegionSizes(split=split, window=16))
    assert set(pairs.test.place) == set(region.test.place)
    assert not set(pairs.train.place) & {*region.test.place, *region.validation.place}


def test_the_first_split_is_unsaid_so_that_keys_stay():
    assert "split" not in SIZES.model_dump() and "split" not in SIZES.model_dump_json()
    assert SIZES.model_copy(update={"split": 3}).model_dump()["split"] == 3
