"""What all data sets of tiles share: the cache of windows, the checks, the fingerprint."""

import os

import numpy as np
import pytest
from miniatures import MODULES

from eelib.data.fetch import data_folder
from eelib.data.manifests import dataset_names, manifest
from eelib.data.regions import load_region
from eelib.data.sources.datasets import LOADERS, dataset_source
from eelib.data.sources.tiles import Tile
from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=8, train=8, validation=4, test=4, window=16, num_dates=4)


def test_every_data_set_has_a_loader_and_a_miniature():
    assert set(dataset_names()) == set(MODULES)
    assert {manifest(name).format for name in dataset_names()} == set(LOADERS)


@pytest.mark.parametrize("name", MODULES)
def test_an_absent_data_set_says_how_to_get_it(name):
    source = dataset_source(manifest(name), name)
    for act in (source.fingerprint, lambda: source.load(SIZES)):
        with pytest.raises(InputError, match=rf"'{name}' is not in .*{name}: get it from http.*eelib data fetch {name}"):
            act()


def test_windows_are_cut_once_and_again_when_files_change(mini, monkeypatch):
    source, folder = mini("ghana_croptype", copy=True)
    read = []
    original = type(source).read
    monkeypatch.setattr(type(source), "read", lambda self, tile: read.append(tile) or original(self, tile))
    first = source.load(SIZES)
    count = len(read)
    again = dataset_source(source.entry, "ghana_croptype").load(SIZES)
    assert len(read) == count
    np.testing.assert_array_equal(first.train.image, again.train.image)
    assert isinstance(again.train.image, np.memmap)
    path = next(folder.glob("npy/*"))
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 10))
    fresh = dataset_source(source.entry, "ghana_croptype")
    fresh.load(SIZES)
    assert len(read) == 2 * count
    assert fresh.fingerprint() == source.fingerprint()  # the same names and sizes are the same data elsewhere


def test_the_fingerprint_follows_files_and_what_the_manifest_decides(mini):
    source, folder = mini("ghana_croptype", copy=True)
    before = source.fingerprint()
    (folder / "npy" / "ghana_999999.npz").write_bytes(b"new")
    changed = source.entry.model_copy(update={"classes": source.entry.classes[:3]})
    retold = source.entry.model_copy(update={"reading": "another text"})
    other = dataset_source(source.entry, "x").fingerprint()
    assert other != before
    assert dataset_source(changed, "x").fingerprint() != other
    assert dataset_source(retold, "x").fingerprint() == other


def test_a_failed_reading_leaves_nothing_behind(mini):
    source, folder = mini("ghana_croptype", copy=True)
    for path in folder.glob("npy/*"):
        path.write_bytes(b"broken")
    with pytest.raises(InputError, match="no readable array"):
        source.load(SIZES)
    assert [path.suffix for path in (data_folder() / "windows").iterdir()] == [".lock"]


def test_places_in_two_splits_are_refused(mini, monkeypatch):
    source, folder = mini("ghana_croptype")
    tile = Tile(folder, 3)
    monkeypatch.setattr(source, "tiles", lambda folder: {"train": [tile], "validation": [tile], "test": [Tile(folder, 4)]})
    with pytest.raises(InputError, match=r"1 place.* are in train and in validation"):
        source.load(SIZES)


def test_four_data_sets_share_ten_bands(mini):
    """The one-line switch of the paper's regions: a band subset makes their windows alike."""
    sizes = SIZES.model_copy(update={"bands": ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")})
    shapes = set()
    for name in ("pastis", "mtlcc", "ghana_croptype", "southsudan_croptype"):
        mini(name)
        load_region.cache_clear()
        region = load_region(name, sizes)
        shapes.add((region.train.image.shape[1:], region.bands))
        assert region.unlabelled.mask is None
        assert not region.simulated
    load_region.cache_clear()
    assert shapes == {((4, 10, 16, 16), sizes.bands)}
