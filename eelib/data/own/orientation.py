"""Which way up a cube lies: rows and columns in the order of its label, or from north to south and from west to east."""

from __future__ import annotations

import numpy as np

from eelib.data.own.cubes import CubeInfo, Line
from eelib.data.own.rasters import RasterInfo
from eelib.errors import InputError

UNPLACED = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)  # what rasterio gives for files without a transform
TOLERANCE = 0.51  # pixels: coordinates may name corners instead of centres, and 32 bits round those of UTM
EASTWARD, NORTHWARD = {"x", "lon", "longitude", "easting"}, {"y", "lat", "latitude", "northing"}


def turns(info: CubeInfo, label: RasterInfo | None) -> tuple[bool, bool]:
    """Whether the rows and the columns of a cube are to be read backwards.

    They follow the label where both say where they lie. Without a label they run from north to south and from west to east. A label without
    a transform, and dimensions without coordinates, say nothing: the cube is read as it is.

    Args:
        info: Header of the cube.
        label: Header of its label raster, of the same shape.

    Raises:
        InputError: Cube and label cover other pixels, or the cube's rows are the label's columns.
    """
    if all(line is None for line in info.lines) or (label is not None and label.transform == UNPLACED):
        return False, False
    swapped = info.dims[0].lower() in EASTWARD or info.dims[1].lower() in NORTHWARD
    if label is None:
        rows, columns = info.lines
        return not swapped and _descends(rows) is False, not swapped and _descends(columns) is True
    centres = _centres(label)
    if swapped or (not _fits(info, centres) and _fits(info, centres[::-1])):
        raise InputError(
            f"{info.path}: its rows are '{info.dims[0]}' and its columns '{info.dims[1]}': transpose it to time, rows, columns"
        )
    if not _fits(info, centres):
        raise InputError(
            f"{label.path}: the label covers {_extent(centres)} but the cube {info.path.name} {_extent(info.lines)}; both must cover "
            "the same pixels: warp the label, or take the coordinates out of the cube if it fits as it is"
        )
    down, right = (line is not None and _descends(line) != _descends(centre) for line, centre in zip(info.lines, centres, strict=True))
    return down, right


def _centres(label: RasterInfo) -> tuple[Line, Line]:
    """Coordinates of the rows and columns of a raster, at the centres of its pixels."""
    a, b, c, d, e, f = label.transform
    if b or d:
        raise InputError(f"{label.path}: the label is rotated and the cube is not; warp it to rows that run from west to east")
    height, width = label.shape
    rows, columns = (np.arange(length, dtype=np.float64) + 0.5 for length in (height, width))
    return np.asarray(f + e * rows, np.float64), np.asarray(c + a * columns, np.float64)


def _fits(info: CubeInfo, centres: tuple[Line, ...]) -> bool:
    """Whether rows and columns of a cube, whatever their order, lie where those of a raster do."""
    return all(line is None or _same(np.sort(line), np.sort(centre)) for line, centre in zip(info.lines, centres, strict=True))


def _same(line: Line, centre: Line) -> bool:
    pixel = abs(centre[-1] - centre[0]) / max(1, len(centre) - 1)
    return line.shape == centre.shape and bool((np.abs(line - centre) <= TOLERANCE * pixel).all())


def _descends(line: Line | None) -> bool | None:
    return None if line is None else bool(line[-1] < line[0])


def _extent(lines: tuple[Line | None, ...]) -> str:
    rows, columns = (None if line is None else f"{line.min():.10g} to {line.max():.10g}" for line in lines)
    return ", ".join(f"{name} {text}" for name, text in (("x", columns), ("y", rows)) if text)
