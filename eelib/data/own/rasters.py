"""Windowed reading of rasters with bounded memory, and one clear line for every file that cannot be read."""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from eelib.data.freshness import Stamp, stamp_of
from eelib.errors import InputError

ONE_GRID = 0.1  # pixels that rasters of one grid may be apart
CACHE_MB = 128  # GDAL would take 5 % of the machine's memory for decoded blocks


class Box(NamedTuple):
    """A rectangle of pixels."""

    row: int
    column: int
    height: int
    width: int


@dataclass(frozen=True)
class RasterInfo:
    """The header of a raster.

    Attributes:
        path: The file.
        shape: Height and width, pixels.
        count: Bands that hold data; an alpha band is not one.
        dtype: Of the numbers in the file.
        nodata: Number of pixels without data, where the file declares one.
        alpha: Whether the band after the others is a transparency.
        masked: Whether the file has a mask beside its bands.
        factors: Factor and offset per band as the file declares them, ``number * factor + offset``; None where it declares none.
        names: Band names, where the file has them for all.
        palette: Colour ``(r, g, b)`` per value, for paletted images.
        crs: Coordinate reference system as text, or None.
        transform: Affine coefficients ``(a, b, c, d, e, f)``; of the identity without georeference.
    """

    path: Path
    shape: tuple[int, int]
    count: int
    dtype: str
    nodata: float | None
    alpha: bool
    masked: bool
    factors: tuple[tuple[float, float], ...] | None
    names: tuple[str, ...] | None
    palette: dict[int, tuple[int, int, int]] | None
    crs: str | None
    transform: tuple[float, ...]


def inspect(path: Path) -> RasterInfo:
    """Read the header of a raster.

    Raises:
        InputError: The file is no raster, or damaged.
    """
    from rasterio.enums import ColorInterp, MaskFlags

    with _reading(path):
        _refuse_cut_png(path)
        source = _opened(path, stamp_of(path))
        roles = source.colorinterp
        alpha = len(roles) > 1 and roles[-1] == ColorInterp.alpha
        count = source.count - alpha
        factors = tuple(zip(source.scales[:count], source.offsets[:count], strict=True))
        names = tuple(name for name in source.descriptions[:count] if name)
        palette = {value: color[:3] for value, color in source.colormap(1).items()} if ColorInterp.palette in roles else None
        return RasterInfo(
            path=path,
            shape=(source.height, source.width),
            count=count,
            dtype=source.dtypes[0],
            nodata=source.nodata,
            alpha=alpha,
            masked=not alpha and any(MaskFlags.per_dataset in flags for flags in source.mask_flag_enums),
            factors=None if set(factors) == {(1.0, 0.0)} else factors,
            names=names if len(set(names)) == count else None,
            palette=palette,
            crs=str(source.crs) if source.crs else None,
            transform=tuple(source.transform)[:6],
        )


def apart(one: Sequence[float], other: Sequence[float], shape: tuple[int, int]) -> float:
    """How far the corners of two grids of one shape are apart at most, in pixels of the first, whatever the units of the map.

    Args:
        one: Affine coefficients ``(a, b, c, d, e, f)``.
        other: Those of the other grid.
        shape: Height and width of both, pixels.
    """
    from rasterio import Affine

    back = ~Affine(*one[:6]) * Affine(*other[:6])
    corners = [(column, row) for column in (0, shape[1]) for row in (0, shape[0])]
    return max(float(abs(there - here)) for corner in corners for there, here in zip(back * corner, corner, strict=True))


def _refuse_cut_png(path: Path) -> None:
    """GDAL reads black rows where a PNG ends early, and says nothing."""
    if path.suffix.lower() == ".png":
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - 1024))
            if b"IEND" not in stream.read():
                raise OSError("the file ends before its last chunk")


def read(path: Path, box: Box) -> np.ndarray:
    """The numbers ``(bands, height, width)`` of a window, alpha band included.

    Raises:
        InputError: The file is damaged.
    """
    from rasterio.windows import Window

    with _reading(path):
        source = _opened(path, stamp_of(path))
        numbers: np.ndarray = source.read(window=Window(box.column, box.row, box.width, box.height))
        return numbers


def read_mask(path: Path, box: Box) -> np.ndarray:
    """Where a window has data, ``(height, width)`` bool, of a file with a mask beside its bands.

    Raises:
        InputError: The file is damaged.
    """
    from rasterio.windows import Window

    with _reading(path):
        source = _opened(path, stamp_of(path))
        valid: np.ndarray = source.dataset_mask(window=Window(box.column, box.row, box.width, box.height)) > 0
        return valid


@functools.lru_cache(maxsize=64)
def _opened(path: Path, stamp: Stamp) -> Any:  # noqa: ANN401 - rasterio has no types
    """An open raster; kept open, because formats without tiles are read fastest from top to bottom."""
    import rasterio

    return rasterio.open(path)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    try:
        # A JPEG that ends early is only a warning to GDAL, and grey pixels.
        with warnings.catch_warnings(), rasterio.Env(GDAL_CACHEMAX=CACHE_MB, GDAL_ERROR_ON_LIBJPEG_WARNING=True):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            yield
    except (RasterioError, OSError) as error:
        if path.is_file() and not os.access(path, os.R_OK):
            raise InputError(f"{path}: no permission to read it; change that, or take it out") from error
        reason = str(error.__cause__ or error).replace(str(path), path.name)
        raise InputError(f"{path}: cannot be read as a raster ({reason}); it may be truncated: copy it again or take it out") from error
