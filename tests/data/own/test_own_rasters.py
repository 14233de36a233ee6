"""Windowed reading, and one line for what cannot be read."""

import os

import numpy as np
import pytest
import rasterio
from photos import labels, photo, write

from eelib.data.own.pixels import Scaling
from eelib.data.own.plates import read_values
from eelib.data.own.rasters import Box, inspect, read
from eelib.errors import InputError

IMAGE = photo(labels(48, 64))


@pytest.mark.parametrize(("suffix", "options"), [(".tif", {}), (".tif", {"tiled": True, "blockxsize": 16, "blockysize": 16}), (".png", {})])
def test_a_window_is_the_same_pixels(tmp_path, suffix, options):
    path = write(tmp_path / f"a{suffix}", IMAGE, **options)
    info = inspect(path)
    assert (info.shape, info.count, info.dtype, info.crs) == ((48, 64), 3, "uint8", None)
    assert np.array_equal(read(path, Box(10, 20, 16, 24)), IMAGE[:, 10:26, 20:44])


def test_lossy_formats_are_read(tmp_path):
    smooth = np.broadcast_to(np.arange(64, dtype=np.uint8) * 3, (3, 48, 64)).copy()
    for suffix in (".jpg", ".jp2"):
        path = write(tmp_path / f"a{suffix}", smooth)
        assert np.abs(read(path, Box(8, 8, 32, 32)).astype(int) - smooth[:, 8:40, 8:40]).mean() < 6


def test_the_header_says_georeference_alpha_names_and_palette(tmp_path):
    located = inspect(write(tmp_path / "a.tif", IMAGE, crs="EPSG:32633", origin=(500000, 6000000), nodata=7))
    assert (located.crs, located.nodata, located.transform) == ("EPSG:32633", 7, (10, 0, 500000, 0, -10, 6000000))
    clear = inspect(write(tmp_path / "b.png", np.concatenate([IMAGE, IMAGE[:1]])))
    assert clear.alpha
    assert clear.count == 3
    palette = {0: (255, 0, 0), 1: (0, 255, 0)}
    assert inspect(write(tmp_path / "c.png", labels(16, 16, classes=2).astype(np.uint8), palette=palette)).palette[1] == (0, 255, 0)


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg"])
def test_a_truncated_file_is_named(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 255, (3, 128, 128), dtype=np.uint8)
    path = write(tmp_path / f"broken{suffix}", noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=rf"broken\{suffix}: cannot be read as a raster .*truncated"):
        read(inspect(path).path, Box(0, 0, 128, 128))


def test_something_else_is_named(tmp_path):
    path = tmp_path / "text.png"
    path.write_text("not an image")
    with pytest.raises(InputError, match=r"text\.png: cannot be read as a raster"):
        inspect(path)


def test_a_file_that_was_replaced_is_read_anew(tmp_path):
    import os

    path = write(tmp_path / "a.tif", IMAGE)
    read(path, Box(0, 0, 8, 8))
    write(path, IMAGE + 1)
    os.utime(path, ns=(1, 1))
    assert np.array_equal(read(path, Box(0, 0, 8, 8)), IMAGE[:, :8, :8] + 1)


def test_a_raster_without_permission_is_said_to_be_that(tmp_path, monkeypatch):
    path = tmp_path / "closed.tif"
    path.write_bytes(b"whatever it holds")
    monkeypatch.setattr(os, "access", lambda *given: False)
    with pytest.raises(InputError, match="no permission to read it"):
        inspect(path)


@pytest.mark.parametrize(("scale", "expected"), [(None, [0.2, 0.5]), (1e-4, [0.3, 0.3])])
def test_factors_of_the_file_hold_unless_the_manifest_has_its_own(tmp_path, scale, expected):
    path = write(tmp_path / "a.tif", np.full((2, 16, 16), 3000, np.uint16))
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (1e-4, 2e-4), (-0.1, -0.1)
    values = read_values(inspect(path), Box(0, 0, 16, 16), Scaling(scale, 0.0, None))
    np.testing.assert_allclose(values, np.array(expected, np.float32)[:, None, None].repeat(16, 1).repeat(16, 2), rtol=1e-5)
    assert read(path, Box(0, 0, 1, 1)).max() == 3000 and inspect(write(tmp_path / "b.tif", IMAGE)).factors is None


def test_what_a_mask_beside_the_bands_hides_is_no_data(tmp_path):
    path = write(tmp_path / "a.tif", IMAGE)
    hidden = np.zeros((48, 64), bool)
    hidden[:, :20] = True
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as target:
        target.write_mask(~hidden)
    box = Box(8, 10, 24, 32)
    values = read_values(inspect(path), box, Scaling(None, 0.0, None))
    assert (np.isnan(values) == hidden[8:32, 10:42]).all()
    assert not inspect(write(tmp_path / "b.tif", IMAGE, nodata=7)).masked
