"""Small random inputs for tests."""

import numpy as np

from eelib.data.windows import Region, Windows


def make_windows(count=6, length=4, bands=3, size=16, classes=3, seed=0, labels=True):
    """Random windows whose class can be read from the pixels: every class has its own mean reflectance."""
    rng = np.random.default_rng(seed)
    mask = rng.integers(classes, size=(count, size // 4, size // 4)).repeat(4, 1).repeat(4, 2)
    means = rng.uniform(0.05, 0.4, (classes, bands))
    image = means[mask].transpose(0, 3, 1, 2)[:, None] + 0.01 * rng.standard_normal((count, length, bands, size, size))
    dates = np.sort(rng.integers(1, 366, (count, length)), 1)
    origin = np.zeros((count, 2), np.int64)
    return Windows(image.astype(np.float32), dates, np.arange(count), mask if labels else None, origin)


def make_region(bands=("B02", "B04", "B08"), **options):
    """A region of four such sets."""
    sets = [make_windows(8, bands=len(bands), seed=seed, **options) for seed in range(4)]
    return Region("toy", "Toy", ("a", "b", "c"), bands, sets[0].without_labels(), *sets[1:], True, "none")
