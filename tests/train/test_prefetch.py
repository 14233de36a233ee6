"""Batches made ahead by threads: the same stream for any number of them, bad input as without, no thread left behind."""

import itertools
import threading
import time
from contextlib import closing

import pytest
import torch

from eelib.errors import InputError
from eelib.train.loaders import IN_A_ROW, LOADERS, MOST, given_loaders, loader_count
from eelib.train.prefetch import SMALL, Prefetcher, Steps


class Counted(Steps):
    """Each batch tells its step and the thread that made it."""

    def __init__(self, start=0, bad=None):
        self.start, self.bad = start, bad

    def batch(self, step):
        if step == self.bad:
            raise InputError(f"shard.tar: row {step} is broken; remove it")
        time.sleep(0.01 if step % 3 else 0.03)  # so that later ones are done before earlier ones
        return {"step": step, "thread": threading.get_ident()}


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("loader")]


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_the_stream_is_the_same_for_any_number_of_threads(threads):
    with closing(Prefetcher(Counted(start=4), lambda batch, step: batch | {"doubled": 2 * step}, threads)) as prefetcher:
        found = list(itertools.islice(prefetcher, 9))
    assert [batch["step"] for batch in found] == list(range(4, 13))
    assert [batch["doubled"] for batch in found] == list(range(8, 26, 2))
    assert len({batch["thread"] for batch in found} - {threading.get_ident()}) == threads


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_bad_input_stops_at_its_step(threads):
    with closing(Prefetcher(Counted(bad=2), None, threads)) as prefetcher:
        stream = iter(prefetcher)
        assert [next(stream)["step"] for _ in range(2)] == [0, 1]
        with pytest.raises(InputError, match=r"^shard\.tar: row 2 is broken; remove it$"):
            next(stream)


def test_batches_are_made_before_they_are_asked_for():
    made = []
    with closing(Prefetcher(Counted(), lambda batch, step: made.append(step), 2)) as prefetcher:
        next(iter(prefetcher))
        deadline = time.monotonic() + 60
        while made != [0, 1, 2, 3] and time.monotonic() < deadline:
            made.sort()
            time.sleep(0.01)
        time.sleep(0.1)
    assert made == [0, 1, 2, 3]  # the one that was asked for and no more than one per thread and one beyond


class Sized(Counted):
    """Batches of so many bytes, none of them waited for."""

    def __init__(self, size):
        self.start, self.size = 0, size

    def batch(self, step):
        return {"view": (torch.zeros(self.size, dtype=torch.uint8), [torch.zeros(0)]), "captions": ["a field"]}


@pytest.mark.parametrize(("size", "expected"), [(100, IN_A_ROW), (int(SMALL) // 3, 3), (int(SMALL) // 2 + 1, 1), (int(2 * SMALL), 1)])
def test_small_batches_are_made_in_a_row_and_large_ones_never_wait_beside_each_other(size, expected):
    made = []
    stream = iter(Prefetcher(Sized(size), lambda batch, step: made.append(step) or batch, 0))
    for step in range(expected):
        next(stream)
        assert made == list(range(expected)), step
    next(stream)
    assert made == list(range(2 * expected))


def test_no_batch_is_made_beyond_the_last_step_before_it_is_asked_for():
    made = []
    stream = iter(Prefetcher(Sized(100), lambda batch, step: made.append(step) or batch, 0, end=IN_A_ROW + 2))
    for _ in range(IN_A_ROW + 2):
        next(stream)
    assert made == list(range(IN_A_ROW + 2))
    next(stream)
    assert made == list(range(IN_A_ROW + 3))


def test_a_second_pass_starts_again_and_ends_the_threads_of_the_first():
    with closing(Prefetcher(Counted(), None, 2)) as prefetcher:
        assert [next(iter(prefetcher))["step"] for _ in range(2)] == [0, 0]


@pytest.mark.parametrize(("cores", "jobs", "expected"), [(2, 2, 0), (2, 1, 1), (1, 1, 0), (8, 3, 1), (64, 1, MOST), (4, 16, 0)])
def test_loaders_share_the_cores_that_are_free(monkeypatch, cores, jobs, expected):
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert loader_count(jobs) == expected


def test_the_number_of_loaders_can_be_given(monkeypatch):
    assert given_loaders() is None
    monkeypatch.setenv(LOADERS, "7")
    assert given_loaders() == loader_count(1) == 7
    monkeypatch.setenv(LOADERS, "two")
    with pytest.raises(InputError, match="EELIB_LOADERS=two: give a whole number, 0 for none"):
        loader_count(1)
