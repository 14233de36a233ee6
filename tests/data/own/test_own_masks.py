"""Masks by value, palette and colour."""

import numpy as np
import pytest
from photos import CLASSES, COLORS, labels, write

from eelib.data.own.manifests import OwnClass
from eelib.data.own.masks import MaskCode
from eelib.data.own.rasters import Box, inspect
from eelib.errors import InputError

COLORED = tuple(OwnClass(**item) for item in CLASSES)
VALUED = (OwnClass(name="a", value=10), OwnClass(name="b", value=3), OwnClass(name="c", value=200))
LABEL = labels(32, 40)
WHOLE = Box(0, 0, 32, 40)


def decode(path, code, box=WHOLE):
    return code.read(inspect(path), box)


def test_colours_become_class_ids(tmp_path):
    path = write(tmp_path / "m.png", COLORS[LABEL].transpose(2, 0, 1))
    assert np.array_equal(decode(path, MaskCode(COLORED, ())), LABEL)
    assert np.array_equal(decode(path, MaskCode(COLORED, ()), Box(8, 4, 16, 8)), LABEL[8:24, 4:12])


def test_values_become_class_ids_by_declaration_or_position(tmp_path):
    values = np.array([10, 3, 200], np.uint8)
    path = write(tmp_path / "m.tif", values[LABEL])
    assert np.array_equal(decode(path, MaskCode(VALUED, ())), LABEL)
    plain = write(tmp_path / "p.tif", LABEL.astype(np.uint8))
    assert np.array_equal(decode(plain, MaskCode(COLORED, ())), LABEL)


def test_a_palette_is_read_by_colour_unless_classes_have_values(tmp_path):
    order = np.array([2, 0, 1])  # the palette has the classes in another order
    palette = {int(at): tuple(int(part) for part in COLORS[k]) for k, at in enumerate(order)}
    path = write(tmp_path / "m.png", order[LABEL].astype(np.uint8), palette=palette)
    assert np.array_equal(decode(path, MaskCode(COLORED, ())), LABEL)
    assert np.array_equal(decode(path, MaskCode(COLORED, (), "value")), order[LABEL])


def test_ignored_values_colours_and_nodata_are_no_label(tmp_path):
    values = LABEL.astype(np.uint8)
    values[:8], values[8:16] = 255, 99
    path = write(tmp_path / "m.tif", values, nodata=99)
    found = decode(path, MaskCode(COLORED, (255,)))
    assert (found[:16] == -1).all()
    assert np.array_equal(found[16:], LABEL[16:])
    rgb = COLORS[LABEL]
    rgb[:8] = 0
    path = write(tmp_path / "c.png", rgb.transpose(2, 0, 1))
    assert (decode(path, MaskCode(COLORED, ("#000000",)))[:8] == -1).all()


@pytest.mark.parametrize("nodata", [float("nan"), float("-inf"), float(np.finfo(np.float32).min), -9999.0, 1e20, None])
def test_nodata_and_nan_of_masks_in_floating_point_are_no_label(tmp_path, nodata):
    values = LABEL.astype(np.float32)
    values[:4], values[4:8] = np.nan, np.nan if nodata is None else nodata
    found = decode(write(tmp_path / "m.tif", values, nodata=nodata), MaskCode(COLORED, ()))
    assert (found[:8] == -1).all()
    assert np.array_equal(found[8:], LABEL[8:])


@pytest.mark.parametrize(("dtype", "nodata"), [("float64", 0.5), ("uint8", 0)])
def test_nodata_that_is_no_class_value_takes_no_class(tmp_path, dtype, nodata):
    values = LABEL.astype(dtype)
    path = write(tmp_path / "m.tif", values, nodata=nodata)
    assert np.array_equal(decode(path, MaskCode(COLORED, ())), LABEL)


def test_infinity_in_a_mask_is_named(tmp_path):
    values = LABEL.astype(np.float32)
    values[:4] = np.inf
    with pytest.raises(InputError, match=r"m\.tif: .*whole numbers"):
        decode(write(tmp_path / "m.tif", values), MaskCode(COLORED, ()))


def test_an_unknown_value_names_file_value_and_count_of_the_whole_mask(tmp_path):
    values = LABEL.astype(np.uint8)
    values[:4, :5] = 77
    path = write(tmp_path / "m.tif", values)
    with pytest.raises(InputError, match=r"m\.tif: 20 pixels have the value 77, which no class has .*'ignore: \[77\]'"):
        decode(path, MaskCode(COLORED, ()), Box(0, 0, 2, 40))


def test_an_unknown_colour_names_file_colour_and_count(tmp_path):
    rgb = COLORS[LABEL]
    rgb[:3, :4] = (255, 0, 255)
    path = write(tmp_path / "m.png", rgb.transpose(2, 0, 1))
    with pytest.raises(InputError, match=r"m\.png: 12 pixels have the colour #ff00ff"):
        decode(path, MaskCode(COLORED, ()))


def test_a_tolerance_takes_the_nearest_colour_for_jpeg(tmp_path):
    near = COLORS[LABEL].astype(int) + np.random.default_rng(0).integers(-5, 6, (*LABEL.shape, 3))
    path = write(tmp_path / "m.png", near.clip(0, 255).astype(np.uint8).transpose(2, 0, 1))
    with pytest.raises(InputError, match="colour"):
        decode(path, MaskCode(COLORED, ()))
    assert np.array_equal(decode(path, MaskCode(COLORED, (), "auto", 5)), LABEL)
    jpeg = write(tmp_path / "m.jpg", COLORS[LABEL].transpose(2, 0, 1))
    with pytest.raises(InputError, match="save masks as PNG, or declare a 'tolerance'"):
        decode(jpeg, MaskCode(COLORED, ()))


def test_codings_that_cannot_be_are_named(tmp_path):
    gray = write(tmp_path / "g.png", LABEL.astype(np.uint8))
    with pytest.raises(InputError, match="no palette"):
        decode(gray, MaskCode(COLORED, (), "color"))
    rgb = write(tmp_path / "c.png", COLORS[LABEL].transpose(2, 0, 1))
    with pytest.raises(InputError, match="class 'a' has no 'color'"):
        decode(rgb, MaskCode(VALUED, ()))
    parts = write(tmp_path / "f.tif", LABEL.astype(np.float32) + 0.5)
    with pytest.raises(InputError, match="whole numbers"):
        decode(parts, MaskCode(COLORED, ()))
