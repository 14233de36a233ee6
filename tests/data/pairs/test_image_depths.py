"""Pictures of any depth are as bright as their numbers say, whatever the format."""

import numpy as np
import pytest
import rasterio
from PIL import Image

from eelib.data.pairs.images import ImageReader
from eelib.data.pairs.manifests import ReadsImages
from eelib.errors import InputError

RAMP = np.linspace(0, 1, 32, dtype=np.float32)[None].repeat(32, 0)


def write(path, values, bands=1):
    """The same numbers in every band; the second of two and the fourth of four are a transparency in PNG."""
    driver = {".png": "PNG", ".tif": "GTiff", ".bin": "GTiff"}[path.suffix]
    with rasterio.open(path, "w", driver=driver, height=32, width=32, count=bands, dtype=values.dtype) as target:
        target.write(np.stack([values] * bands))
    return path


def reader(**entry):
    return ImageReader(ReadsImages(**entry), 32)


def shows(found, wanted):
    assert found.shape == (3, 32, 32) and found.dtype == np.float32
    np.testing.assert_allclose(found, np.stack([wanted] * 3), atol=1 / 250)


def pillow_reads(path, bands):
    """Members of shards are opened by Pillow, which knows TIFF of one band."""
    return path.suffix == ".png" or bands == 1


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize(("dtype", "most"), [(np.uint8, 255), (np.uint16, 65_535)])
def test_unsigned_numbers_are_shown_on_the_scale_of_their_type(tmp_path, name, dtype, most, bands):
    path = write(tmp_path / name, (RAMP * most).round().astype(dtype), bands)
    shows(reader().file(path), RAMP)
    if pillow_reads(path, bands):
        shows(reader().stream(path.read_bytes(), "member"), RAMP)


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize(("dtype", "brightest"), [(np.uint8, 200), (np.uint16, 3000)])
def test_the_manifest_says_which_number_is_white(tmp_path, name, dtype, brightest, bands):
    path = write(tmp_path / name, (RAMP * brightest * 1.2).round().astype(dtype), bands)
    shows(reader(brightest=brightest).file(path), (RAMP * 1.2).clip(0, 1))
    if pillow_reads(path, bands):
        shows(reader(brightest=brightest).stream(path.read_bytes(), "member"), (RAMP * 1.2).clip(0, 1))


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_signed_numbers_have_no_scale_of_their_own(tmp_path, dtype):
    path = write(tmp_path / "a.tif", (RAMP * 10_000).round().astype(dtype))
    shows(reader(brightest=10_000).file(path), RAMP)
    shows(reader(brightest=10_000).stream(path.read_bytes(), "member"), RAMP)
    for call in (lambda: reader().file(path), lambda: reader().stream(path.read_bytes(), "a.tif")):
        with pytest.raises(InputError, match=rf"a\.tif: numbers of type {np.dtype(dtype)} have no usual white; declare 'brightest'"):
            call()


def test_floating_point_is_white_at_1(tmp_path):
    path = write(tmp_path / "a.tif", RAMP)
    shows(reader().file(path), RAMP)
    shows(reader().stream(path.read_bytes(), "member"), RAMP)


@pytest.mark.parametrize("bands", [1, 3])
def test_a_deep_picture_that_ends_early_is_named(tmp_path, bands):
    noise = np.random.default_rng(0).integers(0, 65_535, (32, 32)).astype(np.uint16)
    path = write(tmp_path / "a.png", noise, bands)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"a\.png: not a readable image"):
        reader().file(path)
    with pytest.raises(InputError, match="member: not a readable image"):
        reader().stream(path.read_bytes(), "member")


@pytest.mark.parametrize("suffix", ["bmp", "gif", "png", "webp"])
def test_pictures_of_8_bits_are_read_as_before(tmp_path, suffix):
    ramp = (np.linspace(0, 255, 56)[None].repeat(56, 0)).round().astype(np.uint8)  # a row of BMP has 168 bytes
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(np.stack([ramp] * 3, -1)).save(path)
    found = ImageReader(ReadsImages(), 56).file(path)
    np.testing.assert_allclose(found, np.stack([ramp] * 3) / np.float32(255), atol=0.02)


@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_numbers_that_are_none_are_named(tmp_path, hole):
    values = RAMP.copy()
    values[3, 4] = hole
    path = write(tmp_path / "holes.tif", values, 3)
    with pytest.raises(InputError, match=r"holes\.tif: holds NaN or infinite numbers \(nodata\): fill them in, or set broken: skip"):
        reader().file(path)
    assert reader().problem(path).startswith("holds NaN")


def test_a_photograph_is_turned_as_its_camera_says(tmp_path):
    upright = np.zeros((32, 32, 3), np.uint8)
    upright[:16] = 255
    photo, exif = Image.fromarray(np.rot90(upright)), Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise by a quarter
    photo.save(tmp_path / "a.png", exif=exif)
    found = reader().file(tmp_path / "a.png")
    assert found[:, :15].min() > 0.95 and found[:, 17:].max() < 0.05
