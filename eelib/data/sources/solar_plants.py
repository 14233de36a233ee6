"""Solar Plants Brazil: GeoTIFF images with red, green, blue and near infrared, and masks of solar power plants."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from eelib.data.gather import CutSeries
from eelib.data.sources.tiles import Tile, TileSource, check_array, relabel
from eelib.errors import InputError

FOLDERS = {"train": "train", "val": "validation", "test": "test"}
OFFSET = 1_000_000  # between the places of two splits, whose images are numbered each for itself


class SolarPlantsSource(TileSource):
    """Images of 256 pixels, one date, in the official folders; every image is a place."""

    dated = False

    def tiles(self, folder: Path) -> dict[str, list[Tile]]:
        """By folder. Whether images of two folders are neighbours is not published."""
        parts: dict[str, list[Tile]] = {}
        for position, (part, split) in enumerate(FOLDERS.items()):
            images = sorted((number(path), path) for path in (folder / part / "input").glob("img(*).tif"))
            parts[split] = [Tile(path, position * OFFSET + place) for place, path in images]
        return parts

    def read(self, tile: Tile) -> CutSeries:
        """Any positive mask value is a plant; the day is not stated and set to 1."""
        side = self.entry.tile
        image = read_tif(tile.path)
        check_array(image, tile.path, "image", (len(self.bands), side, side))
        path = tile.path.parents[1] / "labels" / tile.path.name.replace("img", "target")
        mask = read_tif(path)
        check_array(mask, path, "mask", (1, side, side))
        return CutSeries(str(tile.path), image[None], np.ones(1, np.int64), relabel((mask[0] > 0).astype(int), self.entry))


def number(path: Path) -> int:
    """``123`` of ``img(123).tif``.

    Raises:
        InputError: The name is another.
    """
    match = re.fullmatch(r"img\((\d+)\)", path.stem)
    if not match:
        raise InputError(f"{path}: images are named img(NUMBER).tif; remove the file")
    return int(match.group(1))


def read_tif(path: Path) -> np.ndarray:
    """All layers of a GeoTIFF, ``(C, H, W)``.

    Raises:
        InputError: The file is missing or damaged.
    """
    import rasterio

    try:
        with rasterio.open(path) as source:
            layers: np.ndarray = source.read()
    except rasterio.errors.RasterioError as error:
        raise InputError(f"{path}: not a readable GeoTIFF ({error}); copy it again") from error
    return layers
