"""Windows of several regions as one set."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import make_region, make_windows

from eelib.data.pooling import pooled
from eelib.errors import InputError
from eelib.train.batches import Normaliser, WindowBatches


def three():
    regions = [replace(make_region(), name=name) for name in "abc"]
    return regions, [make_windows(count, seed=count, labels=False) for count in (9, 5, 7)]


def test_shares_are_equal_and_windows_are_those_of_their_region():
    regions, parts = three()
    windows, region = pooled(regions, parts, 8)
    assert np.bincount(region).tolist() == [3, 3, 2]
    assert windows.mask is None
    for number, part in enumerate(parts):
        known = {row.tobytes() for row in part.image}
        mine = [row.tobytes() for row in windows.image[region == number]]
        assert set(mine) <= known
        assert len(set(mine)) == len(mine)


def test_one_region_gives_its_own_windows_in_order():
    regions, parts = three()
    windows, region = pooled(regions[:1], parts[:1], 9)
    np.testing.assert_array_equal(windows.image, parts[0].image)
    assert set(region) == {0}


def test_a_region_with_too_few_gives_what_it_has():
    regions, parts = three()
    _, region = pooled(regions, parts, 30)
    assert np.bincount(region).tolist() == [9, 5, 7]


def test_the_shortest_series_and_the_smallest_window_decide():
    regions, _ = three()
    parts = [make_windows(4, length=6, size=16, labels=False), make_windows(4, length=4, size=12, labels=False)]
    windows, _ = pooled(regions[:2], parts, 4)
    assert windows.image.shape == (4, 4, 3, 12, 12)
    assert windows.dates.shape == (4, 4)
    assert set(windows.dates[0]) <= set(parts[0].dates[0])


def test_other_bands_are_refused():
    regions, parts = three()
    with pytest.raises(InputError, match=r"regions a and b have different bands"):
        pooled([regions[0], replace(make_region(bands=("B02", "B03", "B08")), name="b")], parts[:2], 4)


def test_each_series_is_standardised_with_its_own_region():
    regions, parts = three()
    windows, region = pooled(regions, parts, 8)
    each = Normaliser.of_each(parts)
    assert each.bands == 3
    batch = WindowBatches(windows, 4, seed=0, region=region).batch(1)
    image = batch["image"][batch["rows"]]
    found = each(image, batch["region"])
    for row, number in enumerate(batch["region"].tolist()):
        torch.testing.assert_close(found[row], Normaliser.of(parts[number])(image[row]))
    assert len(set(batch["region"].tolist())) > 1
