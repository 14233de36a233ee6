"""The sample `brandenburg`: one Sentinel-2 date with labels from OpenStreetMap."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eelib.data.fetch import require
from eelib.data.manifests import SampleManifest, sample
from eelib.data.windows import IGNORE, Ints, Scene
from eelib.errors import InputError

QUANTIFICATION = 10_000  # digital numbers per unit of reflectance, Sentinel-2 L1C product definition


def load_scene(folder: Path | None = None) -> Scene:
    """The whole sample as a scene ``(1, 10, 768, 1536)``.

    Args:
        folder: The fetched files; found through the manifest where None.

    Raises:
        InputError: Not fetched, a band is missing or damaged, or bands have different extents.
    """
    import rasterio
    from rasterio.enums import Resampling

    entry = sample("brandenburg")
    folder = folder or require("brandenburg")
    paths = [folder / item.path for item in entry.files]
    reference = next(path for path in paths if path.stem.endswith("_B02"))
    try:
        with rasterio.open(reference) as source:
            shape, transform, crs = source.shape, source.transform, source.crs
        image = np.empty((len(entry.bands), *shape), np.float32)
        for position, band in enumerate(entry.bands):
            path = next(p for p in paths if p.stem.endswith(f"_{band}"))
            with rasterio.open(path) as source:
                image[position] = source.read(1, out_shape=shape, resampling=Resampling.bilinear)
    except rasterio.errors.RasterioError as error:
        raise InputError(f"{folder}: a band cannot be read ({error}); run `eelib data verify brandenburg`") from error
    image /= QUANTIFICATION
    label = _labels(next(p for p in paths if p.suffix == ".gpkg"), entry, shape, transform)
    return Scene(
        name="brandenburg",
        image=image[None],
        day_of_year=np.array([47]),  # 2017-02-16
        year=np.array([2017]),
        bands=entry.bands,
        label=label,
        clear=np.ones((1, *shape), bool),
        crs=str(crs),
        transform=tuple(transform)[:6],
    )


def _labels(path: Path, entry: SampleManifest, shape: tuple[int, int], transform: object) -> Ints:
    """Polygons burnt onto the 10 m grid; where polygons overlap the smaller one, the more specific statement, wins.

    Of two of the same size (some are there twice, with two classes) the first in the file wins. A plain sort leaves that to the processor.
    """
    import pyogrio
    import shapely
    from rasterio.features import rasterize

    _, _, geometry, columns = pyogrio.raw.read(path, columns=["fclass"])
    polygons = shapely.from_wkb(geometry)
    class_ids = {item.source.removeprefix("fclass "): position for position, item in enumerate(entry.classes)}
    values = [class_ids.get(str(name), IGNORE) for name in columns[0]]
    order = np.lexsort((-np.arange(len(polygons)), -shapely.area(polygons)))
    shapes = [(polygons[i], values[i]) for i in order]
    return np.asarray(rasterize(shapes, shape, fill=IGNORE, transform=transform, dtype="int32"), np.int64)
