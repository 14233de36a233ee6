"""LoveDA: ``<Train|Val>/<Rural|Urban>/images_png/<n>.png`` 1024 x 1024 RGB and ``masks_png/<n>.png`` grey with ids 0 to 7."""

import numpy as np
from PIL import Image

from eelib.data.world import REGIONS
from miniatures.landscape import summer

MEANING = {"sugar beet": 5, "potato": 5, "grassland": 1, "trees": 6, "water": 4, "built-up": 2}  # other crops are agriculture
ROAD, CROPS, TIMES = 3, 7, 16  # the last: pixels of the image per simulated pixel


def write(folder, name="loveda"):
    ids = np.array([MEANING.get(cover, CROPS) for cover in REGIONS["germany"].classes])
    number = 0
    for part, count in (("Train", 5), ("Val", 2)):
        for scene in ("Rural", "Urban"):
            for kind in ("images_png", "masks_png"):
                (folder / part / scene / kind).mkdir(parents=True)
            for _ in range(count):
                image, label = summer("germany", 900 + number, 64, len(ids))
                mask = np.where(label < 0, ROAD, ids[label]).repeat(TIMES, 0).repeat(TIMES, 1)
                mask[:40] = 0
                grey = (image[[2, 1, 0]] / 3000 * 255).clip(0, 255).transpose(1, 2, 0).repeat(TIMES, 0).repeat(TIMES, 1)
                Image.fromarray(grey.astype(np.uint8), "RGB").save(folder / part / scene / "images_png" / f"{number}.png")
                Image.fromarray(mask.astype(np.uint8), "L").save(folder / part / scene / "masks_png" / f"{number}.png")
                number += 1
