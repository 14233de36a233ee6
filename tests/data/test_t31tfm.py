"""T31TFM: pickles are read safely, once, and split by place."""

import pickle

import numpy as np
import pytest
from miniatures.landscape import tile
from miniatures.t31tfm import IDS, sample
from races import meanwhile

from eelib.data.safe_pickle import load_pickle
from eelib.data.sources.t31tfm import corner, validation_groups
from eelib.data.sources.tiles import Tile
from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=16, train=12, validation=4, test=4, window=24, num_dates=6)


class Foreign:
    """A type that no data set needs."""


def first(folder):
    """The tile that the miniature makes from place 500 of its world."""
    return next(folder.glob("2016/pkl_timeseries/*/6568107_799943_2016.pickle"))


def test_a_tile_is_what_was_written(mini):
    source, folder = mini("t31tfm")
    image, days, label = tile("france", 500, 48, 9, len(IDS))
    series = source.read(Tile(first(folder), 0))
    assert series.image.shape == (9, 13, 48, 48)
    assert series.days.tolist() == days.tolist()
    np.testing.assert_array_equal(series.image[:, [0, 1, 2, 6]], image[:, [0, 1, 2, 6]])
    known = series.label >= 0
    np.testing.assert_array_equal(series.label[known], label[known])
    assert (series.label[10] == -1).all()  # pixels shared by parcels


def test_a_pickle_is_read_once_and_again_when_it_changes(mini, monkeypatch):
    source, folder = mini("t31tfm", copy=True)
    path, read = first(folder), []
    monkeypatch.setattr("eelib.data.sources.t31tfm.load_pickle", lambda path: read.append(path) or load_pickle(path))
    before = source.read(Tile(path, 0))
    again = source.read(Tile(path, 0))
    assert len(read) == 1
    np.testing.assert_array_equal(before.image, again.image)
    image, days, label = tile("france", 500, 48, 9, len(IDS))
    path.write_bytes(pickle.dumps(sample(image[:8], days[:8], label, 2016)))
    assert len(source.read(Tile(path, 0)).days) == 8
    copy = next(folder.parent.glob("t31tfm-npz/*/*/*.npz"))
    copy.write_bytes(copy.read_bytes()[:100])  # a damaged copy is made again
    assert len(source.read(Tile(path, 0)).days) == 8
    assert len(read) == 3
    assert [child.name for child in copy.parent.iterdir()] == [copy.name]


def test_two_processes_may_read_a_tile_at_the_same_time(mini, monkeypatch):
    source, folder = mini("t31tfm", copy=True)
    meanwhile(monkeypatch, lambda: source.read(Tile(first(folder), 0)))
    assert len(list(folder.parent.glob("t31tfm-npz/*/*/*"))) == 1


def test_no_place_is_in_two_splits_and_validation_is_whole_areas(mini):
    source, folder = mini("t31tfm")
    tiles = source.tiles(folder)
    assert {split: len(found) for split, found in tiles.items()} == {"train": 10, "validation": 4, "test": 4}
    areas = {split: {t.path.parent.name for t in found} for split, found in tiles.items()}
    assert not areas["train"] & areas["validation"]
    assert not areas["train"] & areas["test"]
    assert {t.place for t in tiles["train"]}.isdisjoint({t.place for t in tiles["test"]})


def test_a_place_that_is_evaluated_in_one_year_is_not_trained_on_in_another(mini):
    source, folder = mini("t31tfm", copy=True)
    evaluated = (folder / "paths" / "eval_paths.csv").read_text().splitlines()[0]
    path = folder / "paths" / "train_paths.csv"
    path.write_text(path.read_text() + evaluated.replace("2017", "2016").replace("2018", "2016") + "\n")
    tiles = source.tiles(folder)
    assert len(tiles["train"]) + len(tiles["validation"]) == 14


def test_with_one_area_single_places_validate(tmp_path):
    paths = [tmp_path / "W1" / f"{north}_5_2016.pickle" for north in range(100, 110)]
    assert corner(paths[0]) == "100_5"
    held_out = validation_groups(paths)
    assert [held_out(path) for path in paths].count(True) == 2


def test_foreign_types_are_refused(mini):
    source, folder = mini("t31tfm", copy=True)
    for path in folder.glob("20*/pkl_timeseries/*/*.pickle"):
        path.write_bytes(pickle.dumps({"B02": Foreign()}))
    with pytest.raises(InputError, match=r"\.pickle: refused, it holds the type '.*Foreign'"):
        source.load(SIZES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"B12": None}, "the array 'B12' is missing"),
        ({"B08": np.zeros((4, 48, 48))}, "band B08 has shape 4x48x48, expected 9xanyxany"),
        ({"labels": np.zeros((24, 24))}, "the labels has shape 24x24, expected 48x48"),
        ({"B08": np.array(["a"])}, "band B08 has shape 1"),
    ],
)
def test_another_format_is_one_clear_line(mini, change, words):
    source, folder = mini("t31tfm", copy=True)
    path = first(folder)
    content = pickle.loads(path.read_bytes()) | change
    path.write_bytes(pickle.dumps({key: value for key, value in content.items() if value is not None}))
    with pytest.raises(InputError, match=words):
        source.read(Tile(path, 0))


def test_a_wrong_list_is_named(mini):
    source, folder = mini("t31tfm", copy=True)
    (folder / "paths" / "train_paths.csv").write_text("somewhere.pickle\n")
    with pytest.raises(InputError, match=r"train_paths\.csv: the row 'somewhere\.pickle'"):
        source.tiles(folder)
