"""Label counts per place, and the windows worth cutting."""

import numpy as np
import pytest
from photos import labels

from eelib.data.own.census import automatic_owners, grid, held_out_owners, take_census
from eelib.data.own.manifests import Split
from eelib.data.own.places import lay_out
from eelib.data.own.rasters import Box
from eelib.errors import InputError


class Plate:
    """A plate whose labels lie in memory."""

    def __init__(self, label):
        self.array, self.shape, self.name = label, label.shape, "plate"
        self.label = lambda box: self.array[box.row : box.row + box.height, box.column : box.column + box.width]


def test_counts_and_windows_are_those_of_the_labels():
    label = labels(96, 96)
    label[np.random.default_rng(1).random(label.shape) < 0.9] = -1
    label[:40, :40] = -1
    layout = lay_out([Plate(label)], Split(by="blocks", block=32, gap=4), "m")
    census = take_census([Plate(label)], layout, 12, 3)
    poor = 0
    for number, (_, box) in enumerate(layout.places):
        tile = label[box.row : box.row + 32, box.column : box.column + 32]
        assert census.counts[number].tolist() == [int((tile == k).sum()) for k in range(3)]
        for row, column in grid(box, layout.margin, 12, 12):
            share = (label[row : row + 12, column : column + 12] >= 0).mean()
            assert ((row, column) in [tuple(corner) for corner in census.corners[number]]) == (share >= 0.05)
            poor += share < 0.05
    assert census.poor == poor > 0


def test_plates_without_labels_count_nothing():
    plate = Plate(labels(64, 64))
    plate.label = None
    layout = lay_out([plate], Split(by="blocks", block=32), "m")
    census = take_census([plate], layout, 8, 3)
    assert not census.counts.any()
    assert not any(len(found) for found in census.corners)


def test_what_is_left_over_lies_on_both_sides():
    assert grid(Box(10, 0, 22, 20), 2, 8, 8).tolist() == [[13, 2], [13, 10], [21, 2], [21, 10]]


def test_places_with_labels_are_split_and_others_serve_pretraining():
    counts = np.random.default_rng(0).integers(1, 100, (20, 3))
    counts[[3, 7]] = 0
    owner = automatic_owners(counts, "m")
    assert owner[[3, 7]].tolist() == [-1, -1]
    assert sorted(set(owner.tolist())) == [-1, 0, 1, 2]
    assert (owner == 0).sum() > (owner == 2).sum() >= (owner == 1).sum() >= 3


def test_too_few_labels_are_named():
    with pytest.raises(InputError, match="m: every pixel of every mask is ignored"):
        automatic_owners(np.zeros((4, 3), int), "m")
    with pytest.raises(InputError, match=r"m: 2 place\(s\) with labels cannot be split"):
        automatic_owners(np.array([[1], [1], [0]]), "m")
    with pytest.raises(InputError, match="m: one place cannot be split"):
        held_out_owners(1, "m")


def test_without_labels_a_tenth_is_held_out():
    assert (held_out_owners(40, "m") == 1).sum() == 4
    assert (held_out_owners(2, "m") == 1).sum() == 1
