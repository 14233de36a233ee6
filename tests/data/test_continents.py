"""Continents come from manifests, built-in and own, and decide how ee3 groups regions; they are in no key."""

import pytest
from photos import photo_folder

from eelib.data.continents import continent, distance
from eelib.data.manifests import dataset_names, manifest, sample_names
from eelib.data.sources import source
from eelib.errors import InputError
from eelib.study.arm import with_needs
from eelib.study.experiments import ee3_transfer as ee3
from eelib.study.parameters import check


def test_every_built_in_region_lies_where_its_manifest_says():
    for name in (*dataset_names(), *sample_names()):
        assert continent(name) == manifest(name).continent
    assert (continent("loveda"), continent("solar_plants_brazil")) == ("Asia", "South America")
    assert distance("loveda", "pastis") == distance("solar_plants_brazil", "loveda") == "other continent"
    assert distance("romania", "mtlcc") == distance("ghana", "southsudan_croptype") == "same continent"
    assert distance("all regions", "romania") == distance("/gone.yaml", "romania") == "other region"


def test_own_regions_may_say_where_they_lie(tmp_path):
    plain, asia = photo_folder(tmp_path / "plain"), photo_folder(tmp_path / "asia", continent="Asia")
    assert distance(plain, "romania") == distance(plain, asia) == "other region"
    assert distance(asia, "loveda") == "same continent" and distance(asia, "romania") == "other continent"
    photo_folder(tmp_path / "asia", continent="Europe")
    assert distance(asia, "romania") == "same continent"  # the manifest was edited
    with pytest.raises(InputError, match=r"'continent'.*'Asia'.*got 'asia'"):
        continent(photo_folder(tmp_path / "wrong", continent="asia"))


def test_the_continent_is_in_no_fingerprint(tmp_path):
    one, other = source(photo_folder(tmp_path / "a")), source(photo_folder(tmp_path / "b", continent="Asia"))
    assert one.fingerprint() == other.fingerprint() and "continent" not in one._fingerprint


def test_ee3_pre_trains_on_the_other_continent_of_own_regions(tmp_path):
    here = [photo_folder(tmp_path / name, name=name, continent="Asia") for name in ("a", "b")]
    there = photo_folder(tmp_path / "c", name="c", continent="Europe")
    arms = with_needs(ee3.plan(check(ee3.Parameters, {"regions": [*here, there], "seeds": [0]})))
    far = {arm.needs["pretrain"].params.regions for arm in arms if arm.name.startswith("pretrained on the other continent")}
    assert far == {tuple(here)}


def test_ee3_wants_two_regions_before_anything_is_computed(tmp_path):
    for values in ({"regions": [photo_folder(tmp_path)]}, {"change": {"extent.regions": ["ghana"]}}):
        with pytest.raises(InputError, match="regions': give at least two regions"):
            check(ee3.Parameters, values)
