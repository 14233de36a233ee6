"""The dense loss: matched pixels, kinds of negatives, guard radius."""

import oracle
import pytest
import torch

from eelib.data.views import pixel_index
from eelib.errors import InputError
from eelib.losses import MatchedPixels, dense_info_nce, info_nce, query_info_nce


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def two_views(batch=3, dims=4, size=4):
    """Views of 4 x 4 pixels moved against each other by (1, 2); 6 pixels are in both."""
    z_a, z_b = (torch.randn(batch, dims, size, size, generator=generator(seed), dtype=torch.float64) for seed in (1, 2))
    index_a = pixel_index(size, size).expand(batch, -1, -1)
    index_b = pixel_index(size, size, 1, 2).expand(batch, -1, -1)
    return z_a, z_b, index_a, index_b


def matched(z_a, z_b, index_a, index_b):
    """All pairs by a loop: (image, pixel id, row of a, row of b)."""
    pairs = []
    for image in range(len(z_a)):
        where_b = {int(pixel): at for at, pixel in enumerate(index_b[image].flatten())}
        for at, pixel in enumerate(index_a[image].flatten().tolist()):
            if pixel in where_b:
                pairs.append((image, pixel, z_a[image].flatten(1)[:, at], z_b[image].flatten(1)[:, where_b[pixel]]))
    return pairs


def far(first, second, stride):
    (_, p, *_), (_, q, *_) = first, second
    return ((p // stride - q // stride) ** 2 + (p % stride - q % stride) ** 2) ** 0.5


@pytest.mark.parametrize("negatives", ["all", "other_images", "same_image"])
@pytest.mark.parametrize("radius", [0, 1.5])
@pytest.mark.parametrize("chunk", [None, 5])
def test_with_all_pixels_drawn_it_equals_the_oracle(negatives, radius, chunk):
    from eelib.pixels import ROW_STRIDE

    views = two_views()
    pairs = matched(*views)
    assert len(pairs) == 3 * 3 * 2
    exclude = [[False] * len(pairs) for _ in pairs]
    for n, one in enumerate(pairs):
        for m, other in enumerate(pairs):
            same = one[0] == other[0]
            near = same and far(one, other, ROW_STRIDE) < radius
            exclude[n][m] = {"all": near, "other_images": same, "same_image": near or not same}[negatives]
    wanted = oracle.info_nce([pair[2].numpy() for pair in pairs], [pair[3].numpy() for pair in pairs], 1 / 0.2, exclude)
    options = {"temperature": 0.2, "anchors": 99, "generator": generator(), "negatives": negatives, "guard_radius": radius, "chunk": chunk}
    assert float(dense_info_nce(*views, **options)) == pytest.approx(wanted, rel=1e-10)


def test_pixels_that_only_one_view_shows_get_no_gradient():
    z_a, z_b, index_a, index_b = two_views()
    z_a.requires_grad_()
    dense_info_nce(z_a, z_b, index_a, index_b, temperature=0.1, anchors=99, generator=generator()).backward()
    shown = torch.isin(index_a[0], index_b[0])
    assert (z_a.grad[:, :, ~shown] == 0).all()
    assert (z_a.grad[:, :, shown] != 0).any(1).all()


def test_one_pixel_views_are_plain_info_nce():
    z_a, z_b = (torch.randn(5, 4, 1, 1, generator=generator(seed)) for seed in (1, 2))
    index = torch.zeros(5, 1, 1, dtype=torch.int64)
    dense = dense_info_nce(z_a, z_b, index, index, temperature=0.5, anchors=1, generator=generator())
    torch.testing.assert_close(dense, info_nce(z_a.flatten(1), z_b.flatten(1), 2.0))


@pytest.mark.parametrize("kind", ["pairs", "one way", "bank"])
def test_other_pairs_one_way_and_a_bank_are_the_row_losses_on_those_rows(kind):
    z_a, z_b, index_a, index_b = two_views()
    pairs = MatchedPixels(torch.tensor([0, 1, 2]), torch.tensor([3, 0, 9]), torch.tensor([5, 7, 1]))
    rows_a = torch.stack([z_a[image].flatten(1)[:, at] for image, at in ((0, 3), (1, 0), (2, 9))])
    rows_b = torch.stack([z_b[image].flatten(1)[:, at] for image, at in ((0, 5), (1, 7), (2, 1))])
    bank = torch.nn.functional.normalize(torch.randn(6, 4, generator=generator(4), dtype=torch.float64), dim=1)
    extra = {"pairs": {}, "one way": {"one_way": True}, "bank": {"one_way": True, "bank": bank}}[kind]
    found = dense_info_nce(z_a, z_b, index_a, index_b, temperature=0.5, anchors=1, generator=generator(), pairs=pairs, **extra)
    wanted = {
        "pairs": info_nce(rows_a, rows_b, 2.0),
        "one way": query_info_nce(rows_a, rows_b, 2.0),
        "bank": query_info_nce(rows_a, rows_b, 2.0, bank=bank),
    }
    torch.testing.assert_close(found, wanted[kind])


def test_bad_input_is_named():
    z_a, z_b, index_a, _ = two_views()
    options = {"temperature": 0.1, "anchors": 4, "generator": generator()}
    with pytest.raises(InputError, match="both views"):
        dense_info_nce(z_a, z_b, index_a, index_a + 10**9, **options)
    with pytest.raises(InputError, match="temperature"):
        dense_info_nce(z_a, z_b, index_a, index_a, **options | {"temperature": 0})
    with pytest.raises(InputError, match="anchors"):
        dense_info_nce(z_a, z_b, index_a, index_a, **options | {"anchors": 0})
    with pytest.raises(InputError, match="negatives"):
        dense_info_nce(z_a, z_b, index_a, index_a, **options | {"negatives": "none"})
