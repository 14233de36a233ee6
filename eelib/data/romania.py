"""The sample `romania`: five years of Sentinel-2 over a forest, with tree cover density."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eelib.data.fetch import require
from eelib.data.manifests import sample
from eelib.data.windows import Floats, Ints, Scene
from eelib.errors import InputError

QUANTIFICATION = 10_000
CLEAR = (4, 5, 6, 7)  # scene classification: vegetation, bare soil, water, unclassified (low cloud probability)
YEARS = (2016, 2017, 2018, 2019, 2020)  # 2015 and 2021 have three and one dates
CLEAR_SHARE = 0.8
THRESHOLDS = (10, 40, 70)  # per cent tree cover, see the manifest
SOURCES = {"B02": "B2", "B03": "B3", "B04": "B4", "B08": "B8", "B8A": "B8A", "B11": "B11"}


def load_scenes(folder: Path | None = None) -> list[Scene]:
    """One scene ``(T, 6, 100, 100)`` per year with all its usable dates.

    Args:
        folder: The fetched files; found through the manifest where None.

    Raises:
        InputError: Not fetched, or a file is damaged.
    """
    import xarray as xr

    entry = sample("romania")
    folder = folder or require("romania")
    fine_path, coarse_path, map_path = (folder / item.path for item in entry.files)
    try:
        with xr.open_dataset(fine_path, engine="h5netcdf") as fine, xr.open_dataset(coarse_path, engine="h5netcdf") as coarse:
            image = np.stack([_band(fine, coarse, SOURCES[band]) for band in entry.bands], 1) / np.float32(QUANTIFICATION)
            clear = np.isin(fine["SCL"].values, CLEAR)
            days, years = fine.time.dt.dayofyear.values.astype(np.int64), fine.time.dt.year.values.astype(np.int64)
            left, top = float(fine.x[0]) - 5, float(fine.y[0]) + 5
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{folder}: the cube cannot be read ({error}); run `eelib data verify romania`") from error
    label = _tree_cover_classes(map_path)
    scenes = []
    for year in YEARS:
        dates = np.flatnonzero((years == year) & (clear.mean((1, 2)) >= CLEAR_SHARE))
        scenes.append(
            Scene(
                name=f"romania {year}",
                image=fill_in_time(image[dates], clear[dates], days[dates]),
                day_of_year=days[dates],
                year=years[dates],
                bands=entry.bands,
                label=label,
                clear=clear[dates],
                crs="EPSG:3035",
                transform=(10.0, 0.0, left, 0.0, -10.0, top),
            )
        )
    return scenes


def year_of(days: Ints) -> int | None:
    """The year of a series, from the days that it has; None where several years or none have them all.

    Args:
        days: ``(T,)`` days of the year.
    """
    fits = [year for year, known in _days_by_year().items() if set(map(int, days)) <= known]
    return fits[0] if len(fits) == 1 else None


@functools.cache
def _days_by_year() -> dict[int, set[int]]:
    return {int(scene.year[0]): set(map(int, scene.day_of_year)) for scene in load_scenes()}


def _band(fine: Any, coarse: Any, name: str) -> Floats:  # noqa: ANN401 - xarray data sets
    """A band ``(T, 100, 100)``; 20 m bands are interpolated bilinearly to the 10 m grid."""
    if name in fine:
        return np.asarray(fine[name].values, np.float32)
    grown = coarse[name].interp(y=fine.y, x=fine.x, kwargs={"fill_value": "extrapolate"})
    return np.asarray(grown.values, np.float32)


def _tree_cover_classes(path: Path) -> NDArray[np.int64]:
    """Class ids on the 10 m grid from tree cover in per cent on the 20 m grid."""
    import rasterio

    try:
        with rasterio.open(path) as source:
            cover = source.read(1)
    except (rasterio.errors.RasterioError, OSError) as error:
        raise InputError(f"{path}: the map cannot be read ({error}); run `eelib data verify romania`") from error
    classes: NDArray[np.int64] = np.digitize(cover, THRESHOLDS).repeat(2, 0).repeat(2, 1).astype(np.int64)
    return classes


def fill_in_time(image: Floats, clear: NDArray[np.bool_], days: NDArray[np.int64]) -> Floats:
    """Replace unclear pixels by linear interpolation between the nearest clear dates of the same pixel.

    Args:
        image: ``(T, C, H, W)`` reflectance.
        clear: ``(T, H, W)``.
        days: ``(T,)`` ascending day of year.

    Returns:
        ``(T, C, H, W)``; pixels that are never clear are left as they are.
    """
    filled = image.copy()
    for row, column in zip(*np.nonzero(~clear.all(0) & clear.any(0)), strict=True):
        good = clear[:, row, column]
        for band in range(image.shape[1]):
            filled[~good, band, row, column] = np.interp(days[~good], days[good], image[good, band, row, column])
    return filled
