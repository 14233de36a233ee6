"""Simulated pairs: images, captions and labels of one place, from the cache or not."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from eelib.data import world
from eelib.data.fetch import data_folder, lock
from eelib.data.pairs import world_tiles as module
from eelib.data.pairs.scenes import scene_of
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.world_pairs import PARTS, world_identity, world_pairs
from eelib.data.sources.simulated import SPACING
from eelib.errors import InputError

SIZES = PairSizes(train=30, validation=10, test=10, size=16)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 20)
    module._chunk.cache_clear()


def test_counts_shapes_and_ranges():
    pairs = world_pairs("germany", SIZES)
    assert [len(part) for part in (pairs.train, pairs.validation, pairs.test)] == [30, 10, 10]
    image = pairs.train.image([3, 29])
    assert image.shape == (2, 3, 16, 16) and image.dtype == np.float32 and 0 <= image.min() < image.max() <= 1
    sample = pairs.train[3]
    assert (
        sample["image"].numpy().tobytes() == image[0].tobytes()
        and sample["caption"] == pairs.train.captions([3])[0]
        and sample["index"] == 3
    )


def test_a_pair_is_the_place_that_the_world_simulates():
    pairs = world_pairs("ghana", SIZES.model_copy(update={"bands": ("B08", "B02")})).test
    first = PARTS["test"] * SPACING
    scene = world.simulate("ghana", 0, first + 4, size=16, num_dates=1, difficulty=world.Difficulty(cloud=0))
    wanted = scene.image[0][[world.BANDS.index("B08"), world.BANDS.index("B02")]] / np.array([0.6, 0.3])[:, None, None]
    assert np.abs(pairs.image([4])[0] - wanted.clip(0, 1)).max() < 4e-4  # stored in steps of 0.0001 of reflectance
    assert pairs.labels[4] == scene_of(scene.label, world.REGIONS["ghana"].classes)
    assert pairs.day_of_year[4] == scene.day_of_year[0] and pairs.place[4] == first + 4


def test_no_place_is_shared_with_another_set_or_with_segmentation():
    pairs = world_pairs("france", SIZES)
    places = [set(part.place) for part in (pairs.train, pairs.validation, pairs.test)]
    assert not places[0] & places[1] and not places[0] & places[2] and not places[1] & places[2]
    assert min(map(min, places)) >= 4 * SPACING  # segmentation uses what is below


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"train": SPACING + 1}, "train=1000001: .* at most train=1000000$"),
        ({"validation": SPACING + 1}, "validation=1000001: .* at most validation=1000000$"),
        ({"test": 2 * SPACING}, "test=2000000: .* at most test=1000000$"),
        ({"train": 600_000, "version": "v2"}, "train=600000: .* 1200000 places .* at most train=500000$"),  # twice, for the filter
    ],
)
def test_a_set_that_would_run_into_the_places_of_the_next_is_refused(changes, said, monkeypatch):
    monkeypatch.setattr(module, "_simulate", lambda *arguments: pytest.fail("places were simulated before the refusal"))
    with pytest.raises(InputError, match=said):
        world_pairs("germany", SIZES.model_copy(update=changes))


def test_cached_tiles_are_the_same_bits_and_a_damaged_cache_is_made_again():
    before = world_pairs("germany", SIZES)
    whole = before.train.image(np.arange(30)).tobytes()
    for path in (data_folder() / "world_pairs").glob("*/facts.json"):
        path.write_text("{", encoding="utf-8")
    module._chunk.cache_clear()
    after = world_pairs("germany", SIZES)
    assert after.train.image(np.arange(30)).tobytes() == whole and after.train.texts == before.train.texts
    assert not list((data_folder() / "world_pairs").glob("*/.*"))


def test_a_chunk_that_another_process_makes_is_left_to_it_and_waited_for_at_the_end():
    first = PARTS["train"] * SPACING
    once, other = (module._path("germany", 0, start, 16, 0.0, 0.004, str(data_folder())) for start in (first, first + module.CHUNK))
    once.parent.mkdir(parents=True)
    with ThreadPoolExecutor(1) as pool:
        with lock(once.with_name(f"{once.name}.lock")):
            made = pool.submit(module.world_tiles, "germany", 0, first, 30, SIZES)
            for _ in range(3000):
                if (other / "image.npy").exists():
                    break
                time.sleep(0.01)
            assert (other / "image.npy").exists() and not (once / "image.npy").exists() and not made.done()
        tiles = made.result()
    assert (once / "image.npy").exists() and len(tiles.scenes) == 30


def test_a_smaller_set_is_the_beginning_of_a_larger():
    small, large = (world_pairs("germany", SIZES.model_copy(update={"train": count})).train for count in (10, 30))
    assert small.texts == large.texts[:10] and small.image([9]).tobytes() == large.image([9]).tobytes()


def test_the_seed_changes_captions_but_no_pixel():
    one, two = (world_pairs("germany", SIZES.model_copy(update={"seed": seed})) for seed in (0, 1))
    assert one.train.texts != two.train.texts
    assert one.train.image([5]).tobytes() == two.train.image([5]).tobytes()
    assert one.fingerprint() != two.fingerprint()


def test_clouds_and_noise_change_pixels_but_not_the_scene():
    clear, cloudy = (world_pairs("germany", SIZES.model_copy(update=change)).test for change in ({}, {"cloud": 1.0, "noise": 0.02}))
    assert clear.labels.tolist() == cloudy.labels.tolist()
    assert clear.image([0]).tobytes() != cloudy.image([0]).tobytes()


def test_clouds_bring_other_dates_and_noise_does_not():
    """What the conditions of the robustness test are said to be."""
    changes = ({}, {"cloud": 1.0}, {"noise": 0.02})
    plain, cloudy, noisy = (world_pairs("germany", SIZES.model_copy(update=change | {"test": 100})).test for change in changes)
    assert plain.place.tolist() == cloudy.place.tolist() == noisy.place.tolist()
    assert plain.labels.tolist() == cloudy.labels.tolist() == noisy.labels.tolist()
    assert np.array_equal(plain.day_of_year, noisy.day_of_year) and np.mean(plain.day_of_year != cloudy.day_of_year) > 0.9
    other = [np.mean([one != two for one, two in zip(plain.texts, part.texts, strict=True)]) for part in (cloudy, noisy)]
    assert 0.5 < other[0] < 0.9 and other[1] < 0.1


def test_equal_counts_of_both_versions_and_clean_test_captions():
    clean, v1, v2 = (world_pairs("south_sudan", SIZES.model_copy(update={"version": version})) for version in ("clean", "v1", "v2"))
    assert len(v1.train) == len(v2.train) == len(clean.train) == 30
    assert v1.test.texts == v2.test.texts == clean.test.texts
    assert sum(v2.removed.values()) > 5 and v2.notes[0].startswith("filter:")


def test_identity_covers_every_setting():
    seen = {
        world_identity("germany", SIZES.model_copy(update=change))
        for change in ({}, {"size": 32}, {"cloud": 1.0}, {"version": "v2"}, {"bands": ("B08",)})
    }
    assert len(seen) == 5


def test_an_unknown_band_names_the_nearest():
    with pytest.raises(InputError, match=r"unknown band .* 'B8': did you mean 'B8A'|'B08'"):
        world_pairs("germany", SIZES.model_copy(update={"bands": ("B8",)}))
