"""Tiles of the simulated world as digital numbers, with as many classes as a data set has."""

import numpy as np

from eelib.data.world import BANDS, REGIONS, Difficulty, simulate

SEED = 77  # not the world of the study
EASY = Difficulty(cloud=0, spread=0, timing=3, season=2, vigour=0.05)  # so that a few windows suffice to learn something
BRIGHTER = 400  # digital numbers per variant in the near infrared
INFRARED = [BANDS.index(name) for name in ("B07", "B08", "B8A")]


def tile(region, index, size, num_dates, num_classes):
    """Image ``(T, 10, H, W)`` uint16, days ``(T,)``, label ``(H, W)`` with -1 = road or unknown.

    A data set with more classes than the region gets variants of tiles: tile ``i`` holds classes ``n * v`` to ``n * v + n - 1`` with
    ``v = i mod variants``, and is brighter in the near infrared the higher ``v``, so that every class can be learnt.
    """
    scene = simulate(region, SEED, index, size=size, num_dates=num_dates, difficulty=EASY)
    known = len(REGIONS[region].classes)
    variant = index % -(-num_classes // known)
    label = np.where(scene.label >= 0, scene.label + known * variant, -1)
    label[label >= num_classes] = -1
    image = np.rint(scene.image * 10_000).clip(1, 20_000).astype(np.uint16)
    image[:, INFRARED] += BRIGHTER * variant
    return image, scene.day_of_year, label


def summer(region, index, size, num_classes):
    """The date nearest to July of such a tile, ``(10, H, W)``, and the label."""
    image, days, label = tile(region, index, size, 6, num_classes)
    return image[np.argmin(np.abs(days - 200))], label


def learnable(labels, train):
    """Ignore classes that no training tile shows, because a few tiles cannot show every rare class."""
    shown = np.unique(np.concatenate([labels[key].ravel() for key in train]))
    return {key: np.where(np.isin(label, shown), label, -1) for key, label in labels.items()}


def coarser(image, factor):
    """Mean over ``factor x factor`` pixels, ``(..., H, W)``."""
    *lead, height, width = image.shape
    means = image.reshape(*lead, height // factor, factor, width // factor, factor).mean((-3, -1))
    return np.rint(means).astype(image.dtype)


def thirteen(image):
    """All 13 bands by name at their own resolution; those that the world lacks are made from their neighbours."""
    bands = {name: image[:, position] for position, name in enumerate(BANDS)}
    bands |= {"B01": bands["B02"], "B09": bands["B8A"], "B10": bands["B11"] // 20 + 1}
    coarse = dict.fromkeys(("B05", "B06", "B07", "B8A", "B11", "B12"), 2) | dict.fromkeys(("B01", "B09", "B10"), 6)
    return {name: coarser(layer, coarse.get(name, 1)) for name, layer in bands.items()}
