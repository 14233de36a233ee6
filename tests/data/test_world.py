"""The embedded world: a pure function with the properties of real imagery."""

import hashlib

import numpy as np
import pytest

from eelib.data.names import SIMULATED
from eelib.data.pairs.settings import PairSizes
from eelib.data.pairs.world_pairs import world_identity
from eelib.data.regions import fingerprint
from eelib.data.sources.simulated import SimulatedSource
from eelib.data.world import BANDS, REGIONS, Difficulty, simulate, simulate_windows
from eelib.data.world.observation import draw_dates
from eelib.errors import InputError
from eelib.settings import RegionSizes
from eelib.settings_pairs import PairData, ScoreSettings, ScoreVariant
from eelib.study.recipes import PairScoreParams

every = pytest.mark.parametrize("region", SIMULATED)
CLEAR = Difficulty(cloud=0, haze=0, noise=0, gain=0)


def test_the_light_list_of_names_is_the_list_of_regions():
    assert tuple(REGIONS) == SIMULATED


@every
def test_it_is_a_pure_function(region):
    first, again = simulate(region, 5, 3), simulate(region, 5, 3)
    for name in ("image", "label", "day_of_year", "clear"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.image, simulate(region, 6, 3).image)
    assert not np.array_equal(first.image, simulate(region, 5, 4).image)


def test_rows_of_windows_are_single_scenes_in_any_order():
    both, alone = simulate_windows("ghana", 1, [4, 9]), simulate("ghana", 1, 9)
    assert np.array_equal(both.image[1], alone.image)
    assert np.array_equal(both.mask[1], alone.label)
    assert both.place.tolist() == [4, 9]


@every
def test_pixels_are_reflectances(region):
    scene = simulate(region, 0, 0, num_dates=20)
    assert scene.image.shape == (20, len(BANDS), 32, 32)
    assert scene.image.dtype == np.float32
    assert scene.image.min() > 0
    assert scene.image.max() < 1.7
    assert 0.02 < np.median(scene.image) < 0.4
    assert (np.diff(scene.day_of_year) >= 0).all()
    assert 1 <= scene.day_of_year.min() <= scene.day_of_year.max() <= 366


def curves(region, count=60):
    """Median NDVI per class and month of cloudless scenes."""
    windows = simulate_windows(region, 0, range(count), num_dates=24, difficulty=CLEAR)
    red, near = windows.image[:, :, BANDS.index("B04")], windows.image[:, :, BANDS.index("B08")]
    ndvi, month = (near - red) / (near + red), (windows.dates - 1) * 12 // 366
    return {
        name: np.array(
            [np.median(np.concatenate([ndvi[i, t][windows.mask[i] == k] for i, t in np.argwhere(month == m)])) for m in range(12)]
        )
        for k, name in enumerate(REGIONS[region].classes)
    }


def test_european_crops_follow_their_calendar():
    ndvi = curves("germany")
    assert ndvi["winter wheat"][4] > 0.6 > ndvi["winter wheat"][7]  # green in May, harvested in August
    assert ndvi["maize"][4] < 0.4 < ndvi["maize"][7]  # bare in May, green in August
    assert ndvi["winter barley"][5] < ndvi["winter wheat"][5]  # barley ripens first
    assert (ndvi["water"] < 0).all()
    assert ndvi["trees"][[5, 6, 7]].mean() > ndvi["trees"][[0, 1]].mean() + 0.05


def test_african_crops_follow_the_one_rainy_season():
    ndvi = curves("ghana")
    for crop in ("maize", "groundnut", "soya bean", "rice"):
        assert ndvi[crop][8] > 0.5 > ndvi[crop][1]
    assert ndvi["rice"].argmax() > ndvi["groundnut"].argmax()


@every
def test_every_class_occurs_and_none_is_everything(region):
    windows = simulate_windows(region, 0, range(150), num_dates=1)
    shares = np.bincount(windows.mask[windows.mask >= 0], minlength=len(REGIONS[region].classes)) / windows.mask.size
    assert shares.min() > 0.002
    assert shares.max() < 0.5
    assert (windows.mask == -1).mean() < 0.1


def test_african_plots_are_smaller_than_european_fields():
    def borders(region):
        mask = simulate_windows(region, 0, range(60), num_dates=1).mask
        return (mask[:, 1:] != mask[:, :-1]).mean() + (mask[:, :, 1:] != mask[:, :, :-1]).mean()

    assert min(borders("ghana"), borders("south_sudan")) > 1.1 * max(borders("germany"), borders("france"))


def test_clouds_are_bright_seasonal_and_a_matter_of_difficulty():
    def cloudy(region, difficulty=None):
        scenes = [simulate(region, 0, index, num_dates=20, difficulty=difficulty or Difficulty()) for index in range(40)]
        days = np.concatenate([scene.day_of_year for scene in scenes])
        share = np.concatenate([1 - scene.clear.mean((1, 2)) for scene in scenes])
        return days, share

    days, share = cloudy("ghana")
    wet, dry = (days > 180) & (days < 270), (days < 60) | (days > 330)
    assert share[wet].mean() > share[dry].mean() + 0.1
    assert cloudy("ghana", CLEAR)[1].max() == 0
    scene = next(s for s in (simulate("germany", 0, index) for index in range(50)) if 0.2 < s.clear.mean() < 0.8)
    blue = scene.image[:, 0]
    assert np.median(blue[~scene.clear]) > 2 * np.median(blue[scene.clear])


USUAL_DAYS = {  # of place 5 of world 0; chosen before the least cloudy dates filled up, which the usual clouds never ask for
    "germany": [80, 100, 115, 185, 215, 280, 295, 365],
    "france": [8, 48, 98, 148, 253, 293, 298, 343],
    "ghana": [14, 39, 69, 79, 89, 94, 124, 204],
    "south_sudan": [48, 108, 163, 183, 253, 273, 333, 358],
}


@every
def test_usual_skies_are_what_they_always_were(region):
    assert simulate(region, 0, 5, num_dates=8).day_of_year.tolist() == USUAL_DAYS[region]


@every
@pytest.mark.parametrize("cloud", [1.0, 6.0])
def test_where_too_few_dates_are_acceptable_the_least_cloudy_others_fill_up(region, cloud):
    difficulty, count, wanted = Difficulty(cloud=cloud), 72, 36  # 72 dates are nearly all overpasses
    for seed in range(20):
        days, shares = draw_dates(REGIONS[region], count, difficulty, np.random.default_rng(seed))
        chosen, own = draw_dates(REGIONS[region], wanted, difficulty, np.random.default_rng(seed))
        assert (np.diff(chosen) > 0).all()
        accepted = days[shares <= difficulty.most_cloud]
        if len(accepted) < wanted:
            fillers = np.sort(shares[shares > difficulty.most_cloud])[: wanted - len(accepted)]
            assert set(accepted) <= set(chosen)
            assert np.sort(own[own > difficulty.most_cloud]).tolist() == fillers.tolist()
        else:
            assert set(chosen) <= set(accepted)


@every
def test_more_clouds_leave_fewer_clear_pixels_and_never_none(region):
    def clear(cloud):
        return np.mean([simulate(region, 0, index, num_dates=16, difficulty=Difficulty(cloud=cloud)).clear for index in range(20)])

    shares = [clear(cloud) for cloud in (0.0, 1.0, 2.0, 6.0)]
    assert shares[0] == 1 and all(np.diff(shares) < 0)
    assert shares[3] > 0.4 * shares[1]
    if region == "germany":  # what ee4 says of its level
        assert 0.4 < shares[3] / shares[1] < 0.6


def test_only_skies_that_changed_have_a_revision():
    usual = [RegionSizes(), RegionSizes(cloud=0.0), RegionSizes(cloud=0.0, num_dates=32)]
    other = [RegionSizes(cloud=2.0), RegionSizes(cloud=0.5), RegionSizes(num_dates=32)]
    source = SimulatedSource("germany")
    assert {source.revision(sizes) for sizes in usual} == {""} and {source.revision(sizes) for sizes in other} == {".1"}
    plain = [hashlib.sha256(f"{source.fingerprint()} {sizes.model_dump_json()}".encode()).hexdigest()[:16] for sizes in usual + other]
    assert [one == fingerprint("germany", sizes) for one, sizes in zip(plain, usual + other, strict=True)] == [True] * 3 + [False] * 3
    assert world_identity("ghana", PairSizes()).startswith("world 2 1 0 ghana")
    assert world_identity("ghana", PairSizes(cloud=2.0)).startswith("world 2.1 1 0 ghana")
    asked = [PairScoreParams(data=PairData(), score=ScoreSettings(variants=(ScoreVariant(name="c", cloud=c),))) for c in (None, 1.0, 2.0)]
    assert [params.revision for params in asked] == [0, 0, 1]


def test_difficulty_changes_the_picture_but_not_the_map():
    plain, noisy = simulate("france", 0, 1), simulate("france", 0, 1, difficulty=Difficulty(noise=0.05))
    assert np.array_equal(plain.label, noisy.label)
    assert np.array_equal(plain.day_of_year, noisy.day_of_year)
    assert np.std(noisy.image - plain.image) == pytest.approx(0.045, rel=0.3)


def test_twenty_metre_bands_are_coarser_than_ten_metre_bands():
    image = simulate("germany", 0, 2, difficulty=CLEAR).image.astype(np.float64)

    def detail(band):
        part = image[:, BANDS.index(band)]
        return np.abs(np.diff(part, 2, axis=-1)).mean() / part.std()

    assert detail("B8A") < 0.8 * detail("B08")  # nearly the same wavelength


def test_bad_input_is_named():
    with pytest.raises(InputError, match=r"'germny'.*'germany'"):
        simulate("germny", 0, 0)
    with pytest.raises(InputError, match="size"):
        simulate("germany", 0, 0, size=7)
    with pytest.raises(InputError, match="num_dates"):
        simulate("germany", 0, 0, num_dates=0)
