"""Image encoders on series: the same numbers as the image-text model's own encoder, date by date."""

import pytest
import torch
from networks import inputs

from eelib.models import build
from eelib.models.image_series import ResNetSeries, ViTSeries
from eelib.models.image_text import IMAGE_PRESETS as PRESETS
from eelib.models.image_text import build_image_encoder
from eelib.settings import IMAGE_PRESETS, series_encoder
from eelib.train.fit import seeded


def pair(kind, image, **options):
    """An image encoder and a network of series with the same weights, both in evaluation mode, batch norms as after some training."""
    own = seeded(3, lambda: build_image_encoder(image, bands=3))
    own.train()
    for _ in range(3):
        own(torch.randn(4, 3, 32, 32))
    network = seeded(4, lambda: kind(3, 4, 8, **options))
    network.tower.load_state_dict({name: value for name, value in own.state_dict().items() if name.partition(".")[0] not in kind.unused})
    return own.eval(), network.eval()


def images(count=2, side=32):
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(0))


def test_without_overlap_the_map_of_a_vit_holds_the_tokens_of_the_image_text_model():
    own, network = pair(ViTSeries, "vit_tiny", finer=1)
    (found,) = network.maps(images())
    assert torch.equal(found.flatten(2).transpose(1, 2), own(images()).tokens)


def test_the_coarsest_map_of_a_resnet_is_the_image_text_models_and_pools_to_its_feature():
    own, network = pair(ResNetSeries, "resnet_tiny")
    *_, last = network.maps(images())
    assert torch.equal(last.flatten(2).transpose(1, 2), own(images()).tokens)
    assert torch.equal(own.pool(last), own(images()).feature)


@pytest.mark.parametrize(("kind", "image"), [(ViTSeries, "vit_tiny"), (ResNetSeries, "resnet_tiny")])
def test_the_mean_of_the_dense_features_is_that_of_the_tokens(kind, image):
    """Enlarging keeps the mean up to the edges, whose cells count a little less; one cell has no edge to the others."""
    own, network = pair(kind, image, **({"finer": 1} if kind is ViTSeries else {}))
    side = 8
    found = network(images(side=side)[:, None], torch.ones(2, 1))
    tokens = own(images(side=side)).tokens
    torch.testing.assert_close(found.mean((2, 3))[:, -tokens.shape[2] :], tokens.mean(1))


@pytest.mark.parametrize("name", IMAGE_PRESETS)
def test_features_are_the_mean_over_dates_and_know_neither_day_nor_order(name):
    network = seeded(0, lambda: build(name, bands=3, num_dates=4, width=8)).eval()
    series, days = inputs(2)
    features = network(series, days)
    single = torch.stack([network(series[:, [date]], days[:, [date]]) for date in range(4)]).mean(0)
    torch.testing.assert_close(features, single, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(network(series.flip(1), days + 100), features, rtol=1e-4, atol=1e-5)


def test_overlapping_patches_are_centred_on_their_cells():
    """Shifted by half a patch, the picture gives the patches in between: the finer grid holds the plain one's neighbours, not others."""
    network = seeded(0, lambda: ViTSeries(3, 1, 8)).eval()
    assert (network.stride, network.multiple) == (4, 4)
    seen = []
    network.tower.encode = lambda x: (seen.append(x), torch.zeros(len(x), 1 + x.shape[2] * x.shape[3], 64))[1]
    series = images()
    network.maps(series)
    plain = network.tower.patches(series[..., 2:-6, 2:-6])  # the patch of the cell that covers pixels 4 to 7 covers pixels 2 to 9
    torch.testing.assert_close(seen[0][..., 1:7:2, 1:7:2], plain)
    assert seen[0].shape[2:] == (8, 8)


def test_every_preset_has_a_network_of_series():
    assert {image for presets in IMAGE_PRESETS.values() for image in presets.values()} == set(PRESETS)
    for image in ("vit_tiny", "vit_small", "resnet_tiny", "resnet_small"):
        settings = series_encoder(image, 2)
        network = build(settings.name, bands=3, num_dates=2, width=settings.width)
        own = {name: value.shape for name, value in build_image_encoder(image, bands=3).state_dict().items()}
        mine = {name: value.shape for name, value in network.tower.state_dict().items()}
        assert mine.items() <= own.items()
        assert {name.partition(".")[0] for name in own.keys() - mine.keys()} == set(network.unused)
