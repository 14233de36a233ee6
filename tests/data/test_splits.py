"""Geographic splits: no training pixel within the gap of a test pixel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eelib.data.splits import block_split
from eelib.errors import InputError


def covered(origins, window, shape):
    """Mask of pixels that some window covers."""
    mask = np.zeros(shape, bool)
    for row, column in origins:
        mask[row : row + window, column : column + window] = True
    return mask


def gap(first, second):
    """Smallest Chebyshev distance between pixels of two masks; 1 for neighbours."""
    one, other = np.argwhere(first), np.argwhere(second)
    return min(int(np.abs(other - pixel).max(1).min()) for pixel in one)


@settings(max_examples=15, deadline=None)
@given(block=st.integers(16, 24), margin=st.integers(0, 4), seed=st.integers(0, 99), stride=st.sampled_from([None, 4]))
def test_no_pixel_of_a_split_lies_within_the_gap_of_another(block, margin, seed, stride):
    rng = np.random.default_rng(seed)
    label = rng.integers(-1, 3, (72, 96))
    layout = block_split(label, block=block, window=8, margin=margin, stride=stride, seed=seed)
    masks = {split: covered(origins, 8, label.shape) for split, (origins, _) in layout.items()}
    for one, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
        assert masks[one].any()
        assert gap(masks[one], masks[other]) > 2 * margin


@pytest.mark.parametrize("name", ["brandenburg", "romania"])
def test_the_real_samples_are_cut_with_these_gaps(name):
    """The numbers that the readers use, on a label raster of the true size."""
    shape, block, window, margin = {"brandenburg": ((768, 1536), 96, 32, 16), "romania": ((100, 100), 20, 16, 2)}[name]
    label = np.random.default_rng(0).integers(0, 4, shape)
    for stride in (None, window // 2):
        layout = block_split(label, block=block, window=window, margin=margin, stride=stride)
        edges = {split: set(places.tolist()) for split, (_, places) in layout.items()}
        assert not edges["train"] & edges["test"]
        for origins, places in layout.values():
            columns = shape[1] // block
            corner = np.stack(np.divmod(places, columns), 1) * block
            inside = origins - corner
            assert inside.min() >= margin
            assert inside.max() + window <= block - margin


def test_assignment_keeps_rare_classes_in_every_split():
    label = np.zeros((120, 120), np.int64)
    for block in range(0, 120, 30):
        label[block : block + 4, block : block + 4] = 1  # one block in four holds the rare class
    layout = block_split(label, block=20, window=16, margin=2)
    assert all((label[covered(origins, 16, label.shape)] == 1).any() for origins, _ in layout.values())


def test_same_seed_same_split():
    label = np.random.default_rng(0).integers(0, 3, (96, 96))
    first, again, other = (block_split(label, block=24, window=8, margin=2, seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first[split][0], again[split][0]) for split in first)
    assert any(not np.array_equal(first[split][0], other[split][0]) for split in first)


@pytest.mark.parametrize(
    ("label", "options", "word"),
    [
        (np.full((64, 64), -1), {"block": 16, "window": 8, "margin": 2}, "every pixel of the mask"),
        (np.zeros((64, 64), int), {"block": 16, "window": 16, "margin": 2}, "window=16"),
        (np.zeros((64, 64), int), {"block": 16, "window": 6, "margin": 2}, "multiple of 4"),
        (np.zeros((16, 32), int), {"block": 16, "window": 8, "margin": 2}, "2 blocks"),
    ],
)
def test_bad_input_is_named(label, options, word):
    with pytest.raises(InputError, match=word):
        block_split(label, **options)
