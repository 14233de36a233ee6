"""Windows on disk, and regions without labels."""

import numpy as np
import pytest
from toys import make_region, make_windows

from eelib.data.regions import absent_classes, class_shares, split_shares
from eelib.data.window_cache import read_windows, write_windows
from eelib.errors import InputError


@pytest.mark.parametrize("labels", [True, False])
def test_what_is_written_is_read_back(tmp_path, labels):
    windows = make_windows(labels=labels)
    write_windows(tmp_path / "w", windows)
    again = read_windows(tmp_path / "w")
    for part in ("image", "dates", "place", "origin"):
        assert np.array_equal(getattr(again, part), getattr(windows, part))
    assert np.array_equal(again.mask, windows.mask) if labels else again.mask is None


def test_absent_and_damaged_windows_are_none(tmp_path):
    assert read_windows(tmp_path) is None
    write_windows(tmp_path, make_windows())
    for part in ("image", "dates"):
        (tmp_path / f"{part}.npy").write_bytes(b"broken")
        assert read_windows(tmp_path) is None
        write_windows(tmp_path, make_windows())
    assert read_windows(tmp_path) is not None


def test_labels_are_asked_for_by_split():
    from dataclasses import replace

    region = make_region()
    assert region.labelled("test") is region.test
    assert region.unseen().mask is None
    assert np.array_equal(region.unseen().image, region.validation.image)
    bare = replace(region, train=None, validation=None, test=None)
    with pytest.raises(InputError, match="region 'toy' has no labels"):
        bare.labelled("test")
    with pytest.raises(InputError, match="neither validation nor held-out"):
        bare.unseen()
    held = replace(bare, held_out=region.validation)
    assert held.unseen().mask is None


def test_classes_that_a_split_lacks_are_named():
    from dataclasses import replace

    region = make_region()
    assert absent_classes(region.classes, class_shares(region.test, 3)) == []
    mask = np.where(region.test.mask == 2, -1, region.test.mask)
    poorer = replace(region, test=replace(region.test, mask=mask))
    assert absent_classes(region.classes, class_shares(poorer.test, 3)) == ["c"]
    assert split_shares(poorer)["test"][2] == 0
