"""Scenes: bands by name, reflectance, gaps, order of dates, one grid, windowed reading."""

from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from scenes import BANDS, numbers, write_scene

from eelib.apply.reading import Reading, factor_and_offset
from eelib.apply.scene import open_scene
from eelib.apply.tiles import Box
from eelib.data.own.pixels import DEFAULT_SCALES
from eelib.errors import InputError

WHOLE = Box(0, 0, 96, 80)
DATED = "a_20170216.tif"


def read(paths, bands=BANDS, box=WHOLE, **options):
    with open_scene(paths if isinstance(paths, list) else [paths], bands, Reading(**options)) as scene:
        return scene.read(box)


def refused(paths, bands=BANDS, **options):
    with pytest.raises(InputError) as error:
        read(paths, bands, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_window_in_reflectance(tmp_path):
    image = numbers()
    found = read(write_scene(tmp_path / DATED, image), box=Box(10, 20, 30, 50))
    assert found.shape == (1, 3, 20, 30)
    np.testing.assert_allclose(found[0], image[:, 10:30, 20:50] * 1e-4, rtol=1e-6)


def test_bands_are_found_by_name_whatever_their_order(tmp_path):
    image = numbers(bands=4)
    path = write_scene(tmp_path / DATED, image, ("B08", "B03", "B02", "B04"))
    np.testing.assert_allclose(read(path)[0], image[[2, 3, 0]] * 1e-4, rtol=1e-6)
    unnamed = write_scene(tmp_path / "b_20170216.tif", image, None)
    with open_scene([unnamed], ("B04", "B08"), Reading(bands=("B08", "B03", "B02", "B04"))) as scene:
        np.testing.assert_allclose(scene.read(WHOLE)[0], image[[3, 0]] * 1e-4, rtol=1e-6)


def test_bands_that_do_not_fit(tmp_path):
    image = numbers(bands=4)
    unnamed = write_scene(tmp_path / DATED, image, None)
    assert "4 bands without names but the network reads 3 (B02, B04, B08)" in refused(unnamed)
    with pytest.raises(InputError, match="--bands names 2 bands but the file has 4"), open_scene([unnamed], BANDS, Reading(("a", "b"))):
        pass
    named = write_scene(tmp_path / "b_20170216.tif", image, ("B02", "B04", "B8A", "B11"))
    missing = refused(named)
    assert "the network reads B02, B04, B08, the file has B02, B04, B8A, B11; missing: B08; " in missing
    assert "--bands" in missing
    assert "did you mean" not in missing
    with (
        pytest.raises(InputError, match="--bands names B02, B04, b08, B11; missing: B08; correct --bands if a name is misspelt"),
        open_scene([named], BANDS, Reading(("B02", "B04", "b08", "B11"))),
    ):
        pass


@pytest.mark.parametrize(("dtype", "factor"), [("uint8", 1 / 255), ("uint16", 1e-4), ("int16", 1e-4), ("float32", 1.0)])
def test_scale_by_type(tmp_path, dtype, factor):
    image = (numbers() // 20).astype(dtype)
    path = write_scene(tmp_path / DATED, image)
    np.testing.assert_allclose(read(path)[0], image * factor, rtol=1e-5)
    np.testing.assert_allclose(read(path, scale=0.5, offset=-3.0)[0], (image.astype(float) - 3) * 0.5, rtol=1e-5)


def test_every_type_of_own_data_has_its_scale():
    """Half floats as well, which rasterio reads where its GDAL is 3.11 or later."""
    for dtype, factor in DEFAULT_SCALES.items():
        source = SimpleNamespace(name=DATED, dtypes=(dtype,), scales=(1.0,), offsets=(0.0,))
        assert factor_and_offset(source, 1, Reading()) == (factor, 0.0)


def test_scale_as_the_file_declares_it(tmp_path):
    path = write_scene(tmp_path / DATED, numbers())
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (2e-4,) * 3, (-0.1,) * 3
    np.testing.assert_allclose(read(path)[0], numbers() * 2e-4 - 0.1, rtol=1e-4, atol=1e-6)


def test_every_band_has_its_own_scale_and_offset(tmp_path):
    path = write_scene(tmp_path / DATED, np.full((3, 96, 80), 1000, np.uint16), ("B08", "B02", "B04"))
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (1e-4, 1e-3, 2e-4), (0.0, 0.0, -0.1)
    np.testing.assert_allclose(read(path)[0, :, 5, 5], [1.0, 0.1, 0.1], rtol=1e-6)  # B02, B04, B08
    np.testing.assert_allclose(read(path, offset=-500)[0, :, 5, 5], [0.5, 0.0, 0.05], rtol=1e-6, atol=1e-8)


def test_a_type_without_scale(tmp_path):
    path = write_scene(tmp_path / DATED, numbers().astype(np.int32))
    assert "int32 have no usual scale; give --scale" in refused(path)
    assert np.isfinite(read(path, scale=1e-4)).all()


def test_gaps_are_nan_in_all_bands(tmp_path):
    image = numbers()
    image[1, 5, 6] = 0
    declared = write_scene(tmp_path / DATED, image, nodata=0)
    undeclared = write_scene(tmp_path / "b_20170216.tif", image)
    floats = image.astype(np.float32)
    floats[2, 7, 8] = np.nan
    for found, gaps in (
        (read(declared), [(5, 6)]),
        (read(undeclared), []),
        (read(undeclared, nodata=0), [(5, 6)]),
        (read(write_scene(tmp_path / "c_20170216.tif", floats)), [(7, 8)]),
    ):
        assert [tuple(place) for place in np.argwhere(np.isnan(found[0, 0]))] == gaps
        assert (np.isnan(found).all(1) == np.isnan(found).any(1)).all()


def test_a_transparency_is_a_mask_and_no_band(tmp_path):
    image = np.concatenate([(numbers() // 20).astype(np.uint8), np.full((1, 96, 80), 255, np.uint8)])
    image[3, 2, 3] = 0
    path = write_scene(tmp_path / DATED, image, ("B02", "B04", "B08", None), photometric="RGB", alpha="yes")
    assert np.isnan(read(path)).sum() == 3


def test_dates_are_ordered_whatever_the_order_of_files(tmp_path):
    paths = [write_scene(tmp_path / f"s_{day}.tif", numbers(seed=seed)) for seed, day in enumerate(("20170701", "20170216", "20161224"))]
    with open_scene(paths, BANDS, Reading()) as scene:
        assert scene.days.tolist() == [359, 47, 182]
        assert [round(float(value) * 1e4) for value in scene.read(Box(0, 0, 1, 1))[:, 0, 0, 0]] == [
            numbers(seed=s)[0, 0, 0] for s in (2, 1, 0)
        ]
    np.testing.assert_array_equal(read([tmp_path]), read(paths))
    np.testing.assert_array_equal(read(paths[:2], dates="2,1")[0], read(paths[1])[0])


def test_one_grid(tmp_path):
    first = write_scene(tmp_path / DATED, numbers())
    assert "(90, 80) pixels but a_20170216.tif has (96, 80)" in refused([first, write_scene(tmp_path / "b_20170301.tif", numbers(90))])
    moved = write_scene(tmp_path / "c_20170301.tif", numbers(), transform=from_origin(300_010, 5_800_000, 10, 10))
    assert "another place or projection than a_20170216.tif" in refused([first, moved])
    other = write_scene(tmp_path / "d_20170301.tif", numbers(), crs="EPSG:32634")
    assert "another place or projection" in refused([first, other])


def test_no_reference_is_an_error_unless_accepted(tmp_path):
    path = write_scene(tmp_path / DATED, numbers(), crs=None)
    assert "no coordinate reference system" in refused(path)
    assert "--no-crs" in refused(path)
    assert read(path, georeferenced=False).shape == (1, 3, 96, 80)


def test_files_that_are_none(tmp_path):
    (tmp_path / "empty").mkdir()
    text = tmp_path / "text_20170216.tif"
    text.write_text("no raster")
    assert "no such file or folder" in refused(tmp_path / "absent.tif")
    assert "no raster in this folder" in refused(tmp_path / "empty")
    assert "cannot be read as a raster" in refused(text)
    whole = write_scene(tmp_path / DATED, numbers(), compress="DEFLATE", tiled=True, blockxsize=16, blockysize=16)
    content = bytearray(whole.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = bytes(4000)
    whole.write_bytes(content)
    assert "damaged" in refused(whole)


@pytest.mark.parametrize("pixel", [10, 1e-4])
def test_a_tenth_of_a_pixel_is_one_grid_in_any_unit(tmp_path, pixel):
    crs = "EPSG:32633" if pixel == 10 else "EPSG:4326"
    place = [13.0, 52.0] if crs == "EPSG:4326" else [300_000, 5_800_000]

    def scene(name, shift, size=1.0):
        return write_scene(
            tmp_path / name, numbers(), crs=crs, transform=from_origin(place[0] + shift * pixel, place[1], *2 * [size * pixel])
        )

    first = scene(DATED, 0)
    assert read([first, scene("b_20170301.tif", 0.05)]).shape[0] == 2
    assert "another place or projection" in refused([first, scene("c_20170301.tif", 0.2)])
    assert "another place or projection" in refused([first, scene("d_20170301.tif", 0, 1.01)])  # a pixel beyond at the other end
