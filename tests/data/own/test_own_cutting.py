"""Windows cut from plates are the pixels, days and labels of the plates."""

import numpy as np
import pytest
from photos import labels, photo_folder, write

from eelib.data.own.source import OwnSource
from eelib.data.sources import source
from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=40, train=12, validation=6, test=6, window=16)


def image_of(made, windows, row):
    """The plate's pixels and labels under a window."""
    plate = made.found.plates[made.layout.places[windows.place[row]][0]]
    (top, left), side = windows.origin[row], windows.image.shape[-1]
    from eelib.data.own.rasters import Box

    box = Box(int(top), int(left), side, side)
    return plate.image(0, np.array([0]), box), plate.label(box)


def test_windows_are_the_pixels_of_their_places(tmp_path):
    made = source(photo_folder(tmp_path))
    assert isinstance(made, OwnSource)
    region = made.load(SIZES)
    for part in (region.train, region.validation, region.test):
        for row in range(len(part)):
            image, label = image_of(made, part, row)
            assert np.array_equal(part.image[row], image)
            assert np.array_equal(part.mask[row], label)
    assert region.unlabelled.mask is None
    places = [set(part.place.tolist()) for part in (region.train, region.validation, region.test)]
    assert not places[0] & places[1] and not places[0] & places[2] and not places[1] & places[2]
    assert set(region.unlabelled.place.tolist()) <= places[0] | {p for p in range(12) if p not in places[1] | places[2]}


def test_larger_sets_start_with_the_smaller_ones(tmp_path):
    made = source(photo_folder(tmp_path))
    small, large = made.load(SIZES), made.load(SIZES.model_copy(update={"train": 30, "unlabelled": 60}))
    assert np.array_equal(large.train.image[:12], small.train.image)
    assert np.array_equal(large.unlabelled.image[:40], small.unlabelled.image)
    assert (len(large.train), len(large.unlabelled)) == (30, 60)


def test_what_was_cut_is_read_back_the_same(tmp_path, monkeypatch):
    path = photo_folder(tmp_path)
    first = source(path).load(SIZES)
    monkeypatch.setattr(OwnSource, "_labelled", None)  # a second cut would fail
    again = source(path).load(SIZES)
    for name in ("unlabelled", "train", "validation", "test"):
        for field in ("image", "dates", "place", "origin", "mask"):
            assert np.array_equal(getattr(getattr(first, name), field), getattr(getattr(again, name), field))


def test_pixels_without_data_lose_their_label_and_empty_windows_are_left_out(tmp_path):
    path = photo_folder(tmp_path, nodata=0)
    for number in range(12):
        image = np.full((3, 64, 64), 100, np.uint8)
        image[:, :, :32] = 0
        write(tmp_path / "photos" / f"city_{number:02}.png", image)
    region = source(path).load(SIZES.model_copy(update={"train": 500, "unlabelled": 500}))
    assert np.allclose(region.unlabelled.image, 100 / 255)  # gaps are filled with the mean of what is there
    left = region.train.origin[:, 1]
    assert (left + 16 > 32).all()
    crossing = region.train.mask[left < 32]
    assert all((mask[:, : 32 - at] == -1).all() for mask, at in zip(crossing, left[left < 32], strict=True))


def test_windows_of_every_season_are_cut(tmp_path):
    from photos import CLASSES, manifest

    for year in (2020, 2021):
        for month in (1, 6, 9):
            write(tmp_path / "tile" / f"S_{year}{month:02}15.tif", np.full((2, 96, 96), 1000 * month + year, np.uint16))
    write(tmp_path / "label.tif", labels(96, 96).astype(np.uint8))
    path = manifest(
        tmp_path, kind="scene-series", date="%Y%m%d", classes=CLASSES, scenes=[{"name": "a", "images": "tile", "label": "label.tif"}]
    )
    made = source(path)
    assert made.num_dates == 3
    region = made.load(SIZES.model_copy(update={"train": 500}))
    assert np.array_equal(np.unique(region.train.dates, axis=0), [[15, 166, 258], [15, 167, 259]])
    values = np.unique(region.train.image[:, :, 0, 0, 0], axis=0)
    assert np.allclose(values, [[0.302, 0.802, 1.102], [0.3021, 0.8021, 1.1021]])
    corners = {tuple(corner) for corner in region.train.origin.tolist()}
    assert len(region.train) == 2 * len(corners)


def test_windows_without_data_make_room_for_others(tmp_path):
    """Otherwise a set could be short, or empty, while labelled windows with data are left."""
    path = photo_folder(tmp_path, nodata=0)
    for number in range(12):
        image = np.full((3, 64, 64), 100, np.uint8)
        image[:, 16:] = 0
        write(tmp_path / "photos" / f"city_{number:02}.png", image)
    few, all_of_them = (source(path).load(SIZES.model_copy(update={"train": count, "test": count})) for count in (4, 500))
    assert len(few.train) == len(few.test) == 4 < len(all_of_them.test)
    assert np.array_equal(few.train.origin, all_of_them.train.origin[:4])


def test_a_set_in_which_no_label_has_data_is_named(tmp_path):
    path = photo_folder(tmp_path, nodata=0, split={"by": "pattern", "pattern": "(train|val|test)"})
    for folder in ("photos", "masks"):
        for number in range(12):
            old = tmp_path / folder / f"city_{number:02}.png"
            old.rename(old.with_name(f"{('train', 'val', 'test')[number % 3]}_{number:02}.png"))
    for file in (tmp_path / "photos").glob("val_*"):
        write(file, np.zeros((3, 64, 64), np.uint8))
    with pytest.raises(InputError, match="no window of validation has labels where it has data; check 'nodata' and the masks"):
        source(path).load(SIZES)
