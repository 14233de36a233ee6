"""Solar Plants Brazil: ``<split>/input/img(<n>).tif`` 4 x 256 x 256 float32 and ``labels/target(<n>).tif`` with 0 and 1."""

import numpy as np
import rasterio

from eelib.data.world import REGIONS
from miniatures.landscape import summer

COUNTS = {"train": 6, "val": 3, "test": 3}
TIMES = 4
FORM = {"driver": "GTiff", "height": 256, "width": 256, "crs": "EPSG:4326"}
FORM["transform"] = rasterio.transform.from_origin(-48.0, -15.0, 0.0001, 0.0001)


def write(folder, name="solar_plants_brazil"):
    classes = REGIONS["ghana"].classes
    plants = [classes.index("built-up"), classes.index("water")]  # what is dark and flat stands in for panels
    index = 0
    for part, count in COUNTS.items():
        for kind in ("input", "labels"):
            (folder / part / kind).mkdir(parents=True)
        for number in range(1, count + 1):
            image, label = summer("ghana", 1200 + index, 64, len(classes))
            layers = image[[2, 1, 0, 6]].astype(np.float32).repeat(TIMES, 1).repeat(TIMES, 2)
            mask = np.isin(label, plants).astype(np.float32).repeat(TIMES, 0).repeat(TIMES, 1)
            for path, content in ((f"input/img({number}).tif", layers), (f"labels/target({number}).tif", mask[None])):
                with rasterio.open(folder / part / path, "w", count=len(content), dtype="float32", **FORM) as out:
                    out.write(content)
            index += 1
