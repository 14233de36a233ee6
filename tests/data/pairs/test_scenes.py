"""Scene classes follow their rules in order."""

import numpy as np
import pytest

from eelib.data.pairs.containers import NO_LABEL
from eelib.data.pairs.scenes import SCENES, scene_of
from eelib.data.windows import IGNORE

CLASSES = ("maize", "wheat", "potato", "grassland", "trees", "water", "built-up")


def tile(**shares):
    """A tile of 10 x 10 px with so many pixels of each class, the rest maize."""
    label = np.zeros(100, np.int64)
    at = 0
    for name, count in shares.items():
        label[at : at + count] = CLASSES.index(name)
        at += count
    return label.reshape(10, 10)


@pytest.mark.parametrize(
    ("label", "scene"),
    [
        (tile(**{"built-up": 8, "water": 40}), "a village among fields"),
        (tile(water=8, trees=60), "a river or pond"),
        (tile(trees=50), "dense forest"),
        (tile(trees=49, grassland=10), "woodland beside fields"),
        (tile(trees=20, grassland=60), "grassland with trees"),
        (tile(grassland=50), "open grassland"),
        (tile(wheat=40), "one large field"),
        (tile(wheat=30, grassland=25), "fields and grassland"),
        (tile(wheat=41, potato=7), "fields of two crops"),
        (tile(wheat=30, potato=20), "a patchwork of many fields"),
    ],
)
def test_each_rule(label, scene):
    assert SCENES[scene_of(label, CLASSES)] == scene


def test_too_few_labels_have_no_scene():
    label = tile(trees=100)
    label[:5] = IGNORE
    assert SCENES[scene_of(label, CLASSES)] == "dense forest"
    label[5, 0] = IGNORE
    assert scene_of(label, CLASSES) == NO_LABEL


def test_ignored_pixels_do_not_count():
    label = tile(trees=30)
    label[5:, :] = IGNORE  # 30 of the 50 that are left are trees
    assert SCENES[scene_of(label, CLASSES)] == "dense forest"
