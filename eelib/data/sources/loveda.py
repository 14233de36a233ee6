"""LoveDA: aerial images of three Chinese cities and their surroundings as PNG files with masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eelib.data.gather import CutSeries
from eelib.data.sources.tiles import Tile, TileSource, check_array, relabel
from eelib.errors import InputError

SCENES = ("Rural", "Urban")
OFFSET = 1_000_000  # between the places of two folders, whose images are numbered each for itself
HELD_OUT = 5  # the last fifth of the training images of each scene kind is the validation set


class LoveDaSource(TileSource):
    """Images of 1024 pixels at 0.3 m, one date. The official validation set, whose labels are public, is the test set."""

    dated = False

    def tiles(self, folder: Path) -> dict[str, list[Tile]]:
        """Every image is a place; validation is a run of neighbouring numbers, so that it is next to few training images."""
        parts: dict[str, list[Tile]] = {"train": [], "validation": [], "test": []}
        for offset, (part, scene) in enumerate((part, scene) for part in ("Train", "Val") for scene in SCENES):
            images = sorted((folder / part / scene / "images_png").glob("*.png"), key=image_number)
            tiles = [Tile(path, offset * OFFSET + image_number(path)) for path in images]
            kept = len(tiles) - len(tiles) // HELD_OUT if part == "Train" else 0
            parts["train"] += tiles[:kept]
            parts["validation" if part == "Train" else "test"] += tiles[kept:]
        return parts

    def read(self, tile: Tile) -> CutSeries:
        """Red, green and blue as stored; the day is unknown and set to 1, the same for all."""
        side = self.entry.tile
        image = read_png(tile.path, "RGB")
        check_array(image, tile.path, "image", (side, side, len(self.bands)))
        path = tile.path.parents[1] / "masks_png" / tile.path.name
        mask = read_png(path, "L")
        check_array(mask, path, "mask", (side, side))
        return CutSeries(str(tile.path), image.transpose(2, 0, 1)[None], np.ones(1, np.int64), relabel(mask, self.entry))


def image_number(path: Path) -> int:
    """The number that is the name of an image.

    Raises:
        InputError: The name is no number.
    """
    if not path.stem.isdigit():
        raise InputError(f"{path}: images of LoveDA are named by a number; remove the file")
    return int(path.stem)


def read_png(path: Path, mode: str) -> np.ndarray:
    """An 8-bit image.

    Raises:
        InputError: The file is missing, damaged, or has another number of channels.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            if image.mode != mode:
                raise InputError(f"{path}: an image of kind '{image.mode}', expected '{mode}'; this is not the published format")
            return np.asarray(image)
    except (OSError, SyntaxError) as error:
        raise InputError(f"{path}: not a readable PNG file ({error}); copy it again") from error
