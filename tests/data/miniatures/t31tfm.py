"""T31TFM: ``<year>/pkl_timeseries/W.._N.._E.._S../<N>_<W>_<year>.pickle``, dictionaries of arrays, and ``paths/*.csv``."""

import pickle

import numpy as np

from miniatures.landscape import learnable, thirteen, tile

IDS = [1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 20, 25, 33, 34, 35, 36, 48, 73]
TRAIN, EVAL = range(7), range(7, 9)  # areas


def write(folder, name="t31tfm"):
    keys = [(area, number) for area in (*TRAIN, *EVAL) for number in range(2)]
    tiles = {key: tile("france", 500 + 2 * key[0] + key[1], 48, 9 + key[0] % 3, len(IDS)) for key in keys}
    labels = learnable({key: made[2] for key, made in tiles.items()}, [key for key in keys if key[0] in TRAIN and key[0] % 5 != 1])
    rows = {"train": [], "eval": []}
    for area, number in keys:
        image, days, _ = tiles[area, number]
        year, west, north = 2016 + area % 3, 799_943 + 27_000 * area, 6_568_107
        path = f"{year}/pkl_timeseries/W{west}_N{north}_E{west + 27_429}_S{north - 27_426}/{north - 480 * number}_{west}_{year}.pickle"
        rows["train" if area in TRAIN else "eval"].append(path)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(pickle.dumps(sample(image, days, labels[area, number], year), pickle.HIGHEST_PROTOCOL))
    (folder / "paths").mkdir()
    for part, paths in rows.items():
        (folder / "paths" / f"{part}_paths.csv").write_text("".join(f"T31TFM_1618/{path}\n" for path in paths))


def sample(image, days, label, year):
    """What the pipeline writes; labels are float32, as they come from a text file."""
    ids = np.where(label < 0, 0, np.array(IDS)[label]).astype(np.float32)
    shared = np.zeros_like(ids)
    shared[10, :] = 1
    flat = {"labels": ids, "ids": ids * 1000, "full_ass": np.zeros_like(ids), "part_ass": shared, "ratios": np.ones_like(ids)}
    return thirteen(image) | {"doy": days.astype(np.int64), "year": np.array(year).astype(np.int32)} | flat
