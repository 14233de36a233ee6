"""Regions by name, and the two real samples."""

import hashlib

import numpy as np
import pytest

from eelib.data.brandenburg import load_scene
from eelib.data.fetch import data_folder, fetch
from eelib.data.manifests import sample
from eelib.data.names import SIMULATED
from eelib.data.regions import class_shares, fingerprint, load_region
from eelib.data.romania import CLEAR_SHARE, _tree_cover_classes, fill_in_time, load_scenes
from eelib.data.sources import region_names, simulated, source
from eelib.data.sources.samples import SAMPLES
from eelib.errors import InputError
from eelib.settings import RegionSizes

SMALL = RegionSizes(unlabelled=6, train=5, validation=3, test=4, num_dates=5, window=16)


def test_a_simulated_region_has_disjoint_sets_without_labels_in_the_first():
    region = load_region("ghana", SMALL)
    assert [len(part) for part in (region.unlabelled, region.train, region.validation, region.test)] == [6, 5, 3, 4]
    assert region.unlabelled.mask is None
    places = [set(part.place.tolist()) for part in (region.unlabelled, region.train, region.validation, region.test)]
    assert len(set.union(*places)) == 18
    assert region.simulated
    assert region.train.image.shape == (5, 5, 10, 16, 16)


@pytest.mark.parametrize("part", ["unlabelled", "train", "validation", "test"])
def test_a_set_that_would_run_into_the_places_of_the_next_is_refused(part, monkeypatch):
    monkeypatch.setattr(simulated, "_cached", lambda *arguments: pytest.fail("windows were simulated before the refusal"))
    with pytest.raises(InputError, match=f"{part}=1000001: .* at most {part}=1000000$"):
        load_region("ghana", SMALL.model_copy(update={part: simulated.SPACING + 1}))


def test_larger_sets_start_with_the_smaller_ones():
    larger = load_region("ghana", SMALL.model_copy(update={"train": 9, "unlabelled": 9}))
    assert np.array_equal(larger.train.image[:5], load_region("ghana", SMALL).train.image)


def test_a_damaged_cache_of_the_world_is_made_again():
    first = load_region("france", SMALL).train.image.copy()
    for path in (data_folder() / "world").rglob("image.npy"):
        path.write_bytes(b"broken")
    load_region.cache_clear()
    assert np.array_equal(load_region("france", SMALL).train.image, first)


def test_fingerprints_follow_what_decides_the_pixels(monkeypatch):
    first = fingerprint("ghana", SMALL)
    assert first == fingerprint("ghana", RegionSizes(**SMALL.model_dump()))
    assert first != fingerprint("france", SMALL)
    assert first != fingerprint("ghana", SMALL.model_copy(update={"train": 6}))
    monkeypatch.setattr("eelib.data.world.VERSION", 999)
    assert first != fingerprint("ghana", SMALL)


def test_some_bands_are_the_same_pixels_in_the_asked_order():
    whole = load_region("ghana", SMALL)
    part = load_region("ghana", SMALL.model_copy(update={"bands": ("B08", "B02")}))
    assert part.bands == ("B08", "B02")
    for name in ("unlabelled", "train", "validation", "test"):
        assert np.array_equal(getattr(part, name).image, getattr(whole, name).image[:, :, [6, 0]])
    with pytest.raises(InputError, match=r"band of region ghana 'B8'.*'B8A'"):
        load_region("ghana", SMALL.model_copy(update={"bands": ("B8",)}))


def test_less_cloud_leaves_the_ground_as_it_is():
    cloudy, clear = (load_region("ghana", SMALL.model_copy(update={"cloud": cloud})).train for cloud in (1.0, 0.0))
    assert np.array_equal(cloudy.mask, clear.mask)
    assert clear.image[:, :, 0].max() < cloudy.image[:, :, 0].max()
    assert fingerprint("ghana", SMALL) != fingerprint("ghana", SMALL.model_copy(update={"cloud": 0.0}))


def test_every_built_in_region_says_what_it_is_before_it_is_read():
    for name in region_names():
        found = source(name)
        assert len(found.colors) == len(found.classes) >= 2
        assert found.bands and found.title
    for name in (*SIMULATED, *SAMPLES):  # those of the literature are fingerprinted by their files
        assert source(name).fingerprint()


def test_unknown_and_missing_regions_are_named():
    with pytest.raises(InputError, match=r"'romani'.*'romania'"):
        load_region("romani", SMALL)
    with pytest.raises(InputError, match="eelib data fetch romania"):
        load_region("romania", SMALL)


def test_clouds_are_filled_from_clear_dates_of_the_same_pixel():
    image = np.zeros((4, 1, 2, 2), np.float32)
    image[:, 0, 0, 0] = [0.1, 9.0, 0.3, 0.4]
    image[:, 0, 1, 1] = [9.0, 0.2, 0.3, 9.0]
    clear = np.ones((4, 2, 2), bool)
    clear[1, 0, 0] = clear[0, 1, 1] = clear[3, 1, 1] = False
    filled = fill_in_time(image, clear, np.array([0, 10, 40, 50]))
    assert filled[:, 0, 0, 0] == pytest.approx([0.1, 0.15, 0.3, 0.4])  # a quarter of the way from day 0 to day 40
    assert filled[:, 0, 1, 1] == pytest.approx([0.2, 0.2, 0.3, 0.3])
    assert image[1, 0, 0, 0] == 9.0  # the input is left alone


@pytest.fixture(scope="session")
def samples(tmp_path_factory):
    """The real samples, fetched once per session through pip; skipped where pip cannot reach its index."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EELIB_DATA", str(tmp_path_factory.mktemp("samples")))
        try:
            yield {name: fetch(sample(name)) for name in SAMPLES}
        except InputError as error:
            if "pip could not download" not in str(error):
                raise
            pytest.skip(f"no package index within reach: {error}")


@pytest.mark.slow
def test_brandenburg_is_what_its_manifest_says(samples):
    scene = load_scene(samples["brandenburg"])
    assert scene.image.shape == (1, 10, 768, 1536)
    # Three polygons are there twice, with two classes, and numpy's plain sort orders equal areas by the processor's instructions.
    assert hashlib.sha256(scene.label.tobytes()).hexdigest().startswith("744a8434dbb1")
    assert 0 < np.median(scene.image) < 0.5
    labelled = scene.label >= 0
    assert 0.25 < labelled.mean() < 0.35
    assert set(np.unique(scene.label)) == set(range(-1, 8))
    # Physics: water is dark in the near infrared, forest darker than meadow in the red.
    names = [item.name for item in sample("brandenburg").classes]
    band = dict(zip(scene.bands, scene.image[0], strict=True))
    median = {name: {b: np.median(band[b][scene.label == k]) for b in ("B04", "B08")} for k, name in enumerate(names)}
    assert median["water"]["B08"] == min(values["B08"] for values in median.values())
    assert median["forest"]["B04"] < median["meadow"]["B04"]


@pytest.mark.slow
def test_romania_is_what_its_manifest_says(samples):
    scenes = load_scenes(samples["romania"])
    assert len(scenes) == 5
    assert all(scene.image.shape[1:] == (6, 100, 100) for scene in scenes)
    assert min(len(scene.day_of_year) for scene in scenes) == SAMPLES["romania"].num_dates
    assert all(scene.clear.mean((1, 2)).min() >= CLEAR_SHARE for scene in scenes)
    label, scene = scenes[0].label, scenes[0]
    ndvi = (scene.image[:, 3] - scene.image[:, 2]) / (scene.image[:, 3] + scene.image[:, 2])
    winter = ndvi[(scene.day_of_year < 100) | (scene.day_of_year > 300)].mean(0)
    assert np.corrcoef(winter.ravel(), (label == 3).ravel())[0, 1] > 0.1  # dense forest stays green


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_windows_of_a_real_region_keep_their_distance(samples, name, monkeypatch):
    monkeypatch.setattr("eelib.data.sources.samples.require", lambda asked: samples[asked])
    load_region.cache_clear()
    region = load_region(name, RegionSizes(unlabelled=1000, train=1000, validation=1000, test=1000))
    load_region.cache_clear()
    window = region.test.image.shape[-1]
    gap = {"brandenburg": 32, "romania": 4}[name]
    for held_out in (region.test, region.validation):
        for other in (region.train, region.unlabelled):
            steps = np.abs(held_out.origin[:, None] - other.origin[None]).max(2)
            assert steps.min() - window + 1 > gap  # Chebyshev distance between nearest pixels
    assert region.unlabelled.mask is None
    for part in (region.train, region.validation, region.test):
        assert class_shares(part, len(region.classes)).min() > 0
        assert ((part.mask >= 0).mean((1, 2)) >= 0.05).all()


def test_a_damaged_map_of_romania_is_named(tmp_path):
    path = tmp_path / "tree_cover.tif"
    for content in (b"broken", None):
        path.write_bytes(content) if content else path.unlink()
        with pytest.raises(InputError, match=rf"^{path}: the map cannot be read.*eelib data verify romania`$"):
            _tree_cover_classes(path)


@pytest.mark.slow
def test_a_damaged_band_is_named(samples, tmp_path):
    import shutil

    folder = tmp_path / "copy"
    shutil.copytree(samples["brandenburg"], folder)
    band = next(folder.rglob("*_B05.jp2"))
    band.write_bytes(band.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"band cannot be read.*eelib data verify brandenburg"):
        load_scene(folder)
    cube = tmp_path / "cube"
    shutil.copytree(samples["romania"], cube)
    path = next(cube.rglob("*10m.nc"))
    path.write_bytes(b"broken")
    with pytest.raises(InputError, match=r"cube cannot be read.*eelib data verify romania"):
        load_scenes(cube)
