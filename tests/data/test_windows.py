"""Containers check what they are given."""

import numpy as np
import pytest
from toys import make_windows

from eelib.data.windows import Scene, Windows
from eelib.errors import InputError


def scene(image=None, label=None, days=None):
    image = np.zeros((2, 3, 8, 8), np.float32) if image is None else image
    days = np.array([1, 2]) if days is None else days
    return Scene("toy", image, days, np.array([2020, 2020]), ("a", "b", "c"), label)


def test_mask_and_image_of_different_size():
    with pytest.raises(InputError, match=r"toy: the mask has shape \(8, 9\) but the image has \(8, 8\)"):
        scene(label=np.zeros((8, 9), np.int64))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_not_finite(value):
    image = np.zeros((2, 3, 8, 8), np.float32)
    image[1, 2, 3, :2] = value
    with pytest.raises(InputError, match="toy: 2 pixel values are NaN or infinite"):
        scene(image)


def test_bands_and_dates_must_fit():
    with pytest.raises(InputError, match="band names"):
        scene(np.zeros((2, 4, 8, 8), np.float32))
    with pytest.raises(InputError, match="dates in the image"):
        scene(days=np.array([1]))


def test_windows_must_fit_each_other():
    good = make_windows()
    with pytest.raises(InputError, match="mask has shape"):
        Windows(good.image, good.dates, good.place, good.mask[:, 1:], good.origin)


def test_take_and_without_labels():
    good = make_windows()
    part = good.take(np.array([3, 1]))
    assert part.place.tolist() == [3, 1]
    assert np.array_equal(part.image[0], good.image[3])
    assert good.without_labels().mask is None
    with pytest.raises(InputError, match="no labels"):
        good.without_labels().take_labelled()


def test_windows_with_too_few_labels_are_left_out():
    good = make_windows()
    mask = good.mask.copy()
    mask[0] = -1
    mask[1, 1:] = -1
    kept = Windows(good.image, good.dates, good.place, mask, good.origin).take_labelled(0.1)
    assert 0 not in kept.place
    assert 1 not in kept.place
