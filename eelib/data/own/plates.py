"""A plate: one footprint of the user's data, read window by window, whatever files it lies in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

import numpy as np

from eelib.data.own.pixels import Scaling
from eelib.data.own.rasters import ONE_GRID, Box, RasterInfo, apart, read, read_mask
from eelib.data.windows import Floats, Ints
from eelib.errors import InputError

ReadLabel = Callable[[Box], Ints]


class Plate(Protocol):
    """One footprint with one or more seasons of dates.

    Attributes:
        name: For messages and splits.
        path: File or folder it comes from, for splits by pattern.
        shape: Height and width, pixels.
        seasons: Days of the year ``(T,)`` ascending, per season.
        label: Reads class ids of a window, or None without labels.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def path(self) -> Path: ...  # noqa: D102

    @property
    def shape(self) -> tuple[int, int]: ...  # noqa: D102

    @property
    def seasons(self) -> tuple[Ints, ...]: ...  # noqa: D102

    @property
    def label(self) -> ReadLabel | None: ...  # noqa: D102

    def image(self, season: int, when: Ints, box: Box) -> Floats:
        """Values ``(len(when), C, h, w)`` of some dates of a season, NaN where there is no data."""
        ...


@dataclass(frozen=True)
class Footprint:
    """What every plate knows of itself, whatever files it lies in; see :class:`Plate`."""

    name: str
    path: Path
    shape: tuple[int, int]
    seasons: tuple[Ints, ...]
    label: ReadLabel | None
    scaling: Scaling


@dataclass(frozen=True)
class RasterPlate(Footprint):
    """A plate of raster files, one per date."""

    files: tuple[tuple[RasterInfo, ...], ...] = field(repr=False)

    def image(self, season: int, when: Ints, box: Box) -> Floats:
        """Values ``(len(when), C, h, w)`` of some dates of a season, NaN where there is no data."""
        return np.stack([read_values(self.files[season][date], box, self.scaling) for date in when])


def read_values(info: RasterInfo, box: Box, scaling: Scaling) -> Floats:
    """Values ``(C, h, w)`` of a window of a raster, NaN where there is no data or full transparency.

    The factors of the file hold where the manifest declares no scale, as when a network is applied to it.
    """
    numbers = read(info.path, box)
    values = scaling.apply(numbers[: info.count], str(info.path), info.nodata, info.factors)
    if info.alpha:
        values[:, numbers[info.count] == 0] = np.nan
    if info.masked:
        values[:, ~read_mask(info.path, box)] = np.nan
    return values


def band_names(infos: list[RasterInfo], declared: tuple[str, ...] | None) -> tuple[str, ...]:
    """Names of the bands that all files have.

    Args:
        infos: Headers of all images.
        declared: What the manifest says; None: from the first file.

    Raises:
        InputError: A file has another number of bands than the manifest or the first file, or the same names in another order.
    """
    first = infos[0]
    names = declared or first.names or {1: ("gray",), 3: ("red", "green", "blue")}.get(first.count) or _numbered(first.count)
    for info in infos:
        if info.count != len(names):
            reason = f"'bands' names {len(names)}" if declared else f"{first.path.name} has {first.count}"
            raise InputError(f"{info.path}: the image has {info.count} bands but {reason}; all images must have the same bands")
        same_order(info.path, info.names, declared)
        if info.names and first.names and info.names != first.names:
            raise InputError(
                f"{info.path}: its bands are {', '.join(info.names)} but those of {first.path.name} are {', '.join(first.names)}"
            )
    return names


def same_order(path: Path, names: Sequence[str] | None, declared: Sequence[str] | None) -> None:
    """Refuse declared band names that the file gives to other bands; names that the file does not know are new names for its bands.

    Raises:
        InputError: For example B03, B02 for a file whose bands are B02, B03.
    """
    if names and declared and any(new in names and new != old for new, old in zip(declared, names, strict=True)):
        raise InputError(
            f"{path}: its bands are {', '.join(names)} but 'bands' says {', '.join(declared)}: "
            "give them in the order of the file, or leave 'bands' out"
        )


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"band{number}" for number in range(1, count + 1))


def in_pixels(shape: tuple[int, ...]) -> str:
    """Height and width as everything that is printed has them, ``"160 x 192 px"``."""
    return f"{shape[0]} x {shape[1]} px"


def same_grid(image: RasterInfo, other: RasterInfo, what: str) -> None:
    """Refuse a raster that does not cover the same pixels as an image.

    Raises:
        InputError: Another size, another coordinate reference system, or another position.
    """
    if image.shape != other.shape:
        raise InputError(
            f"{other.path}: the {what} is {in_pixels(other.shape)} but {image.path.name} is {in_pixels(image.shape)} (height x width); "
            "both must cover the same pixels"
        )
    if image.crs and other.crs:
        if image.crs != other.crs:
            raise InputError(f"{other.path}: the {what} is in {other.crs} but {image.path.name} in {image.crs}; reproject it")
        if apart(image.transform, other.transform, image.shape) > ONE_GRID:
            raise InputError(f"{other.path}: the {what} lies elsewhere than {image.path.name}; both must cover the same pixels")


def by_season(days: list[date]) -> list[list[int]]:
    """Positions of dates by calendar year, each in order of time. Years with fewer than half the dates of the fullest are left out."""
    order = sorted(range(len(days)), key=lambda at: days[at])
    years: dict[int, list[int]] = {}
    for at in order:
        years.setdefault(days[at].year, []).append(at)
    most = max(len(found) for found in years.values())
    return [found for found in years.values() if 2 * len(found) >= most]


def day_numbers(days: list[date]) -> Ints:
    """Day of the year of dates, ``(T,)``."""
    return np.array([day.timetuple().tm_yday for day in days], np.int64)
