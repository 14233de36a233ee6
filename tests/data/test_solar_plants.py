"""Solar Plants Brazil: layers, masks and folders."""

import numpy as np
import pytest
import rasterio

from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=16, train=60, validation=20, test=20, window=32, num_dates=8)


def test_windows_are_crops_of_the_images(mini):
    source, folder = mini("solar_plants_brazil")
    region = source.load(SIZES)
    assert {tile.path.parents[1].name for tile in source.tiles(folder)["validation"]} == {"val"}
    for row, (r, c) in enumerate(region.test.origin):
        number = region.test.place[row] % 1_000_000
        with (
            rasterio.open(folder / f"test/input/img({number}).tif") as image,
            rasterio.open(folder / f"test/labels/target({number}).tif") as mask,
        ):
            expected = image.read()[:, r : r + 32, c : c + 32] * np.float32(1e-4)
            np.testing.assert_array_equal(region.test.image[row, 0], expected)
            np.testing.assert_array_equal(region.test.mask[row], mask.read(1)[r : r + 32, c : c + 32] > 0)
    assert set(np.unique(region.train.mask)) == {0, 1}


def test_images_of_two_folders_with_one_number_are_two_places(mini):
    source, folder = mini("solar_plants_brazil")
    places = [tile.place for tiles in source.tiles(folder).values() for tile in tiles]
    assert len(places) == len(set(places)) == 12


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda image, mask: image.write_bytes(image.read_bytes()[:2000]), "not a readable GeoTIFF"),
        (lambda image, mask: mask.unlink(), r"target\(1\)\.tif: not a readable GeoTIFF"),
        (lambda image, mask: image.write_bytes(mask.read_bytes()), "the image has shape 1x256x256, expected 4x256x256"),
        (lambda image, mask: image.rename(image.with_name("img(x).tif")), r"images are named img\(NUMBER\)\.tif"),
    ],
)
def test_damage_is_one_clear_line(mini, damage, words):
    source, folder = mini("solar_plants_brazil", copy=True)
    damage(folder / "test/input/img(1).tif", folder / "test/labels/target(1).tif")
    with pytest.raises(InputError, match=words):
        source.load(SIZES)
