"""Tiles cover a scene once, see enough around what is used, and blend without a trace where they agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eelib.apply.tiles import Blend, Box, Tiling

tilings = st.builds(
    lambda height, width, step, seam, margin: Tiling(height, width, 4 * step, min(seam, 4 * step - 1), 4 * margin),
    *[st.integers(1, 90)] * 2,
    st.integers(2, 6),
    st.integers(0, 9),
    st.integers(0, 3),
)


def joined(tiling, output, channels=1):
    """Everything that comes out of a blend, and how often each pixel came."""
    blend = Blend(tiling, channels)
    total, times = np.zeros((channels, tiling.height, tiling.width)), np.zeros((tiling.height, tiling.width), int)
    for tile in tiling:
        box, values = blend.add(tile, output(tile))
        assert values.shape[1:] == (box.bottom - box.top, box.right - box.left)
        total[:, *box.slices] += values
        times[box.slices] += 1
    return total, times


@settings(max_examples=60, deadline=None)
@given(tilings)
def test_every_pixel_comes_once_and_as_it_was(tiling):
    scene = np.random.default_rng(0).standard_normal((2, tiling.height, tiling.width)).astype(np.float32)
    total, times = joined(tiling, lambda tile: scene[:, *tile.used.slices], 2)
    assert (times == 1).all()
    np.testing.assert_allclose(total, scene, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(tilings)
def test_what_is_used_has_its_margin_and_the_shared_grid(tiling):
    tiles = list(tiling)
    assert len(tiles) == len(tiling)
    for tile in tiles:
        read, used = tile.read, tile.used
        assert read.top % 4 == 0 == read.left % 4
        assert used.top - read.top == min(tiling.margin, used.top)
        assert read.bottom - used.bottom == min(tiling.margin, tiling.height - used.bottom)
        assert read.right - used.right == min(tiling.margin, tiling.width - used.right)


def test_neighbours_that_disagree_fade_into_each_other():
    tiling = Tiling(8, 64, 32, 8, 0)
    values = iter((0.0, 1.0))
    total, _ = joined(tiling, lambda tile: np.full((1, 8, tile.used.right - tile.used.left), next(values), np.float32))
    row = total[0, 0]
    assert (row[:32] == 0).all()
    assert (row[40:] == 1).all()
    assert (np.diff(row[31:41]) > 0).all()
    np.testing.assert_allclose(row[32:40] + row[32:40][::-1], 1, atol=1e-6)


def test_memory_is_that_of_the_seams():
    blend = Blend(Tiling(100_000, 1000, 256, 16, 32), 10)
    assert blend.above.nbytes + blend.beside.nbytes == 10 * 16 * 1000 * 4


@pytest.mark.parametrize(("length", "count"), [(1, 1), (16, 1), (20, 1), (21, 2), (36, 2), (37, 3)])
def test_the_last_tile_takes_what_is_left(length, count):
    assert len(Tiling(8, length, 16, 4, 0)) == count


def test_the_last_tile_reads_back_as_far_as_the_network_needs():
    narrow, wide = list(Tiling(40, 529, 512, 16, 0)), list(Tiling(40, 529, 512, 16, 0, 32))
    assert [tile.used for tile in narrow] == [tile.used for tile in wide]
    assert [(tile.read.left, tile.read.right) for tile in narrow] == [(0, 528), (512, 529)]
    assert [(tile.read.left, tile.read.right) for tile in wide] == [(0, 528), (497, 529)]
    assert {tile.read for tile in Tiling(20, 24, 512, 16, 0, 32)} == {Box(0, 0, 20, 24)}
