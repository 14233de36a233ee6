"""Whole Sentinel-2 tiles, made for the purpose: memory and speed of `eelib segment`, and memory of reading own data."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measure import peak_mb

from eelib.report.site.bench import BenchRow, Check, Measured

if TYPE_CHECKING:
    from rows import Context

BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
CLASSES = ("wheat", "maize", "barley", "rape", "grass", "forest", "water", "town")
BLOCK = 512  # side of the files' blocks, pixels
SIDE, FILLED, TINY = 10_980, 1_024, 150  # of the whole tile, its rows with data, and in a smoke run
WIDTH = 16  # of UNet3Df in profile full for one date
Measure = Callable[[str, str, "Context"], BenchRow]


def whole_tile(group: str, title: str, context: Context) -> BenchRow:
    """Row of a whole tile at one date: its memory, and the pixels per second of a part of it.

    Of the whole tile only the first rows hold data, because all would take minutes: for the others everything is done but running the
    network, and that needs the same memory on every tile of the tiling.
    """
    side, filled, part = (TINY, TINY // 2, TINY) if context.quick else (SIDE, FILLED, 2048)
    peak = _segmented(context, 1, side, filled)["peak_mb"]
    found = _segmented(context, 1, part, part)
    checks = (Check.of("peak memory, MB", peak, 3000), Check.of("million pixels per second", part**2 / found["seconds"] / 1e6))
    note = f"memory: {side} x {side} px, of which {filled} rows hold data; time: {part} x {part} px; 16 bits, map and overviews included"
    return BenchRow(group=group, title=title, ours=_ours(found), checks=checks, note=note)


def series_of_dates(dates: int) -> Measure:
    """Row of a smaller scene with several dates, which the network reads at once."""

    def measure(group: str, title: str, context: Context) -> BenchRow:
        side = TINY if context.quick else 512
        found = _segmented(context, dates, side, side)
        speed = Check.of("million pixels x dates per second", dates * side**2 / found["seconds"] / 1e6)
        checks = (Check.of("peak memory, MB", found["peak_mb"]), speed)
        return BenchRow(group=group, title=title, ours=_ours(found), checks=checks, note="16 bits, map and overviews included")

    return measure


def own_tile(group: str, title: str, context: Context) -> BenchRow:
    """Row of reading the windows of profile quick from a tile and its mask, as a raster folder."""
    with tempfile.TemporaryDirectory(prefix="eelib-bench-") as name:
        context.call(make_own, name, TINY if context.quick else SIDE)
        found = context.call(read_own, name)
    checks = (Check.of("peak memory, MB", found["peak_mb"], 2000),)
    note = f"{found['windows']:.0f} windows of {found['window']:.0f} px from a compressed GeoTIFF of 16 bits, its mask read once"
    return BenchRow(group=group, title=title, ours=Measured(name="windows of own data", seconds=found["seconds"]), checks=checks, note=note)


def _segmented(context: Context, dates: int, side: int, filled: int) -> dict[str, float]:
    """Seconds and peak memory of segmenting a scene that one process makes and another maps."""
    with tempfile.TemporaryDirectory(prefix="eelib-bench-") as name:
        context.call(make_scene, name, dates, side, filled, 2 if context.quick else WIDTH)
        found: dict[str, float] = context.call(map_scene, name, context.threads)
    return found


def _ours(found: dict[str, float]) -> Measured:
    return Measured(name="eelib segment", seconds=found["seconds"], processor_seconds=found["processor_seconds"])


def make_scene(folder: str, dates: int, side: int, filled: int, width: int) -> None:
    """Rasters of a scene, and a network for them.

    Args:
        folder: Where to.
        dates: Rasters.
        side: Height and width, pixels.
        filled: Rows from the top that hold data.
        width: Of the network's first stage.
    """
    scenes = Path(folder, "scene")
    scenes.mkdir()
    for month in range(1, dates + 1):
        write_raster(scenes / f"tile_2020{month:02}15.tif", len(BANDS), side, filled, month)
    export_network(Path(folder, "network"), dates, width)


def map_scene(folder: str, threads: int) -> dict[str, float]:
    """Seconds of `eelib segment`, and the peak memory of this process with all its libraries."""
    import torch

    from eelib.apply.reading import Reading
    from eelib.apply.whole import Request, segment

    torch.set_num_threads(threads)
    request = Request((Path(folder, "scene"),), str(Path(folder, "network")), Path(folder, "map.tif"), Reading(BANDS))
    wall, processor = time.perf_counter(), time.process_time()
    segment(request, lambda line: None)
    return {"seconds": time.perf_counter() - wall, "processor_seconds": time.process_time() - processor, "peak_mb": peak_mb()}


def make_own(folder: str, side: int) -> None:
    """A tile, its mask, and the manifest of both."""
    import yaml

    for name, bands in (("images", len(BANDS)), ("masks", 0)):
        Path(folder, name).mkdir()
        write_raster(Path(folder, name, "tile.tif"), bands, side, side)
    manifest = {"name": "tile", "kind": "raster-folder", "images": "images", "masks": "masks", "bands": list(BANDS)}
    manifest["classes"] = [{"name": name} for name in CLASSES]
    Path(folder, "tile.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")


def read_own(folder: str) -> dict[str, float]:
    """Seconds and peak memory of loading the windows of profile quick, none of them from the cache of windows."""
    import os
    from unittest.mock import patch

    from eelib.data.regions import load_region
    from eelib.study.budgets import BUDGETS

    budget = BUDGETS["quick"]
    began = time.perf_counter()
    with patch.dict(os.environ, {"EELIB_DATA": str(Path(folder, "data"))}):
        region = load_region(str(Path(folder, "tile.yaml")), budget.real or budget.sizes)
    sets = (region.unlabelled, *(region.labelled(split) for split in ("train", "validation", "test")))
    seconds = time.perf_counter() - began
    windows = {"windows": sum(map(len, sets)), "window": region.unlabelled.image.shape[-1]}
    return {"seconds": seconds, "peak_mb": peak_mb(), **windows}


def write_raster(path: Path, bands: int, side: int, filled: int, seed: int = 0) -> None:
    """A square, tiled, compressed GeoTIFF, written block by block; fields of 8 x 8 pixels have one value, so it is small.

    Args:
        path: Where to.
        bands: Of reflectance in 16 bits, with 0 for no data; 0: classes instead.
        side: Height and width, pixels.
        filled: Rows from the top that are written.
        seed: Of the pixels.
    """
    import numpy as np
    import rasterio
    from rasterio.transform import from_origin
    from rasterio.windows import Window

    rng, small = np.random.default_rng(seed), BLOCK // 8
    size = {"count": bands or 1, "height": side, "width": side, "dtype": "uint16" if bands else "uint8", "nodata": 0 if bands else None}
    place = {"crs": "EPSG:32633", "transform": from_origin(300_000, 5_800_000, 10, 10)}
    blocks = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "compress": "deflate", "zlevel": 1, "sparse_ok": True}
    with rasterio.Env(GDAL_CACHEMAX=64), rasterio.open(path, "w", driver="GTiff", **size, **place, **blocks) as target:
        for top in range(0, filled, BLOCK):
            for left in range(0, side, BLOCK):
                height, width = min(BLOCK, filled - top), min(BLOCK, side - left)
                fields = rng.integers(500, 4000, (bands, small, small)) if bands else rng.integers(0, len(CLASSES), (1, small, small))
                pixels = fields.astype(size["dtype"]).repeat(8, 1).repeat(8, 2)[:, :height, :width]
                target.write(pixels, window=Window(left, top, width, height))


def export_network(folder: Path, dates: int, width: int) -> None:
    """A segmentation model that nobody trained, with its card: speed and memory do not depend on the weights."""
    from eelib.models import SegmentationModel, build
    from eelib.models.exported import Card, export_segmenter
    from eelib.settings import EncoderSettings

    encoder = EncoderSettings(num_dates=dates, width=width)
    network = build(bands=len(BANDS), **encoder.model_dump())
    known: dict[str, Any] = {"simulated": True, "attribution": "nobody", "licence": "none", "regions": ("nowhere",)}
    training: dict[str, Any] = {"experiment": "bench", "arm": "untrained", "seed": 0, "record": "0" * 16, "recipe": {}}
    card = Card(
        encoder=encoder,
        bands=BANDS,
        embed_dim=network.embed_dim,
        centre=((0.225,) * len(BANDS),),
        scale=((0.1,) * len(BANDS),),
        limit=5.0,
        window=32,
        classes=CLASSES,
        **known,
        **training,
    )
    export_segmenter(SegmentationModel(network, len(CLASSES)), card, folder)
