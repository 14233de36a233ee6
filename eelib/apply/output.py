"""Maps as Cloud-Optimised GeoTIFF: filled block by block under a temporary name, then converted and given their name."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from eelib.apply.scene import Scene
from eelib.apply.tiles import Box
from eelib.errors import InputError

CLASS_NODATA = 255
PROBABILITY_STEPS = 250  # a probability of 1, so that 8 bits hold it in steps of 0.004


@dataclass(frozen=True)
class Kind:
    """What a map holds.

    Attributes:
        names: One per band.
        dtype: NumPy's name of the type of the numbers.
        nodata: Number of pixels without data.
        resampling: Of the overviews, ``MODE`` or ``AVERAGE``.
        colors: Hex colour per value, for a map of classes.
        nbits: Bits kept of a number, 16 for half precision; None: all.
        scale: What the numbers are multiplied by to read them, recorded in the file.
    """

    names: tuple[str, ...]
    dtype: str
    nodata: float
    resampling: str
    colors: tuple[str, ...] = ()
    nbits: int | None = None
    scale: float | None = None


class Map:
    """A raster under construction.

    Args:
        target: An open rasterio data set.
    """

    def __init__(self, target: Any) -> None:  # noqa: ANN401 - rasterio has no types
        self.target = target

    def write(self, box: Box, values: np.ndarray) -> None:
        """Set ``(bands, h, w)`` in a box."""
        from rasterio.windows import Window

        self.target.write(values, window=Window(box.left, box.top, box.right - box.left, box.bottom - box.top))


def check_output(path: Path, inputs: Sequence[Path], overwrite: bool) -> None:
    """Refuse an output before anything is computed.

    Raises:
        InputError: It is an input, exists, is no GeoTIFF by name, or its folder cannot be written.
    """
    if path.suffix.lower() not in (".tif", ".tiff"):
        raise InputError(f"{path}: maps are written as GeoTIFF; give a name that ends in .tif")
    if any(path.exists() and other.exists() and path.samefile(other) for other in inputs):
        raise InputError(f"{path}: this is an input; choose another --out")
    if path.exists() and not overwrite:
        raise InputError(f"{path}: exists already; choose another name, or replace it with --overwrite")
    if path.is_dir():
        raise InputError(f"{path}: cannot be written, it is a folder; choose another --out")
    if not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written; make the folder {path.parent} or choose another --out")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: no permission to write in {path.parent}; change that or choose another --out")


@contextlib.contextmanager
def new_map(path: Path, scene: Scene, kind: Kind, tags: Mapping[str, str]) -> Iterator[Map]:
    """A map on the grid of a scene; complete, with overviews, or not there at all.

    Args:
        path: Where it goes.
        scene: Gives size, reference and transform.
        kind: What it holds.
        tags: Metadata of the file.

    Raises:
        InputError: The disk is full or the file cannot be written.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError
    from rasterio.shutil import copy

    rough, fine = (path.with_name(f".{path.name}.{os.getpid()}.{part}.tif") for part in ("tiles", "cog"))
    try:
        with warnings.catch_warnings(), rasterio.Env(GDAL_CACHEMAX=256):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(rough, "w", **_profile(scene, kind)) as target:
                target.update_tags(**tags)
                _describe_bands(target, kind)
                yield Map(target)
            copy(rough, fine, driver="COG", **_cog(kind))
        fine.replace(path)
        _beside(path).unlink(missing_ok=True)  # class names or statistics of the map that was there before
    except (RasterioError, OSError) as error:
        raise InputError(f"{path}: cannot be written ({error.__cause__ or error}); is the disk full?") from error
    finally:
        for part in (rough, fine):
            part.unlink(missing_ok=True)


def _describe_bands(target: Any, kind: Kind) -> None:  # noqa: ANN401
    for number, name in enumerate(kind.names, 1):
        target.set_band_description(number, name)
    if kind.colors:
        target.write_colormap(1, {value: _rgb(color) for value, color in enumerate(kind.colors)})
    if kind.scale is not None:
        target.scales = (kind.scale,) * len(kind.names)


def _profile(scene: Scene, kind: Kind) -> dict[str, Any]:
    """Uncompressed tiles, which can be filled in any order without leaving gaps in the file."""
    place = {} if scene.crs is None else {"crs": scene.crs, "transform": scene.transform}
    bits = {} if kind.nbits is None else {"nbits": kind.nbits}
    tiles = {"tiled": True, "blockxsize": 256, "blockysize": 256, "interleave": "band", "bigtiff": "if_safer"}
    size = {"height": scene.height, "width": scene.width, "count": len(kind.names)}
    return {"driver": "GTiff", **size, "dtype": kind.dtype, "nodata": kind.nodata, **tiles, **place, **bits}


def _cog(kind: Kind) -> dict[str, Any]:
    options: dict[str, Any] = {"compress": "DEFLATE", "blocksize": 512, "bigtiff": "IF_SAFER", "overview_resampling": kind.resampling}
    if kind.nbits is not None:
        return options | {"nbits": kind.nbits}  # GDAL's predictor for floats knows full precision only
    return options | {"predictor": "FLOATING_POINT" if kind.dtype == "float32" else "STANDARD"}


def _rgb(color: str) -> tuple[int, int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16), 255


def write_class_names(path: Path, classes: Sequence[str]) -> None:
    """Names of the classes where GDAL and QGIS look for them, beside the file: GeoTIFF itself has no place for them."""
    names = "".join(f"<Category>{escape(name)}</Category>" for name in classes)
    text = f'<PAMDataset><PAMRasterBand band="1"><CategoryNames>{names}</CategoryNames></PAMRasterBand></PAMDataset>\n'
    _beside(path).write_text(text, encoding="utf-8")


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.aux.xml")
