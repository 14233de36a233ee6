"""Label fractions: nested, stratified, the same for every arm."""

import numpy as np
import pytest
from toys import make_windows

from eelib.data.fractions import label_order, label_subset
from eelib.errors import InputError


def test_subsets_are_nested_and_have_the_right_size():
    windows = make_windows(20)
    small, large = label_subset(windows, 0.1, 3), label_subset(windows, 0.5, 3)
    assert (len(small), len(large), len(label_subset(windows, 1, 3))) == (2, 10, 20)
    assert set(small.place) <= set(large.place)


def test_every_class_comes_as_early_as_possible():
    windows = make_windows(30, classes=3)
    mask = windows.mask.copy()
    mask[:] = 0
    mask[17, :4] = 1
    mask[23, :4] = 2
    windows = windows.__class__(windows.image, windows.dates, windows.place, mask, windows.origin)
    for seed in range(5):
        first = mask[label_order(windows, seed)[:3]]
        assert set(np.unique(first)) == {0, 1, 2}


def test_the_order_depends_on_the_seed_alone():
    windows = make_windows(20)
    assert np.array_equal(label_order(windows, 1), label_order(windows, 1))
    assert not np.array_equal(label_order(windows, 1), label_order(windows, 2))


def test_bad_input_is_named():
    windows = make_windows(5)
    for fraction in (0, 1.5):
        with pytest.raises(InputError, match="label fraction"):
            label_subset(windows, fraction, 0)
    with pytest.raises(InputError, match="leaves none"):
        label_subset(windows, 0.01, 0)
    with pytest.raises(InputError, match="nothing to learn"):
        label_subset(windows.without_labels(), 0.5, 0)
