"""From digital numbers to values."""

import numpy as np
import pytest

from eelib.data.own.pixels import Scaling, fill
from eelib.errors import InputError


@pytest.mark.parametrize(
    ("dtype", "number", "value"), [("uint8", 255, 1.0), ("uint16", 10_000, 1.0), ("int16", 5_000, 0.5), ("float32", 0.5, 0.5)]
)
def test_the_default_scale_follows_the_type(dtype, number, value):
    assert Scaling(None, 0, None).apply(np.array([number], dtype), "f")[0] == pytest.approx(value)


def test_offset_goes_before_scale():
    assert Scaling(1e-4, -1000, None).apply(np.array([3000, 500], "uint16"), "f") == pytest.approx([0.2, -0.05])


def test_a_type_without_default_asks_for_a_scale():
    with pytest.raises(InputError, match=r"f: there is no default scale for uint32; declare 'scale'"):
        Scaling(None, 0, None).apply(np.array([1], "uint32"), "f")


def test_nodata_of_the_manifest_goes_before_that_of_the_file():
    numbers = np.array([0, 7, 9], "uint16")
    assert np.isnan(Scaling(1, 0, None).apply(numbers, "f", 7)).tolist() == [False, True, False]
    assert np.isnan(Scaling(1, 0, 0).apply(numbers, "f", 7)).tolist() == [True, False, False]


def test_nan_needs_a_declaration():
    numbers = np.array([0.5, np.nan, np.inf], np.float32)
    with pytest.raises(InputError, match=r"f: 2 pixel values are NaN or infinite; declare 'nodata: \.nan'"):
        Scaling(None, 0, -9999).apply(numbers, "f")
    assert np.isnan(Scaling(None, 0, float("nan")).apply(numbers, "f")).tolist() == [False, True, True]


def test_gaps_are_filled_from_other_dates_then_from_the_window():
    image = np.array([[[[1.0, np.nan], [3.0, np.nan]]], [[[3.0, 5.0], [5.0, np.nan]]]], np.float32)
    filled = fill(image)
    assert filled[0, 0, 0, 1] == 5.0  # the same pixel on the other date
    assert filled[0, 0, 1, 1] == filled[1, 0, 1, 1] == pytest.approx(17 / 5)  # never seen: mean of the band
    assert np.array_equal(filled[~np.isnan(image)], image[~np.isnan(image)])
    assert not fill(np.full((1, 1, 2, 2), np.nan, np.float32)).any()
