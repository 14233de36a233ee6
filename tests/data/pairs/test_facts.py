"""Facts are what is in the label raster, and nothing else."""

import numpy as np
import pytest

from eelib.data.pairs.facts import TEMPERATE, tile_facts
from eelib.data.windows import IGNORE

CLASSES = ("winter wheat", "trees", "water", "built-up")


def label(size=20):
    return np.zeros((size, size), np.int64)


def test_shares_are_of_the_labelled_pixels_and_sorted():
    tile = label()
    tile[:, :5] = 1
    tile[:10, 10:] = IGNORE
    facts = tile_facts(tile, CLASSES)
    assert facts.shares == pytest.approx({"winter wheat": 200 / 300, "trees": 100 / 300})
    assert facts.covered == pytest.approx(0.75)


def test_what_is_below_two_per_cent_goes_unmentioned():
    tile = label()
    tile[0, :7] = 2  # 1.75 %
    assert list(tile_facts(tile, CLASSES).shares) == ["winter wheat"]
    tile[0, :8] = 2  # 2 %
    assert "water" in tile_facts(tile, CLASSES).shares


@pytest.mark.parametrize(
    ("rows", "columns", "where"),
    [
        (slice(0, 5), slice(0, 5), "in the northwest"),
        (slice(15, 20), slice(15, 20), "in the southeast"),
        (slice(8, 12), slice(8, 12), "in the middle"),
        (slice(0, 4), slice(0, 20), "in the north"),
        (slice(0, 20), slice(15, 20), "in the east"),
    ],
)
def test_position_is_where_the_pixels_are(rows, columns, where):
    tile = label()
    tile[rows, columns] = 1
    assert tile_facts(tile, CLASSES).position["trees"] == where


def test_what_is_everywhere_has_no_position():
    tile = label()
    tile[::2] = 1
    assert tile_facts(tile, CLASSES).position == {}


def test_shapes():
    tile = label()
    tile[9:11] = 2  # across the tile
    tile[0:5, 0:5] = 3
    for row, column in ((2, 12), (2, 16), (6, 12), (6, 16), (16, 4)):
        tile[row : row + 2, column : column + 2] = 1
    shape = tile_facts(tile, CLASSES).shape
    assert (shape["water"], shape["built-up"], shape["trees"]) == ("band", "patch", "scattered")


def test_borders_are_the_longest_first_and_need_contact():
    tile = label()
    tile[:, 10:] = 1  # 20 px of border
    tile[5:11, 0:3] = 2
    facts = tile_facts(tile, CLASSES)
    assert facts.borders == (("winter wheat", "trees"), ("winter wheat", "water"))
    assert ("trees", "water") not in facts.borders


def test_state_comes_from_the_vegetation_index():
    tile = label()
    tile[:, 10:] = 1
    ndvi = np.where(tile == 0, 0.1, 0.8).astype(np.float32)
    assert tile_facts(tile, CLASSES, ndvi=ndvi).state == {"winter wheat": "bare", "trees": "green"}
    assert tile_facts(tile, CLASSES).state == {}


def test_month_season_and_bloom_come_from_the_day():
    facts = tile_facts(label(), ("rapeseed",), day_of_year=125, seasons=TEMPERATE)
    assert (facts.month, facts.season, facts.state) == (5, "spring", {"rapeseed": "bloom"})
    late = tile_facts(label(), ("rapeseed",), day_of_year=366, seasons=TEMPERATE)
    assert (late.month, late.season, late.state) == (12, "winter", {})
    assert tile_facts(label(), CLASSES, day_of_year=125).season is None


def test_a_tile_without_labels_has_no_facts():
    facts = tile_facts(np.full((8, 8), IGNORE), CLASSES)
    assert facts.shares == {} and facts.covered < 0.05
