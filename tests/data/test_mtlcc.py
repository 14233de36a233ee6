"""MTLCC: TFRecord tiles against what the miniature put into them."""

import gzip

import numpy as np
import pytest
from miniatures.landscape import tile
from miniatures.mtlcc import IDS, example, framed, serialised

from eelib.data.sources.mtlcc import to_grid
from eelib.data.sources.tiles import Tile
from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=16, train=12, validation=6, test=8, window=24, num_dates=6)


def test_a_tile_is_what_was_written(mini):
    source, folder = mini("mtlcc")
    image, days, label = tile("germany", 301, 24, 12, len(IDS))
    series = source.read(Tile(folder / "data16" / "301.tfrecord.gz", 301))
    assert series.image.shape == (12, 13, 24, 24)  # two dates of filling are gone
    assert series.days.tolist() == days.tolist()
    fine = [0, 1, 2, 6]  # B02 B03 B04 B08 in the order of the manifest and of the world
    np.testing.assert_array_equal(series.image[:, fine], image[:, fine])
    known = series.label >= 0
    np.testing.assert_array_equal(series.label[known], label[known])
    swir = image[:, 8].reshape(12, 12, 2, 12, 2).mean((2, 4))  # B11 at 20 m
    np.testing.assert_allclose(series.image[:, 8].mean((1, 2)), swir.mean((1, 2)), rtol=0.03)


def test_coarse_bands_are_resized_bilinearly():
    coarse = np.arange(4).reshape(1, 2, 2, 1)
    expected = [[0, 0.25, 0.75, 1], [0.5, 0.75, 1.25, 1.5], [1.5, 1.75, 2.25, 2.5], [2, 2.25, 2.75, 3]]
    np.testing.assert_allclose(to_grid(coarse, 4)[0, 0], expected)


def test_splits_follow_the_published_lists_and_a_tile_is_one_place_in_both_years(mini):
    source, folder = mini("mtlcc")
    tiles = source.tiles(folder)
    assert {split: len(found) for split, found in tiles.items()} == {"train": 24, "validation": 12, "test": 12}
    assert {tile.place for tile in tiles["test"]} == set(range(300, 306))
    region = source.load(SIZES)
    assert not set(region.train.place) & set(region.test.place)
    assert region.bands[:3] == ("B02", "B03", "B04")


def rewrite(folder, change):
    for path in folder.glob("data16/*"):
        image, days, label = tile("germany", 100, 24, 12, len(IDS))
        path.write_bytes(gzip.compress(framed(change(image, days, label)), 1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda image, days, label: example(image[:, :, :12, :12], days, label, 2016), "x10 has shape 14x12x12x4, expected 14x24x24x4"),
        (lambda image, days, label: example(image, days * 0, label, 2016), "none of 14 dates is an observation"),
        (lambda image, days, label: serialised({"x10/data": b"12345678"}), "the feature 'x10/shape' is missing"),
        (
            lambda image, days, label: serialised({"x10/data": b"123", "x10/shape": (1, 1, 1, 1)}),
            "'x10/data' has 3 bytes, not the 64-bit integers",
        ),
    ],
)
def test_another_format_is_one_clear_line(mini, change, words):
    source, folder = mini("mtlcc", copy=True)
    rewrite(folder, change)
    with pytest.raises(InputError, match=rf"\d+\.tfrecord\.gz: .*{words}"):
        source.load(SIZES.model_copy(update={"train": 1000, "unlabelled": 1000}))


def test_damaged_tiles_and_lists_are_named(mini):
    source, folder = mini("mtlcc", copy=True)
    path = folder / "data17" / "300.tfrecord.gz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"300\.tfrecord\.gz: cannot be read"):
        source.load(SIZES.model_copy(update={"test": 1000}))
    path.write_bytes(gzip.compress(framed(b"") + framed(b"")))
    with pytest.raises(InputError, match="2 records, a tile has one"):
        source.read(Tile(path, 300))
    (folder / "tileids" / "eval.tileids").write_text("12\nabc\n")
    with pytest.raises(InputError, match=r"eval\.tileids: not a list of tile numbers"):
        source.tiles(folder)


def test_a_class_that_cannot_be_learnt_is_named(mini):
    source, folder = mini("mtlcc", copy=True)
    for number in range(100, 112):
        for year, length in ((16, 12), (17, 10)):
            image, days, label = tile("germany", number, 24, length, len(IDS))
            content = example(image, days, np.where(label == 3, -1, label), 2016)
            (folder / f"data{year}" / f"{number}.tfrecord.gz").write_bytes(gzip.compress(framed(content), 1))
    with pytest.raises(InputError, match=r"no training window shows .*rape.*copy of the manifest"):
        source.load(SIZES.model_copy(update={"train": 1000, "test": 1000}))
