"""A scene of any size: one or several dated rasters on one grid, read window by window."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eelib.apply.dates import When, dates_of, day_of_year, in_order, only_day
from eelib.apply.reading import Reading, band_indexes, factor_and_offset
from eelib.apply.tiles import Box
from eelib.data.own.rasters import ONE_GRID, apart
from eelib.data.windows import Floats, Ints
from eelib.errors import InputError

SUFFIXES = (".tif", ".tiff", ".jp2", ".vrt", ".img", ".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Layer:
    """One date of a scene.

    Attributes:
        source: An open rasterio data set.
        date: When it was taken, a date or a day of the year.
        indexes: Band numbers, from 1, in the order of the network's bands.
        factors: From numbers to reflectance, per index.
        offsets: Added to the numbers before, per index.
        masked: Whether the file has a mask, a transparency or a nodata number.
    """

    source: Any
    date: When
    indexes: tuple[int, ...]
    factors: tuple[float, ...]
    offsets: tuple[float, ...]
    masked: bool


class Scene:
    """Open layers, ordered by date.

    Args:
        layers: On one grid.
        nodata: Number that marks missing pixels in all of them.
        day: Of the year, what the network is told instead of the dates; None: the dates.
    """

    def __init__(self, layers: Sequence[Layer], nodata: float | None, day: int | None = None) -> None:
        self.layers = sorted(layers, key=lambda layer: in_order(layer.date))
        self.nodata, self.day = nodata, day
        first = self.layers[0].source
        self.height, self.width, self.crs, self.transform = first.height, first.width, first.crs, first.transform
        self.days: Ints = np.array([day or day_of_year(layer.date) for layer in self.layers], np.int64)

    def read(self, box: Box) -> Floats:
        """Reflectance ``(T, C, h, w)`` of a window, NaN where a date has no data.

        Raises:
            InputError: A file is damaged.
        """
        return np.stack([_read(layer, box, self.nodata) for layer in self.layers])


@contextlib.contextmanager
def open_scene(paths: Sequence[Path], bands: tuple[str, ...], reading: Reading, seen: tuple[int, int] | None = None) -> Iterator[Scene]:
    """Open the files of a scene.

    Args:
        paths: Files, one per date, or folders of them.
        bands: The network's bands, in order.
        reading: How to read them.
        seen: First and last day of the year of the network's training. If it was one day, the network is told no other, unless
            ``reading`` has dates: what it would make of others is chance.

    Raises:
        InputError: Names the file that is missing, is no raster, lacks a band, lies on another grid, or has no date or no reference.
    """
    import rasterio

    files = find_files(paths)
    dates = dates_of(files, reading.dates, seen)
    with contextlib.ExitStack() as stack, rasterio.Env(GDAL_CACHEMAX=256, GDAL_ERROR_ON_LIBJPEG_WARNING=True):
        layers = [_layer(stack.enter_context(_opened(path)), date, bands, reading) for path, date in zip(files, dates, strict=True)]
        _check_grid([layer.source for layer in layers], files)
        _check_reference(layers[0].source, files[0], reading.georeferenced)
        yield Scene(layers, reading.nodata, only_day(seen) if reading.dates is None else None)


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Files, and the rasters in folders, sorted by name.

    Raises:
        InputError: Something does not exist or may not be read, or a folder holds no raster.
    """
    found = []
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder")
        _check_permission(path)
        inside = sorted(child for child in path.iterdir() if child.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"{path}: no raster in this folder ({', '.join(SUFFIXES)})")
        found += inside
    for path in found:
        _check_permission(path)
    return found


def _check_permission(path: Path) -> None:
    if not os.access(path, os.R_OK | os.X_OK if path.is_dir() else os.R_OK):
        raise InputError(f"{path}: no permission to read it; change its permissions, or copy it to where you may read it")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            source = rasterio.open(path)
    except RasterioError as error:
        raise InputError(f"{path}: cannot be read as a raster ({error})") from error
    with source:
        yield source


def _layer(source: Any, date: When, bands: tuple[str, ...], reading: Reading) -> Layer:  # noqa: ANN401 - rasterio has no types
    from rasterio.enums import ColorInterp, MaskFlags

    count = source.count - (source.colorinterp[-1] == ColorInterp.alpha and source.count > 1)
    named = [name for name in source.descriptions[:count] if name]
    indexes = band_indexes(source.name, count, tuple(named) if len(named) == count else None, bands, reading.bands)
    factors, offsets = zip(*(factor_and_offset(source, index, reading) for index in indexes), strict=True)
    masked = any(MaskFlags.all_valid not in flags for flags in source.mask_flag_enums)
    return Layer(source, date, indexes, factors, offsets, masked)


def _check_grid(sources: Sequence[Any], files: Sequence[Path]) -> None:
    first = sources[0]
    for source, path in zip(sources, files, strict=True):
        if source.shape != first.shape:
            raise InputError(f"{path}: {source.shape} pixels but {files[0].name} has {first.shape}; all dates must lie on one grid")
        if source.crs != first.crs or apart(first.transform, source.transform, source.shape) > ONE_GRID:
            raise InputError(f"{path}: another place or projection than {files[0].name}; all dates must lie on one grid")


def _check_reference(source: Any, path: Path, required: bool) -> None:  # noqa: ANN401
    if required and not source.crs:
        raise InputError(f"{path}: no coordinate reference system, so the map would lie nowhere; assign one, or accept it with --no-crs")


def _read(layer: Layer, box: Box, nodata: float | None) -> Floats:
    from rasterio.errors import RasterioError
    from rasterio.windows import Window

    window = Window(box.left, box.top, box.right - box.left, box.bottom - box.top)
    try:
        numbers = layer.source.read(layer.indexes, window=window, masked=layer.masked)
    except RasterioError as error:
        raise InputError(f"{layer.source.name}: damaged ({error.__cause__ or error}); copy or download it again") from error
    missing = _missing(numbers, nodata)
    factors, offsets = (np.array(each, np.float32)[:, None, None] for each in (layer.factors, layer.offsets))
    values = (np.ma.getdata(numbers).astype(np.float32) + offsets) * factors
    values[:, missing] = np.nan
    return np.asarray(values, np.float32)


def _missing(numbers: Any, nodata: float | None) -> NDArray[np.bool_]:  # noqa: ANN401 - an array or a masked array
    """Pixels ``(h, w)`` that lack at least one band."""
    missing = np.ma.getmaskarray(numbers).any(0)
    data = np.ma.getdata(numbers)
    if nodata is not None:
        missing |= (data == nodata).any(0)
    if data.dtype.kind == "f":
        missing |= ~np.isfinite(data).all(0)
    return np.asarray(missing)
