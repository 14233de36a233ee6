"""Pickles: arrays come through in every protocol, and nothing else is ever built."""

import collections
import datetime
import os
import pickle

import numpy as np
import pytest

from eelib.data.safe_pickle import load_pickle
from eelib.errors import InputError

ARRAYS = {
    "image": np.arange(24, dtype=np.uint16).reshape(2, 3, 4),
    "turned": np.arange(6.0).reshape(2, 3).T,
    "empty": np.zeros((0, 3), np.int8),
    "number": np.array(2016, np.int32),
    "scalar": np.float32(0.5),
    "flag": np.array([True, False]),
}


class Trap:
    """Leaves a file behind if it is ever built."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_arrays_come_through(tmp_path, protocol):
    path = tmp_path / "a.pickle"
    path.write_bytes(pickle.dumps(ARRAYS | {"text": "left out", "year": 2017}, protocol))
    found = load_pickle(path)
    assert set(found) == {*ARRAYS, "year"}
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_code_in_a_pickle_is_not_run(tmp_path, protocol):
    path = tmp_path / "a.pickle"
    path.write_bytes(pickle.dumps({"x": np.zeros(3), "y": Trap(tmp_path / "sprung")}, protocol))
    with pytest.raises(InputError, match=r"a\.pickle: refused, it holds the type '.*mkdir'"):
        load_pickle(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "value",
    [eval, getattr, np.load, np.memmap, datetime.date(2017, 1, 1), collections.OrderedDict(a=1), np.datetime64, np.random.default_rng()],
)
def test_foreign_types_are_refused(tmp_path, value):
    path = tmp_path / "a.pickle"
    path.write_bytes(pickle.dumps({"x": value}))
    with pytest.raises(InputError, match="refused, it holds the type"):
        load_pickle(path)


def test_arrays_of_python_objects_are_refused(tmp_path):
    path = tmp_path / "a.pickle"
    path.write_bytes(pickle.dumps({"x": np.array([1, "a", None], object)}))
    with pytest.raises(InputError, match="refused, the array 'x' holds Python objects"):
        load_pickle(path)


def test_a_pickle_cannot_change_what_it_may_call(tmp_path):
    """BUILD on the allowed helper would set its attributes; it has none."""
    path = tmp_path / "a.pickle"
    path.write_bytes(b"\x80\x04cnumpy._core.numeric\n_frombuffer\n}\x8c\x08__call__K\x01sb.")
    with pytest.raises(InputError, match="not a readable pickle"):
        load_pickle(path)


@pytest.mark.parametrize(("content", "words"), [(b"", "not a readable"), (b"\x80\x04garbage", "pickle"), (pickle.dumps([1]), "holds list")])
def test_damaged_pickles_are_named(tmp_path, content, words):
    path = tmp_path / "a.pickle"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.pickle.*{words}"):
        load_pickle(path)


def test_a_pickle_cut_short_or_missing_is_named(tmp_path):
    path = tmp_path / "a.pickle"
    path.write_bytes(pickle.dumps(ARRAYS)[:-40])
    for each in (path, tmp_path / "none.pickle"):
        with pytest.raises(InputError, match=rf"{each.name}"):
            load_pickle(each)
