"""Batches depend on seed and step alone; normalisation on unlabelled pixels alone."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from toys import make_windows

from eelib.data.window_cache import read_windows, write_windows
from eelib.train.batches import Normaliser, WindowBatches, step_generator


def test_the_stream_can_start_anywhere():
    windows = make_windows(7)
    stream = iter(WindowBatches(windows, 3, seed=1))
    full = [next(stream) for _ in range(6)]
    later = next(iter(WindowBatches(windows, 3, seed=1, start=4)))
    assert torch.equal(full[4]["rows"], later["rows"])


def test_a_batch_copies_no_window_also_of_a_mapped_file(tmp_path):
    """Mapped for reading alone: a private mapping that could be written would be refused where the file is larger than the memory."""
    write_windows(tmp_path, make_windows(7))
    windows = read_windows(tmp_path)
    assert isinstance(windows.image, np.memmap) and not windows.image.flags.writeable
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        batch = WindowBatches(windows, 3, seed=1).batch(2)
    assert np.shares_memory(batch["image"].numpy(), windows.image)
    assert batch["rows"].shape == (3,)


def test_located_windows_say_where_they_are():
    """Windows of the same place of the same region share their ground, whatever the series; others share none."""
    windows = make_windows(6)
    windows = replace(windows, place=np.array([3, 3, 9, 3, 9, 9]), origin=np.arange(12).reshape(6, 2))
    region = np.array([0, 0, 0, 1, 1, 1])
    plain, located = (WindowBatches(windows, 6, 1, region=region, located=located) for located in (False, True))
    assert not {"origin", "ground"} & set(plain.batch(0))
    batch = located.batch(0)
    rows = batch["rows"].numpy()
    assert torch.equal(batch["rows"], plain.batch(0)["rows"]) and np.array_equal(batch["origin"].numpy(), windows.origin[rows])
    ground = dict(zip(rows.tolist(), batch["ground"].tolist(), strict=True))
    assert ground[0] == ground[1] and ground[4] == ground[5] and len(set(ground.values())) == 4


def test_every_window_comes_once_per_pass_in_a_new_order():
    batches = WindowBatches(make_windows(7), 3, seed=1)
    rows = np.concatenate([batches.rows(step) for step in range(7)]).reshape(3, 7)
    assert all(sorted(part) == list(range(7)) for part in rows)
    assert len({tuple(part) for part in rows}) == 3
    assert not np.array_equal(rows[0], np.concatenate([WindowBatches(make_windows(7), 3, seed=2).rows(step) for step in range(3)])[:7])


def test_generators_differ_by_seed_stream_and_step():
    draws = {
        tuple(torch.rand(3, generator=step_generator(seed, stream, step)).tolist())
        for seed in (0, 1)
        for stream in ("a", "b")
        for step in (0, 1)
    }
    assert len(draws) == 8


def test_normalisation_is_robust_and_per_band():
    windows = make_windows(20)
    image = windows.image.copy()
    image[0, 0] = 1.5  # one cloud
    windows = windows.__class__(image, windows.dates, windows.place, None, windows.origin)
    normal = Normaliser.of(windows)
    pixels = normal(torch.from_numpy(image))
    for band in range(3):
        low, middle, high = np.percentile(pixels[:, :, band, ::4, ::4], [16, 50, 84])
        assert middle == pytest.approx(0, abs=1e-3)
        assert (high - low) / 2 == pytest.approx(1, abs=0.02)
    assert pixels.abs().max() <= Normaliser.LIMIT
