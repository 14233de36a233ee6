"""TSViT: parameters, order of temporal and spatial attention, positions."""

import pytest
import torch
from networks import inputs, shapes, small, stages

from eelib.errors import InputError
from eelib.models import TSViT
from eelib.models.tsvit import Attention


def linear(inputs, outputs):
    return inputs * outputs + outputs


def test_parameters_follow_the_description():
    """Patch 2, dim 128, depth 4 + 4, 4 heads, PASTIS24: 10 bands, 24 x 24 pixels."""
    dim, bands, patch = 128, 10, 2
    block = 2 * dim + 3 * dim * dim + linear(dim, dim) + 2 * dim + linear(dim, 4 * dim) + linear(4 * dim, dim)
    wanted = linear(bands * patch**2, dim) + linear(366, dim) + dim  # patches, days, class token
    wanted += 2 * (4 * block + 2 * dim) + (24 // patch) ** 2 * dim  # both encoders, positions
    wanted += 2 * dim + linear(dim, dim * patch**2)  # pixels
    assert sum(part.numel() for part in TSViT(bands, 60, 64).parameters()) == wanted


def test_stages():
    network = TSViT(10, 3, 64).eval()
    seen = stages(network)
    with torch.no_grad():
        assert network(*inputs(2, 3, 10, 24, 24)).shape == (2, 128, 24, 24)
    assert shapes(seen) == {
        "tokens": (2 * 144, 3, 128),
        "days": (2, 3, 128),
        "temporal": (2 * 144, 4, 128),
        "spatial": (2, 144, 128),
        "pixels": (2, 144, 512),
    }


def test_dates_form_a_set_whose_members_know_their_day():
    """Attention has no order of its own: image and day together can change places, apart they cannot."""
    network = small("tsvit")
    series, days = inputs(1)
    features = network(series, days)
    torch.testing.assert_close(network(series.flip(1), days.flip(1)), features, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(network(series, days.flip(1)), features, atol=1e-5)


def test_a_pixel_is_read_where_it_lies():
    """Without attention over space, a patch answers only to its own pixels."""
    network = small("tsvit")
    network.spatial = torch.nn.Identity()
    series, days = inputs(1)
    changed = series.clone()
    changed[..., 5, 8] += 1
    moved = (network(changed, days) - network(series, days)).abs().amax(1)[0] > 1e-6
    assert moved[4:6, 8:10].all()
    moved[4:6, 8:10] = False
    assert not moved.any()


def test_positions_are_resampled_and_kept_where_they_fit():
    network = TSViT(3, 2, 4, window=24)
    kept = network._positions(12, 12)
    assert torch.equal(kept[0], network.positions.flatten(2)[0].T)
    halved = network._positions(6, 6)
    assert halved.shape == (1, 36, 8)
    with torch.no_grad():
        network.positions.fill_(3.0)
    torch.testing.assert_close(network._positions(20, 7), torch.full((1, 140, 8), 3.0))


def test_attention_against_a_loop():
    torch.manual_seed(0)
    layer, x = Attention(8, 2), torch.randn(1, 5, 8)
    q, k, v = layer.qkv(x)[0].split(8, 1)
    mixed = torch.zeros(5, 8)
    for head in range(2):
        at = slice(4 * head, 4 * head + 4)
        for i in range(5):
            weights = torch.tensor([float(q[i, at] @ k[j, at]) / 4**0.5 for j in range(5)]).softmax(0)
            mixed[i, at] = sum(weights[j] * v[j, at] for j in range(5))
    torch.testing.assert_close(layer(x)[0], layer.out(mixed), rtol=1e-4, atol=1e-5)


def test_heads_must_divide_the_tokens():
    with pytest.raises(InputError, match="4 heads do not divide the token width"):
        TSViT(3, 2, 5)
