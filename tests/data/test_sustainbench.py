"""Ghana and South Sudan: arrays, dates, labels and partition against the files."""

import json

import numpy as np
import pytest

from eelib.data.sources.tiles import Tile
from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=16, train=12, validation=4, test=4, window=32, num_dates=6)


@pytest.mark.parametrize(
    ("name", "country", "first"), [("ghana_croptype", "ghana", "groundnut"), ("southsudan_croptype", "southsudan", "sorghum")]
)
def test_windows_are_crops_of_the_files(mini, name, country, first):
    source, folder = mini(name)
    region = source.load(SIZES)
    assert region.classes[0] == first
    for row, (r, c) in enumerate(region.test.origin):
        stem = f"{country}_{region.test.place[row]:06d}"
        stored = np.load(folder / "npy" / f"{stem}.npz")["s2"]
        truth = np.load(folder / "truth" / f"{stem}.npz")["truth"][r : r + 32, c : c + 32]
        dates = json.loads((folder / "s2" / f"s2_{stem}.json").read_text())["dates"]
        days = [int((np.datetime64(date) - np.datetime64("2017-01-01")).astype(int)) + 1 for date in dates]
        for position, day in enumerate(region.test.dates[row]):
            expected = stored[:, r : r + 32, c : c + 32, days.index(day)] * np.float32(1e-4)
            np.testing.assert_array_equal(region.test.image[row, position], expected)
        np.testing.assert_array_equal(region.test.mask[row], np.where((truth >= 1) & (truth <= 4), truth - 1, -1))


def test_dates_without_data_are_left_out(mini):
    source, folder = mini("ghana_croptype")
    series = source.read(Tile(folder / "npy" / "ghana_000018.npz", 18))
    stored = np.load(folder / "npy" / "ghana_000018.npz")["s2"]
    assert len(series.days) == stored.shape[-1] - 1
    assert (np.asarray(series.image) > 0).any((1, 2, 3)).all()


def test_splits_follow_the_partition(mini):
    source, folder = mini("ghana_croptype")
    tiles = source.tiles(folder)
    rows = dict(line.split(",") for line in (folder / "list_eval_partition.csv").read_text().split()[1:])
    for split, number in (("train", "0"), ("validation", "1"), ("test", "2")):
        assert [f"{tile.place}" for tile in tiles[split]] == [key for key, value in rows.items() if value == number]


def replace_array(path, name, change):
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **arrays | {name: change(arrays[name])})


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: (f / "npy/ghana_000018.npz").unlink(), r"ghana_000018\.npz: no readable array 's2'.*list_eval_partition"),
        (lambda f: (f / "npy/ghana_000018.npz").write_bytes(b"PK"), r"ghana_000018\.npz: no readable array 's2'"),
        (lambda f: replace_array(f / "npy/ghana_000018.npz", "s2", lambda s2: s2[:4]), "has 4 bands, 10 are needed"),
        (lambda f: replace_array(f / "npy/ghana_000018.npz", "s2", lambda s2: s2[:, :32]), "expected anyx64x64xany"),
        (lambda f: replace_array(f / "npy/ghana_000018.npz", "s2", lambda s2: s2[..., :-1]), "dates in the image but"),
        (lambda f: replace_array(f / "npy/ghana_000018.npz", "s2", lambda s2: s2 * 0), "every pixel of every date is 0"),
        (lambda f: replace_array(f / "truth/ghana_000018.npz", "truth", lambda t: t[0]), "the label has shape 64, expected 64x64"),
        (lambda f: (f / "s2/s2_ghana_000018.json").write_text('{"dates": ["17-01"]}'), r"s2_ghana_000018\.json: not a list of dates"),
        (lambda f: (f / "list_eval_partition.csv").write_text("id,split\n1,2\n"), r"list_eval_partition\.csv: not the list"),
    ],
)
def test_damage_is_one_clear_line(mini, damage, words):
    source, folder = mini("ghana_croptype", copy=True)
    damage(folder)
    with pytest.raises(InputError, match=words):
        source.tiles(folder)
        source.read(Tile(folder / "npy" / "ghana_000018.npz", 18))
