"""Scene classes for zero-shot classification, by rule from the label raster; the same ten in every region."""

from __future__ import annotations

import numpy as np

from eelib.data.pairs.containers import NO_LABEL
from eelib.data.pairs.vocabulary import group_of
from eelib.data.windows import IGNORE, Ints

# Written so that they follow "a satellite image of".
SCENES = (
    "a village among fields",
    "a river or pond",
    "dense forest",
    "woodland beside fields",
    "grassland with trees",
    "open grassland",
    "one large field",
    "fields and grassland",
    "fields of two crops",
    "a patchwork of many fields",
)
LEAST_LABELLED = 0.5  # of the pixels; a tile with fewer labels has no scene class


def scene_of(label: Ints, classes: tuple[str, ...]) -> int:
    """Position in :data:`SCENES` of a tile, -1 where too little is labelled or nothing fits.

    The first rule that holds decides; shares are of the labelled pixels: houses 8 %, water 8 %, trees 50 %, trees 20 % beside fields or
    grass, grass 50 %, one crop 60 %, grass 25 % with fields, and the number of crops with 8 %.

    Args:
        label: ``(H, W)`` class ids, -1 = ignore.
        classes: Class names; their cover group follows from the name.
    """
    known = label[label != IGNORE]
    if known.size < LEAST_LABELLED * label.size:
        return NO_LABEL
    shares = np.bincount(known, minlength=len(classes)) / known.size
    groups = [group_of(name) for name in classes]
    total = {group: sum(s for s, g in zip(shares, groups, strict=True) if g == group) for group in set(groups)}
    crops = [s for s, g in zip(shares, groups, strict=True) if g == "crop"]
    share = {name: total.get(name, 0.0) for name in ("built", "water", "trees", "grass", "crop")}
    many = sum(s >= 0.08 for s in crops)
    rules = (
        share["built"] >= 0.08,
        share["water"] >= 0.08,
        share["trees"] >= 0.5,
        share["trees"] >= 0.2 and share["crop"] >= share["grass"],
        share["trees"] >= 0.2,
        share["grass"] >= 0.5,
        max(crops, default=0) >= 0.6,
        share["grass"] >= 0.25 and share["crop"] > 0,
        many == 2,
        many >= 3,
    )
    return next((number for number, holds in enumerate(rules) if holds), NO_LABEL)
