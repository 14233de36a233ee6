"""Records of readings whose scores are chosen."""

import numpy as np

from eelib.evaluate.confusion import pack, scores


def reading(arm, seed, right, region="germany", fraction=0.1, windows=10, experiment="ee1_regions", places=30):
    """A record of a two-class arm with about so many right pixels of 100 in each of the test windows."""
    counts = np.zeros((places, 2, 2), np.int64)
    counts[:, 0, 0] = counts[:, 1, 1] = right + np.arange(places) % 3
    counts[:, 0, 1] = counts[:, 1, 0] = 100 - counts[:, 0, 0]
    key = f"{abs(hash((arm, seed, region, fraction))):016x}"[:16]
    metrics = {"confusion": pack(counts), "places": list(range(places)), "scores": scores(counts), "windows": windows}
    params = {"region": region, "fraction": fraction}
    return {"experiment": experiment, "key": key, "arm": arm, "seed": seed, "params": params, "metrics": metrics}


def readings(right, seeds=(0, 1, 2), suffix="probed", **options):
    """Records of several starts over seeds, from a table of start to right pixels; seeds differ by one pixel each."""
    return [reading(f"{start} {suffix}", seed, value + seed, **options) for start, value in right.items() for seed in seeds]


def miou(right, places=30):
    """The mIoU of :func:`reading`, by hand: both classes have the same intersection and union."""
    hit = sum(right + k % 3 for k in range(places))
    return hit / (2 * 100 * places - hit)
