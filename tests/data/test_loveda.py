"""LoveDA: images, masks and the split by number."""

import numpy as np
import pytest
from PIL import Image

from eelib.errors import InputError
from eelib.settings import RegionSizes

SIZES = RegionSizes(unlabelled=16, train=16, validation=8, test=8, window=64, num_dates=8)


def test_windows_are_crops_of_the_images(mini):
    source, folder = mini("loveda")
    region = source.load(SIZES)
    places = {tile.place: tile.path for tiles in source.tiles(folder).values() for tile in tiles}
    assert region.test.image.shape == (8, 1, 3, 64, 64)
    for row, (r, c) in enumerate(region.test.origin):
        path = places[int(region.test.place[row])]
        image = np.asarray(Image.open(path), np.float32)[r : r + 64, c : c + 64]
        mask = np.asarray(Image.open(path.parents[1] / "masks_png" / path.name))[r : r + 64, c : c + 64].astype(int)
        np.testing.assert_allclose(region.test.image[row, 0], image.transpose(2, 0, 1) / 255, rtol=1e-6)
        np.testing.assert_array_equal(region.test.mask[row], mask - 1)  # 0, no data, becomes -1


def test_the_last_fifth_by_number_validates_and_the_official_validation_set_tests(mini):
    source, folder = mini("loveda")
    tiles = source.tiles(folder)
    assert {split: len(found) for split, found in tiles.items()} == {"train": 8, "validation": 2, "test": 4}
    assert {tile.path.stem for tile in tiles["validation"]} == {"4", "9"}
    assert {tile.path.parents[2].name for tile in tiles["test"]} == {"Val"}


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda image, mask: image.write_bytes(image.read_bytes()[:300]), "not a readable PNG"),
        (lambda image, mask: mask.unlink(), r"masks_png/\d+\.png: not a readable PNG"),
        (lambda image, mask: Image.new("L", (1024, 1024)).save(image), "an image of kind 'L', expected 'RGB'"),
        (lambda image, mask: Image.new("P", (1024, 1024)).save(mask), "an image of kind 'P', expected 'L'"),
        (lambda image, mask: Image.new("RGB", (512, 512)).save(image), "the image has shape 512x512x3, expected 1024x1024x3"),
        (lambda image, mask: image.rename(image.with_name("town.png")), "named by a number"),
    ],
)
def test_damage_is_one_clear_line(mini, damage, words):
    source, folder = mini("loveda", copy=True)
    for image in folder.glob("Val/Urban/images_png/*.png"):
        damage(image, image.parents[1] / "masks_png" / image.name)
        break
    with pytest.raises(InputError, match=words):
        source.load(SIZES.model_copy(update={"test": 40}))
