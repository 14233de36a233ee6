"""MTLCC: Sentinel-2 series of a district north of Munich as gzip-compressed TFRecord tiles."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eelib.data.gather import CutSeries
from eelib.data.sources.tiles import Tile, TileSource, check_array, relabel
from eelib.data.tfrecord import Feature, parse_example, read_records
from eelib.data.windows import Floats, Ints
from eelib.errors import InputError

LISTS = {"train": "train_fold0.tileids", "validation": "test_fold0.tileids", "test": "eval.tileids"}
GROUPS = {  # layers of a tile in the order in which they are stored
    "x10": ("B04", "B03", "B02", "B08"),
    "x20": ("B05", "B06", "B07", "B8A", "B11", "B12"),
    "x60": ("B01", "B09", "B10"),
}


class MtlccSource(TileSource):
    """Tiles of 24 pixels in two years; a tile is one place in both."""

    def tiles(self, folder: Path) -> dict[str, list[Tile]]:
        """Tiles that the published lists name, as far as they are there (a demo download has fewer)."""
        found: dict[str, list[Path]] = {}
        for path in sorted([*folder.glob("data1[67]/*.tfrecord.gz"), *folder.glob("data1[67]/*.tfrecord")]):
            found.setdefault(path.name.partition(".")[0], []).append(path)
        parts: dict[str, list[Tile]] = {}
        for split, name in LISTS.items():
            ids = read_ids(folder / "tileids" / name)
            parts[split] = [Tile(path, number) for number in ids for path in found.get(str(number), [])]
        return parts

    def read(self, tile: Tile) -> CutSeries:
        """Bands in the order of the manifest on the 10 m grid; dates that only fill up the record are dropped."""
        records = list(read_records(tile.path))
        if len(records) != 1:
            raise InputError(f"{tile.path}: {len(records)} records, a tile has one; copy the file again")
        features = parse_example(records[0], tile.path)
        layers = {name: tensor(features, name, tile.path) for name in GROUPS}
        days = tensor(features, "dates/doy", tile.path, shape="dates/shape")
        labels = tensor(features, "labels", tile.path)
        side = self.entry.tile
        for name, bands in GROUPS.items():
            shape = (len(days), side, side) if name == "x10" else (len(days), None, None)
            check_array(layers[name], tile.path, name, (*shape, len(bands)))
        check_array(labels, tile.path, "label", (len(days), side, side), "iu")
        real = days > 0
        if not real.any():
            raise InputError(f"{tile.path}: none of {len(days)} dates is an observation; copy the file again")
        names = [band for bands in GROUPS.values() for band in bands]
        fine = np.concatenate([to_grid(layers[name][real], side) for name in GROUPS], 1)
        order = [names.index(band) for band in self.bands]
        return CutSeries(str(tile.path), fine[:, order], days[real], relabel(labels[real][0], self.entry))


def read_ids(path: Path) -> list[int]:
    """Tile numbers of a published list, one a line.

    Raises:
        InputError: The list is missing or holds something else.
    """
    try:
        return [int(line) for line in path.read_text().split()]
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a list of tile numbers ({error}); it comes with the tiles") from error


def tensor(features: dict[str, Feature], name: str, path: Path, shape: str | None = None) -> Ints:
    """A feature of raw 64-bit integers with the shape that another feature states.

    Raises:
        InputError: A feature is missing, or data and shape disagree.
    """
    key, shape = (name, shape) if shape else (f"{name}/data", f"{name}/shape")
    if missing := [part for part in (key, shape) if part not in features]:
        raise InputError(f"{path}: the feature '{missing[0]}' is missing; this is not a tile of MTLCC")
    data, sizes = b"".join(part for part in features[key] if isinstance(part, bytes)), [int(size) for size in features[shape]]
    if len(data) != 8 * int(np.prod(sizes)):
        raise InputError(f"{path}: '{key}' has {len(data)} bytes, not the 64-bit integers of shape {sizes}; this is not a tile of MTLCC")
    return np.frombuffer(data, "<i8").reshape(sizes)


def to_grid(layers: Ints, side: int) -> Floats:
    """``(T, h, w, C)`` of a coarser grid as ``(T, C, side, side)``, bilinear with pixel areas aligned, as the authors' code does."""
    import torch
    from torch.nn.functional import interpolate

    coarse = torch.from_numpy(layers.astype(np.float32)).permute(0, 3, 1, 2)
    if coarse.shape[-1] == side:
        return coarse.numpy()
    fine: Floats = interpolate(coarse, size=(side, side), mode="bilinear", align_corners=False).numpy()
    return fine
