"""View extraction: every pixel knows where it came from."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eelib.data.views import Geometry, cut, draw_dates, draw_windows, extract_views, pixel_index
from eelib.errors import InputError
from eelib.pixels import ROW_STRIDE
from eelib.settings import ViewSettings

PLAIN = {"gain": 0, "noise": 0}


def batch(count=4, length=6, bands=3, side=16, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {
        "image": torch.rand(count, length, bands, side, side, generator=generator),
        "dates": torch.randint(1, 366, (count, length), generator=generator).sort(1).values,
        "mask": torch.zeros(count, side, side, dtype=torch.int64),
    }


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def look_up(sample, view, image, i, j):
    """Pixel of the source that a view's pixel claims to be, on the view's dates."""
    row, column = divmod(int(view["index"][image, i, j]), pixel_index(2, 1)[1, 0].item())
    when = [sample["dates"][image].tolist().index(day) for day in view["dates"][image].tolist()]
    return sample["image"][image][when, :, row, column]


@pytest.mark.parametrize("dates", ["disjoint", "overlapping", "same", "all"])
@pytest.mark.parametrize("level", ["sample", "batch"])
@pytest.mark.parametrize("flips", [True, False])
def test_every_pixel_is_the_one_its_index_names(dates, level, flips):
    sample = batch()
    sample["dates"] = torch.arange(6).expand(4, -1) * 30 + 1 + torch.arange(4)[:, None]  # unique days
    count = 6 if dates == "all" else 3
    settings = ViewSettings(size=8, num_dates=count, dates=dates, level=level, flips=flips, **PLAIN)
    for view in extract_views(sample, settings, generator()):
        assert view["image"].shape == (4, count, 3, 8, 8)
        for image, i, j in ((0, 0, 0), (1, 7, 3), (2, 4, 7), (3, 2, 5)):
            torch.testing.assert_close(view["image"][image, :, :, i, j], look_up(sample, view, image, i, j), rtol=0, atol=1e-7)


@pytest.mark.parametrize(("length", "bands", "dates"), [(5, 3, 3), (1, 2, 1), (4, 1, 4)])
def test_a_view_is_what_loops_over_its_pixels_give(length, bands, dates):
    """Every element of the group, at random corners and dates, of three of five series, for images and for maps."""
    count, height, width, side = 3, 7, 9, 4
    draw = np.random.default_rng(0)
    image = torch.from_numpy(draw.random((5, length, bands, height, width), dtype=np.float32))
    labels = torch.from_numpy(draw.integers(1, 999, (5, height, width)))
    rows = torch.tensor([4, 0, 4])
    when = torch.from_numpy(np.stack([[draw.permutation(length)[:dates] for _ in range(count)] for _ in range(8)]))
    top, left = (torch.from_numpy(draw.integers(0, limit - side + 1, (8, count))) for limit in (height, width))
    where = Geometry(top, left, torch.arange(8)[:, None].expand(8, count), side)
    transposed = image.transpose(3, 4).contiguous().transpose(3, 4)  # the same pixels, another order in memory
    views, maps = cut(transposed, rows, where, when), cut(labels, rows, where)
    assert views.is_contiguous() and views.shape == (8, count, dates, bands, side, side)
    assert maps.is_contiguous() and maps.shape == (8, count, side, side)
    for element, b, i, j in np.ndindex(8, count, side, side):
        row, column = (j, i) if element & 4 else (i, j)
        row, column = side - 1 - row if element & 1 else row, side - 1 - column if element & 2 else column
        row, column = top[element, b] + row, left[element, b] + column
        assert maps[element, b, i, j] == labels[rows[b], row, column]
        for t, c in np.ndindex(dates, bands):
            assert views[element, b, t, c, i, j] == image[rows[b], when[element, b, t], c, row, column]


def test_rows_say_which_series_are_the_batch():
    """A batch of all series with their numbers gives the views of the batch by itself, with pixel ids of its own or of the window."""
    whole, settings = batch(9), ViewSettings(size=8, num_dates=3)
    whole["index"] = torch.arange(9 * 16 * 16).view(9, 16, 16)
    rows = torch.tensor([7, 2, 7])
    for names in (("image", "dates"), ("image", "dates", "index")):
        few = {name: whole[name][rows] for name in names}
        many = {name: whole[name] for name in names} | {"rows": rows}
        for one, other in zip(extract_views(few, settings, generator()), extract_views(many, settings, generator()), strict=True):
            assert all(torch.equal(one[name], other[name]) for name in ("image", "dates", "index"))


def test_pixel_ids_of_located_windows_are_those_of_their_scene():
    plain, settings = batch(3), ViewSettings(size=8, num_dates=3)
    rows, where = torch.tensor([2, 0]), {"origin": torch.tensor([[5, 7], [0, 90]]), "ground": torch.tensor([4, 4])}
    here, there = (extract_views(plain | {"rows": rows} | more, settings, generator()) for more in ({}, where))
    for one, other in zip(here, there, strict=True):
        assert torch.equal(one["image"], other["image"]) and torch.equal(one["dates"], other["dates"])
        moved = other["index"] - one["index"]
        assert torch.equal(moved, torch.tensor([5 * ROW_STRIDE + 7, 90])[:, None, None].expand(moved.shape))
        assert "ground" not in one and other["ground"].tolist() == [4, 4]


def test_labels_are_not_passed_on():
    a, b = extract_views(batch(), ViewSettings(size=8, num_dates=2), generator())
    assert set(a) == set(b) == {"image", "dates", "index"}


@settings(max_examples=30, deadline=None)
@given(side=st.integers(8, 24), overlap=st.floats(0.05, 1), seed=st.integers(0, 999))
def test_windows_lie_inside_and_overlap_enough(side, overlap, seed):
    settings = ViewSettings(size=8, min_overlap=overlap, num_dates=2)
    (top, other_top), (left, other_left) = draw_windows(20, side, side, settings, generator(seed))
    for corner in (top, left, other_top, other_left):
        assert corner.min() >= 0
        assert corner.max() <= side - 8
    shared = (8 - (top - other_top).abs()).clamp(min=0) * (8 - (left - other_left).abs()).clamp(min=0)
    assert (shared >= overlap * 64 - 1e-9).all()


def test_the_second_window_is_uniform_among_those_allowed():
    settings = ViewSettings(size=4, min_overlap=0.5, num_dates=2)
    count = 40_000
    (top, other_top), (left, other_left) = draw_windows(count, 6, 6, settings, generator())
    middle = (top == 1) & (left == 1)
    seen = torch.bincount(other_top[middle] * 3 + other_left[middle], minlength=9)
    # From (1, 1) every corner of the 3 x 3 overlaps by at least 9 of 16 pixels, so all nine are equally likely.
    expected = middle.sum() / 9
    assert ((seen - expected).abs() < 5 * expected.sqrt()).all()


def test_all_eight_flips_and_rotations_appear():
    sample = batch(64, side=8)
    settings = ViewSettings(size=8, crop=False, num_dates=2, **PLAIN)
    view, _ = extract_views(sample, settings, generator())
    square = pixel_index(8, 8)
    group = {tuple(form.flatten().tolist()) for turns in range(4) for form in (square.rot90(turns), square.rot90(turns).T)}
    seen = {tuple(index.flatten().tolist()) for index in view["index"]}
    assert seen == group
    assert len(seen) == 8


@pytest.mark.parametrize(("dates", "shared"), [("disjoint", 0), ("same", 3)])
def test_dates_of_the_two_views(dates, shared):
    sample = batch(length=9)
    sample["dates"] = torch.arange(1, 10).expand(4, -1)
    a, b = extract_views(sample, ViewSettings(size=8, num_dates=3, dates=dates), generator())
    for one, other in zip(a["dates"], b["dates"], strict=True):
        assert one.tolist() == sorted(one.tolist())
        assert len(set(one.tolist()) & set(other.tolist())) == shared


def test_all_dates_are_every_date_in_order_in_both_views_and_draw_nothing():
    sample, settings = batch(length=9), ViewSettings(size=8, num_dates=9, dates="all", **PLAIN)
    for seed in range(3):
        for view in extract_views(sample, settings, generator(seed)):
            assert torch.equal(view["dates"], sample["dates"])
    used, unused = generator(3), generator(3)
    draw_dates(4, 9, settings, used)
    assert torch.equal(used.get_state(), unused.get_state())
    with pytest.raises(InputError, match="views with all dates have num_dates=4, the series have 9: set num_dates to 9"):
        extract_views(sample, settings.model_copy(update={"num_dates": 4}), generator())


def test_batch_level_draws_are_shared_and_sample_level_draws_are_not():
    for level, kinds in (("batch", 1), ("sample", 32)):
        settings = ViewSettings(size=8, num_dates=2, level=level)
        view, _ = extract_views(batch(32), settings, generator())
        assert len({tuple(index.flatten().tolist()) for index in view["index"]}) in range(min(kinds, 20), kinds + 1)


def test_same_generator_same_views_and_photometry_leaves_the_source_alone():
    sample = batch()
    before = sample["image"].clone()
    settings = ViewSettings(size=8, num_dates=3, gain=0.3, noise=0.05, band_drop=0.5, date_drop=0.5, batch_shift=0.1)
    first, again = (extract_views(sample, settings, generator(5))[0]["image"] for _ in range(2))
    assert torch.equal(first, again)
    assert torch.equal(sample["image"], before)
    other = extract_views(sample, settings, generator(6))[0]["image"]
    assert not torch.equal(first, other)


def test_photometric_size():
    sample = {"image": torch.full((200, 2, 3, 8, 8), 0.3), "dates": torch.ones(200, 2, dtype=torch.int64)}
    view, _ = extract_views(sample, ViewSettings(size=8, num_dates=2, dates="same", gain=0.2, noise=0), generator())
    factor = view["image"] / 0.3
    assert factor.min() >= 0.8 - 1e-6
    assert factor.max() <= 1.2 + 1e-6
    assert factor.std() == pytest.approx(0.4 / np.sqrt(12), rel=0.1)
    view, _ = extract_views(sample, ViewSettings(size=8, num_dates=2, dates="same", gain=0, noise=0.02), generator())
    assert (view["image"] - 0.3).std() == pytest.approx(0.02, rel=0.05)
    view, _ = extract_views(sample, ViewSettings(size=8, num_dates=2, dates="same", gain=0, noise=0, date_drop=0.25), generator())
    assert float((view["image"][:, :, 0, 0, 0] != 0.3).float().mean()) == pytest.approx(0.25, abs=0.08)


def test_bad_input_is_named():
    with pytest.raises(InputError, match="do not fit"):
        extract_views(batch(side=8), ViewSettings(size=16, num_dates=2), generator())
    with pytest.raises(InputError, match="need 8 dates, the series have 6"):
        extract_views(batch(), ViewSettings(size=8, num_dates=4, dates="disjoint"), generator())
    with pytest.raises(ValueError, match="num_dates=1"):
        ViewSettings(num_dates=1, dates="disjoint")
