"""PASTIS: ``DATA_S2/S2_<id>.npy`` (T, 10, 128, 128) int16, ``ANNOTATIONS/TARGET_<id>.npy`` (3, 128, 128) uint8, ``metadata.geojson``."""

import datetime
import json

import numpy as np

from miniatures.landscape import learnable, tile

PATCHES = {10000 + number: 1 + number // 2 for number in range(10)}  # patch: fold; two variants in every fold
FIRST_DAY = datetime.date(2018, 9, 1)


def write(folder, name="pastis"):
    for part in ("DATA_S2", "ANNOTATIONS"):
        (folder / part).mkdir(parents=True)
    tiles = {patch: two_by_two(*tile("france", patch, 64, 38 + patch % 3, 19)) for patch in PATCHES}
    labels = learnable({patch: made[2] for patch, made in tiles.items()}, [patch for patch, fold in PATCHES.items() if fold <= 3])
    features = []
    for patch, fold in PATCHES.items():
        image, days, _ = tiles[patch]
        dates = [first_september(int(day)) for day in days]
        order = np.argsort(dates)
        np.save(folder / "DATA_S2" / f"S2_{patch}.npy", image[order].astype(np.int16))
        target = np.where(labels[patch] < 0, 19, labels[patch]).astype(np.uint8)
        np.save(folder / "ANNOTATIONS" / f"TARGET_{patch}.npy", np.stack([target, target * 0, target * 0]))
        written = {str(i): int(dates[position].strftime("%Y%m%d")) for i, position in enumerate(order)}
        square = [[[0, patch], [0, patch + 1], [1, patch + 1], [1, patch], [0, patch]]]
        features.append(
            {
                "type": "Feature",
                "id": str(patch),
                "properties": {"ID_PATCH": patch, "Fold": fold, "TILE": "t31tfm", "dates-S2": written},
                "geometry": {"type": "Polygon", "coordinates": square},
            }
        )
    (folder / "metadata.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def two_by_two(image, days, label):
    """A patch of 128 pixels from one of 64, which costs a quarter."""
    return np.tile(image, (2, 2)), days, np.tile(label, (2, 2))


def first_september(day):
    """The date with this day of year between September 2018 and August 2019, as the seasons of PASTIS run."""
    date = datetime.date(2018, 1, 1) + datetime.timedelta(days=day - 1)
    return date if date >= FIRST_DAY else datetime.date(2019, 1, 1) + datetime.timedelta(days=day - 1)
