"""The look at embeddings: counts that add up, neighbours and seasons that can be found, and regions without labels."""

from dataclasses import replace

import numpy as np
import pytest
from toys import make_region

from eelib.evaluate.agreement import adjusted_rand, hit_rate, mutual_information
from eelib.evaluate.confusion import unpack
from eelib.settings import EncoderSettings, RegionSizes
from eelib.study import explore as module
from eelib.study.arm import Arm
from eelib.study.recipes import ExploreParams


def look(monkeypatch, folder, region, init="raw", num_dates=4, **options):
    monkeypatch.setattr(module, "load_region", lambda *_: region)
    encoder = EncoderSettings(width=2, num_dates=num_dates)
    params = ExploreParams(region="toy", sizes=RegionSizes(), encoder=encoder, init=init, queries=400, per_window=16, **options)
    arm = Arm("ee6_embeddings", f"{init} explored", 0, "explore", params, {"toy": "1"})
    return module.explore(arm, folder, {}, lambda share: None)


def test_counts_hold_every_labelled_pixel_of_every_window(monkeypatch, tmp_path):
    region = make_region()
    found = look(monkeypatch, tmp_path, region)
    counts = unpack(found["clusters"])
    assert counts.shape == (8, 3, 3)
    assert (counts.sum((1, 2)) == (region.test.mask >= 0).sum((1, 2))).all()
    assert found["places"] == region.test.place.tolist()
    assert unpack(found["neighbours"]).sum() == 400


def test_classes_that_can_be_read_from_a_pixel_are_found(monkeypatch, tmp_path):
    found = look(monkeypatch, tmp_path, make_region())
    pooled = unpack(found["clusters"]).sum(0)
    assert mutual_information(pooled) > 0.95
    assert adjusted_rand(pooled) > 0.95
    assert hit_rate(unpack(found["neighbours"]).sum(0)) > 0.95
    assert 0.2 < found["chance"] < 0.5


def test_examples_are_kept_for_figures(monkeypatch, tmp_path):
    look(monkeypatch, tmp_path, make_region(), init="random", examples=2)
    features = np.load(tmp_path / module.FILE)["features"]
    assert features.shape[:3] == (2, 16, 16)
    assert np.isfinite(features).all()


def test_the_same_pixels_in_two_seasons(monkeypatch, tmp_path):
    region = make_region(length=8)
    rng = np.random.default_rng(0)
    image = np.repeat(rng.uniform(0.05, 0.4, (8, 1, 3, 16, 16)), 8, 1).astype(np.float32)  # nothing changes over the year
    still = look(monkeypatch, tmp_path, replace(region, test=replace(region.test, image=image)))
    assert hit_rate(unpack(still["seasons"]).sum(0)) == 1
    assert still["same_pixel"] == pytest.approx(1, abs=1e-4)
    assert still["other_pixel"] < 0.5
    image = rng.uniform(0.05, 0.4, (8, 8, 3, 16, 16)).astype(np.float32)  # everything does
    moved = look(monkeypatch, tmp_path, replace(region, test=replace(region.test, image=image)))
    assert hit_rate(unpack(moved["seasons"]).sum(0)) < 0.25
    assert unpack(moved["seasons"]).sum() == 8 * 16


@pytest.mark.parametrize(("length", "num_dates"), [(1, 1), (8, 5)])
def test_first_and_last_dates_that_overlap_are_no_two_seasons(monkeypatch, tmp_path, length, num_dates):
    assert "seasons" not in look(monkeypatch, tmp_path, make_region(length=length), num_dates=num_dates)


def test_a_region_without_labels_is_looked_at_all_the_same(monkeypatch, tmp_path):
    region = make_region(length=8)
    kept = region.validation.without_labels()
    found = look(monkeypatch, tmp_path, replace(region, train=None, validation=None, test=None, held_out=kept))
    assert found["places"] == kept.place.tolist()  # none that pre-training saw
    assert "seasons" in found
    assert not {"clusters", "neighbours"} & found.keys()


def test_a_single_place_has_no_other_to_find_a_neighbour_in(monkeypatch, tmp_path):
    region = make_region(length=8)
    found = look(monkeypatch, tmp_path, replace(region, test=replace(region.test, place=np.zeros(8, np.int64))))
    assert {"clusters", "seasons"} <= found.keys()
    assert not {"neighbours", "chance"} & found.keys()


def test_same_seed_same_numbers(monkeypatch, tmp_path):
    assert look(monkeypatch, tmp_path, make_region(length=8)) == look(monkeypatch, tmp_path, make_region(length=8))
