"""Which pixels are pairs, and which pairs are not negatives of each other."""

import numpy as np
import pytest
import torch

from eelib.data.views import pixel_index
from eelib.errors import InputError
from eelib.losses import MatchedPixels, most_similar, same_ground
from eelib.losses.pairs import excluded
from eelib.pixels import ROW_STRIDE


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def indices(batch=3, size=4):
    """Views of 4 x 4 pixels moved against each other by (1, 2); 6 pixels are in both."""
    return pixel_index(size, size).expand(batch, -1, -1), pixel_index(size, size, 1, 2).expand(batch, -1, -1)


def mask(pairs, *views, **options):
    """The whole mask, and every 2 x 3 tile of it is the same."""
    rule, everything = excluded(pairs, *views, **options), slice(0, len(pairs.image))
    whole = rule(everything, everything)
    for top in range(0, len(whole), 2):
        for left in range(0, len(whole), 3):
            tile = slice(top, min(top + 2, len(whole))), slice(left, min(left + 3, len(whole)))
            assert torch.equal(torch.as_tensor(rule(*tile)).expand(whole[tile].shape), whole[tile])
    return whole


def test_anchors_show_the_same_ground_and_are_drawn_without_repeats():
    index_a, index_b = indices()
    pairs = same_ground(index_a, index_b, 4, generator())
    ids_a, ids_b = index_a.flatten(1)[pairs.image, pairs.at_a], index_b.flatten(1)[pairs.image, pairs.at_b]
    assert torch.equal(ids_a, ids_b)
    assert torch.bincount(pairs.image).tolist() == [4, 4, 4]
    assert len({(int(i), int(p)) for i, p in zip(pairs.image, ids_a, strict=True)}) == 12
    drawn = {tuple(same_ground(index_a, index_b, 1, generator(seed)).at_a.tolist()) for seed in range(20)}
    assert len(drawn) > 5  # the draw follows the generator


def test_the_most_similar_feature_is_the_one_a_loop_finds():
    a, b = (torch.randn(2, 5, 3, 3, generator=generator(seed), dtype=torch.float64) for seed in (1, 2))
    pairs = most_similar(a, b, 99, generator())
    assert len(pairs.image) == 18
    for image, at_a, at_b in zip(pairs.image.tolist(), pairs.at_a.tolist(), pairs.at_b.tolist(), strict=True):
        query, keys = a[image].flatten(1)[:, at_a].numpy(), b[image].flatten(1).numpy().T
        cosines = [float(query @ key / np.linalg.norm(query) / np.linalg.norm(key)) for key in keys]
        assert at_b == int(np.argmax(cosines))


def test_features_that_were_only_moved_are_found_again():
    """If features follow the ground exactly, the rule of DenseCL and that of the ground agree wherever both views look."""
    world = torch.randn(2, 8, 6, 6, generator=generator(3))
    index_a, index_b = indices(2)
    pairs = most_similar(world[..., :4, :4], world[..., 1:5, 2:6], 99, generator())
    found = index_b.flatten(1)[pairs.image, pairs.at_b]
    wanted = index_a.flatten(1)[pairs.image, pairs.at_a]
    shown = torch.isin(wanted, index_b[0])
    assert shown.sum() == 2 * 6
    assert torch.equal(found[shown], wanted[shown])


def test_two_anchors_with_the_same_partner_do_not_repel():
    index_a, index_b = indices(2)
    pairs = MatchedPixels(torch.tensor([0, 0, 0, 1]), torch.tensor([0, 15, 5, 0]), torch.tensor([3, 3, 7, 3]))
    found = mask(pairs, index_a, index_b)
    wanted = torch.eye(4, dtype=torch.bool)
    wanted[0, 1] = wanted[1, 0] = True
    assert torch.equal(found, wanted)


@pytest.mark.parametrize("negatives", ["all", "other_images", "same_image"])
def test_the_guard_looks_at_both_views(negatives):
    index_a, index_b = indices(2)
    pairs = MatchedPixels(torch.tensor([0, 0, 0, 1, 1]), torch.tensor([0, 1, 15, 0, 12]), torch.tensor([15, 0, 1, 2, 3]))
    pixels = [index.flatten(1)[pairs.image, at] for index, at in ((index_a, pairs.at_a), (index_b, pairs.at_b))]
    found = mask(pairs, index_a, index_b, negatives=negatives, guard_radius=1.5)
    for n in range(5):
        for m in range(5):
            same = bool(pairs.image[n] == pairs.image[m])
            places = [(divmod(int(p[n]), ROW_STRIDE), divmod(int(p[m]), ROW_STRIDE)) for p in pixels]
            near = same and any((r - s) ** 2 + (c - d) ** 2 < 1.5**2 for (r, c), (s, d) in places)
            assert bool(found[n, m]) == {"all": near, "other_images": same, "same_image": near or not same}[negatives]


@pytest.mark.parametrize(("first", "radius"), [(0, 2.0), (0, float("inf")), (10_000_000, 2.0)])
def test_the_guard_is_exact_however_large_the_scenes_and_never_joins_images(first, radius):
    """Images at both ends of a scene of ten million rows: their pixel numbers are beyond what float32 can hold."""
    near, far = pixel_index(4, 4), pixel_index(4, 4, first, 1000)
    index = torch.stack([near, far, near])
    pairs = MatchedPixels(torch.arange(3).repeat_interleave(16), torch.arange(16).repeat(3), torch.arange(16).repeat(3))
    row, column = np.divmod(np.arange(16), 4)
    within = (row[:, None] - row) ** 2 + (column[:, None] - column) ** 2 < radius**2
    assert np.array_equal(mask(pairs, index, index, guard_radius=radius).numpy(), np.kron(np.eye(3, dtype=bool), within))


@pytest.mark.parametrize("negatives", ["all", "other_images", "same_image"])
@pytest.mark.parametrize("radius", [0.0, 1.5, 3.0])
def test_no_anchor_repels_its_own_ground_in_another_series_of_the_place(negatives, radius):
    """Two windows of a place that overlap, one of another place with the same rows and columns, and one of the place far away."""
    index = torch.stack([pixel_index(4, 4, *corner) for corner in ((0, 0), (2, 1), (0, 0), (40, 0))])
    ground = torch.tensor([70, 70, 5, 70])
    pairs = MatchedPixels(torch.arange(4).repeat_interleave(16), torch.arange(16).repeat(4), torch.arange(16).repeat(4))
    row, column = np.divmod(index.flatten(1)[pairs.image, pairs.at_a].numpy(), ROW_STRIDE)
    within = (row[:, None] - row) ** 2 + (column[:, None] - column) ** 2 < max(radius, 0.5) ** 2
    place, image = ground[pairs.image].numpy(), pairs.image.numpy()
    near, same = within & (place[:, None] == place), image[:, None] == image
    wanted = {"all": near, "other_images": near | same, "same_image": near | ~same}[negatives]
    found = mask(pairs, index, index, negatives=negatives, guard_radius=radius, ground=ground)
    assert np.array_equal(found.numpy(), wanted)
    apart = mask(pairs, index, index, negatives=negatives, guard_radius=radius, ground=torch.arange(4))
    alone = excluded(pairs, index, index, negatives=negatives, guard_radius=radius)
    everything = slice(0, 64)
    expected = torch.eye(64, dtype=torch.bool) if alone is None else torch.as_tensor(alone(everything, everything))
    assert torch.equal(apart, expected), "series that all have a ground of their own are series without one"


def test_bad_input_is_named():
    index_a, index_b = indices()
    with pytest.raises(InputError, match="both views"):
        same_ground(index_a, index_b + 10**9, 4, generator())
    pairs = same_ground(index_a, index_b, 4, generator())
    with pytest.raises(InputError, match="negatives must be"):
        excluded(pairs, index_a, index_b, negatives="none")
