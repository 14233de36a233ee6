"""Cubes: NetCDF or Zarr with a time coordinate, read window by window."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eelib.data.own.kinds import SceneSeriesManifest
from eelib.data.own.plates import Footprint, same_order
from eelib.data.own.rasters import Box
from eelib.data.windows import Floats, Ints
from eelib.errors import InputError

Line = NDArray[np.float64]  # coordinates along a dimension


class Numbers(NamedTuple):
    """How a variable holds its numbers.

    Attributes:
        dtype: Of the numbers in the file.
        scaled: Whether the file declares its own scale, which xarray applies.
        filled: Whether the file declares a fill value, for which xarray puts NaN.
    """

    dtype: str
    scaled: bool
    filled: bool

    @classmethod
    def of(cls, variable: Any) -> Numbers:  # noqa: ANN401 - an xarray array
        """As the header of a variable says."""
        encoding = variable.encoding
        filled = "_FillValue" in encoding or "missing_value" in encoding
        return cls(str(encoding.get("dtype", variable.dtype)), "scale_factor" in encoding, filled)


@dataclass(frozen=True)
class CubeInfo:
    """The header of a cube.

    Attributes:
        path: File or folder.
        bands: Names of variables, or labels along the band dimension.
        shape: Height and width, pixels.
        dims: Names of the dimensions of rows and columns.
        lines: Coordinates of the rows and of the columns, where the cube has them.
        times: Dates as ``datetime64[D]``, ``(T,)``.
        numbers: How each variable that is read holds its numbers.
    """

    path: Path
    bands: tuple[str, ...]
    shape: tuple[int, int]
    dims: tuple[str, str]
    lines: tuple[Line | None, Line | None]
    times: np.ndarray
    numbers: tuple[Numbers, ...]


@functools.lru_cache(maxsize=8)
def open_cube(path: Path) -> Any:  # noqa: ANN401 - an xarray data set
    """A cube whose pixels are read when they are asked for.

    Raises:
        InputError: It is missing or cannot be read.
    """
    import xarray as xr

    if not path.exists():
        raise InputError(f"cube: {path} does not exist; relative paths start at the folder of the manifest")
    if path.is_dir():
        import zarr  # type: ignore[import-not-found] # noqa: F401 - the command line says how to install it

    try:
        return xr.open_dataset(path, engine="zarr" if path.is_dir() else "h5netcdf", cache=False)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: cannot be read as a cube ({error}); NetCDF-4 files and Zarr folders are") from error


def inspect_cube(path: Path, entry: SceneSeriesManifest) -> CubeInfo:
    """Read the header of a cube.

    Raises:
        InputError: A variable, the time coordinate or the band dimension is missing.
    """
    open_cube.cache_clear()  # the file may have been written since it was opened
    data = open_cube(path)
    if entry.time not in data.coords or data[entry.time].dtype.kind != "M":
        raise InputError(f"{path}: no time coordinate '{entry.time}' with dates; declare 'time' (the cube has {', '.join(data.coords)})")
    names, labels = _bands(data, path, entry)
    first = data[names[0]]
    rows, columns = _space(first, entry)
    return CubeInfo(
        path=path,
        bands=labels,
        shape=(first.sizes[rows], first.sizes[columns]),
        dims=(rows, columns),
        lines=(_line(first, rows), _line(first, columns)),
        times=first[entry.time].values.astype("datetime64[D]"),
        numbers=tuple(Numbers.of(data[name]) for name in names),
    )


def _bands(data: Any, path: Path, entry: SceneSeriesManifest) -> tuple[list[str], tuple[str, ...]]:  # noqa: ANN401
    """Variables to read, and band names."""
    fit = [
        name for name, variable in data.data_vars.items() if entry.time in variable.dims and variable.ndim == (4 if entry.band_dim else 3)
    ]
    if entry.band_dim is None:
        names = list(entry.bands or fit)
        for name in names:
            if name not in data.data_vars or data[name].ndim != 3:
                raise InputError(
                    f"{path}: no variable '{name}' with time, rows and columns (the cube has {', '.join(map(str, data.data_vars))})"
                )
        if not names:
            raise InputError(f"{path}: no variable with the dimensions {entry.time}, rows and columns; declare 'bands' or 'band_dim'")
        return names, tuple(map(str, names))
    fit = [name for name in fit if entry.band_dim in data[name].dims]
    if len(fit) != 1:
        raise InputError(
            f"{path}: {len(fit)} variables have the dimensions {entry.time} and {entry.band_dim}, rows and columns; one is needed"
        )
    count = data.sizes[entry.band_dim]
    own = data[entry.band_dim].values.tolist() if entry.band_dim in data.coords else range(1, count + 1)
    labels = entry.bands or tuple(str(name) for name in own)
    if len(labels) != count:
        raise InputError(f"{path}: the cube has {count} bands but 'bands' names {len(labels)}")
    same_order(path, tuple(str(name) for name in own), entry.bands)
    return [str(fit[0])], labels


def _space(variable: Any, entry: SceneSeriesManifest) -> tuple[str, str]:  # noqa: ANN401
    """Names of the dimensions of rows and columns: what is left, in this order."""
    rows, columns = (dim for dim in variable.dims if dim not in (entry.time, entry.band_dim))
    return str(rows), str(columns)


def _line(variable: Any, dim: str) -> Line | None:  # noqa: ANN401
    """Coordinates along a dimension; None where there are none, or names."""
    if dim not in variable.coords or variable[dim].dtype.kind not in "iuf":
        return None
    return np.asarray(variable[dim].values, np.float64)


@dataclass(frozen=True)
class CubePlate(Footprint):
    """A plate that lies in a cube, turned as its label lies."""

    info: CubeInfo = field(repr=False)
    entry: SceneSeriesManifest = field(repr=False)
    positions: tuple[tuple[int, ...], ...] = field(repr=False)  # in the cube's time, per season
    turned: tuple[bool, bool] = (False, False)  # whether rows and columns are read backwards, see orientation.turns

    def image(self, season: int, when: Ints, box: Box) -> Floats:
        """Values ``(len(when), C, h, w)`` of some dates of a season, NaN where there is no data."""
        data, entry = open_cube(self.path), self.entry
        at = [self.positions[season][date] for date in when]
        chosen, back = np.unique(at, return_inverse=True)  # backends want indices that ascend
        names = list(self.info.bands) if entry.band_dim is None else list(_bands(data, self.path, entry)[0])
        inside, steps = self._where(box)
        parts = []
        for name, stored in zip(names, self.info.numbers, strict=True):
            rows, columns = _space(data[name], entry)
            where = dict(zip((rows, columns), inside, strict=True))
            order = (entry.time, *((entry.band_dim,) if entry.band_dim else ()), rows, columns)
            numbers = self._read(data[name].isel({entry.time: chosen, **where}).transpose(*order), stored)
            parts.append(numbers if entry.band_dim else numbers[:, None])
        return np.concatenate(parts, 1)[back][..., *steps]

    def _where(self, box: Box) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Rows and columns of a box in the cube's own order, and how to step through what is read there."""
        starts = [
            length - start - extent if turned else start
            for length, start, extent, turned in zip(self.shape, box[:2], box[2:], self.turned, strict=True)
        ]
        inside = (slice(starts[0], starts[0] + box.height), slice(starts[1], starts[1] + box.width))
        return inside, (slice(None, None, -1 if self.turned[0] else 1), slice(None, None, -1 if self.turned[1] else 1))

    def _read(self, lazy: Any, stored: Numbers) -> Floats:  # noqa: ANN401 - an xarray array
        try:
            numbers = np.asarray(lazy.values)
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{self.path}: a part of the cube cannot be read ({error}); copy it again") from error
        scale = self.scaling.scale or (1.0 if stored.scaled else self.scaling.factor(stored.dtype, str(self.path)))
        return replace(self.scaling, scale=scale).apply(numbers, str(self.path), float("nan") if stored.filled else None)
