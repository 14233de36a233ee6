"""Ghana and South Sudan: ``npy/<country>_<id>.npz`` (band, row, column, date), ``truth/``, ``s2/*.json``, a list of partitions."""

import datetime
import json

import numpy as np

from miniatures.landscape import tile

REGIONS = {"ghana": "ghana", "southsudan": "south_sudan"}
TILES = {number: (0, 0, 0, 0, 1, 1, 2, 2)[number % 8] for number in range(17, 49)}  # partition: 0 train, 1 validation, 2 test
CROPS = 4  # the first four classes of either simulated region are the four of the data set, in its order


def write(folder, name):
    country = name.partition("_")[0]
    for part in ("npy", "truth", "s2"):
        (folder / part).mkdir(parents=True)
    for number in TILES:
        image, days, label = tile(REGIONS[country], number, 64, 10 + number % 3, 8)
        image[3] = 0  # a date without data
        stored = image.transpose(1, 2, 3, 0)
        stem = f"{country}_{number:06d}"
        others = {"s1": np.zeros((3, 64, 64, 1)), "planet": np.zeros((4, 64, 64, 1), np.uint16)}
        np.savez(folder / "npy" / f"{stem}.npz", s2=stored, **others)
        truth = np.where(label < 0, 0, label + 1) * (label != CROPS)  # savanna has no label, trees and water have other ids
        np.savez(folder / "truth" / f"{stem}.npz", truth=truth.astype(np.int16))
        dates = [str(datetime.date(2017, 1, 1) + datetime.timedelta(days=int(day) - 1)) for day in days]
        (folder / "s2" / f"s2_{stem}.json").write_text(json.dumps({"dates": dates}))
    rows = "".join(f"{number},{partition}\n" for number, partition in TILES.items())
    (folder / "list_eval_partition.csv").write_text(f"id,partition\n{rows}")
