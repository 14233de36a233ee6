"""Windows from many tiles: fair, bounded, on disk, the same every time."""

import numpy as np
import pytest

from eelib.data.gather import CutSeries, Request, gather, read_back, spread_dates, window_corners
from eelib.errors import InputError


def tiles(count, side=24, dates=5, labelled=lambda number: True, read=None):
    """Tiles whose every pixel tells tile and position, and readers that note what is read."""

    def reader(number):
        def make():
            if read is not None:
                read.append(number)
            position = np.arange(side * side).reshape(side, side)
            image = np.broadcast_to(1000 * number + position, (dates, 2, side, side)).astype(np.int32)
            label = np.full((side, side), 0 if labelled(number) else -1)
            return CutSeries(f"tile {number}", image + 100_000 * np.arange(dates)[:, None, None, None], np.arange(dates) * 10 + 1, label)

        return make

    return [(number, reader(number)) for number in range(count)]


def cut(folder, found, count, window=8, num_dates=3, labelled=True, scale=1.0):
    folder.mkdir()
    gather(folder, found, Request(count, window, num_dates, 2, scale, labelled))
    return read_back(folder)


def test_pixels_dates_and_places_belong_together(tmp_path):
    windows = cut(tmp_path / "a", tiles(4), 12, scale=0.5)
    assert isinstance(windows.image, np.memmap)
    for image, dates, place, (row, column) in zip(windows.image, windows.dates, windows.place, windows.origin, strict=True):
        corner = 1000 * place + 24 * row + column
        assert image[:, 1, 0, 0].tolist() == [0.5 * (corner + 100_000 * t) for t in (0, 2, 4)]
        assert image[0, 0, 7, 7] == 0.5 * (corner + 7 * 24 + 7)
        assert dates.tolist() == [1, 21, 41]


def test_no_more_tiles_are_read_than_are_needed(tmp_path):
    read = []
    windows = cut(tmp_path / "a", tiles(50, read=read), 10)
    assert len(read) == len(set(read)) == len(set(windows.place)) == 10


def test_windows_are_spread_over_tiles_and_never_twice(tmp_path):
    windows = cut(tmp_path / "a", tiles(4), 20)
    assert np.bincount(windows.place).tolist() == [5, 5, 5, 5]
    assert len({(p, *o) for p, o in zip(windows.place, windows.origin.tolist(), strict=True)}) == 20


def test_tiles_without_labels_are_made_up_for(tmp_path):
    windows = cut(tmp_path / "a", tiles(4, labelled=lambda number: number == 2), 8)
    assert len(windows) == 8
    assert set(windows.place) == {2}


def test_what_a_region_does_not_have_is_left_out(tmp_path):
    assert len(cut(tmp_path / "a", tiles(2), 1000)) == 18  # three by three windows of 8 in 24 px, twice
    assert len(cut(tmp_path / "b", tiles(2), 1000, labelled=False)) == 50  # five by five at half the step


def test_the_order_is_the_same_every_time_and_a_smaller_set_is_part_of_the_fair_sample(tmp_path):
    one, two = (cut(tmp_path / name, tiles(9), 9) for name in "ab")
    np.testing.assert_array_equal(one.image, two.image)
    small = cut(tmp_path / "c", tiles(9), 4)
    np.testing.assert_array_equal(small.place, one.place[:4])


def test_labels_below_five_per_cent_do_not_make_a_window():
    label = np.full((20, 40), -1)
    label[0, :20] = 1  # 5 % of the left window
    label[0, 20:39] = 1
    assert window_corners(label, 20, labelled=True, seed=0).tolist() == [[0, 0]]


def test_short_series_repeat_dates_in_order_of_the_day():
    days = np.array([300, 10, 200])
    assert days[spread_dates(days, 3)].tolist() == [10, 200, 300]
    assert days[spread_dates(days, 6)].tolist() == [10, 10, 200, 200, 300, 300]
    assert days[spread_dates(days, 1)].tolist() == [10]


def test_pixels_that_are_not_finite_are_named(tmp_path):
    bad = CutSeries("tile.npy", np.full((1, 2, 8, 8), np.nan), np.ones(1, int), np.zeros((8, 8), int))
    with pytest.raises(InputError, match=r"tile\.npy.*NaN"):
        cut(tmp_path / "a", [(0, lambda: bad)], 1, num_dates=1)
