"""What all encoders promise: shapes, checks, dates, gradients, how far a pixel reaches, and that they can be pre-trained."""

import pytest
import torch
from networks import inputs, small
from toys import make_region

from eelib import settings
from eelib.errors import InputError
from eelib.models import ENCODERS, PRESETS, SegmentationModel, build
from eelib.settings import IMAGE_PRESETS, EncoderSettings, PretrainSettings, ViewSettings
from eelib.train.batches import Normaliser, WindowBatches
from eelib.train.fit import fit, seeded
from eelib.train.pretrain import Pretraining

every_encoder = pytest.mark.parametrize("name", ENCODERS)
every_that_knows_time = pytest.mark.parametrize("name", [name for name in ENCODERS if name not in IMAGE_PRESETS])


@every_encoder
@pytest.mark.parametrize(("dates", "height", "width"), [(4, 16, 16), (1, 16, 16), (3, 13, 18), (1, 5, 7), (4, 9, 30)])
def test_any_side_and_any_shorter_series(name, dates, height, width):
    network = small(name)
    features = network(*inputs(2, dates, 3, height, width))
    assert features.shape == (2, network.embed_dim, height, width)
    assert torch.isfinite(features).all()
    assert (network.bands, network.num_dates) == (3, 4)


@every_encoder
def test_a_network_for_one_date(name):
    network = small(name, num_dates=1)
    assert network(*inputs(2, 1)).shape == (2, network.embed_dim, 16, 16)
    with pytest.raises(InputError, match="2 dates but the network was built for at most 1"):
        network(*inputs(2, 2))


@every_encoder
def test_bad_input_is_named(name):
    with pytest.raises(InputError, match="5 bands but the network was built for 3"):
        small(name)(*inputs(bands=5))
    with pytest.raises(InputError, match="6 dates but the network was built for at most 4"):
        small(name)(*inputs(dates=6))
    strict = small(name, pad=False)
    if strict.multiple > 1:
        with pytest.raises(InputError, match=f"multiples of {strict.multiple}, got 13x16"):
            strict(*inputs(height=13))


@every_encoder
def test_padding_repeats_the_edge_and_is_cut_off_again(name):
    network = small(name)
    series, days = inputs(1, height=15)
    grown = torch.cat([series, series[..., -1:, :]], -2)
    if network.multiple > 1:
        torch.testing.assert_close(network(series, days), network(grown, days)[..., :15, :])


@every_that_knows_time
def test_the_day_of_the_year_and_the_order_of_dates_matter(name):
    network = small(name)
    series, days = inputs()
    features = network(series, days)
    assert not torch.allclose(features, network(series, (days + 120) % 365 + 1), atol=1e-5)
    assert not torch.allclose(features, network(series.flip(1), days), atol=1e-5)


@every_encoder
def test_windows_of_a_batch_do_not_mix(name):
    network = small(name)
    series, days = inputs(3)
    torch.testing.assert_close(network(series, days)[1:2], network(series[1:2], days[1:2]), rtol=1e-4, atol=1e-5)


@every_encoder
def test_every_parameter_gets_a_gradient(name):
    network = small(name).train()
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d) and not layer.weight.any():
            torch.nn.init.ones_(layer.weight)  # residual branches of CLIP's ResNet start at 0 and let no gradient through
    network(*inputs()).square().mean().backward()
    assert [part for part, value in network.named_parameters() if value.grad is None or (value.grad == 0).all()] == []


@pytest.mark.parametrize("name", [name for name in ENCODERS if small(name).radius is not None])
@pytest.mark.parametrize("dates", [1, 3])
def test_how_far_a_pixel_reaches(name, dates):
    """The declared radius is the true one: a tile with such a margin gives what the whole scene gives, and a smaller one would not."""
    network = small(name, num_dates=dates).double()
    side, reach = 96, []
    series, days = inputs(1, dates, 3, side, side)
    series = series.double()
    with torch.no_grad():
        before = network(series, days)
        for at in range(44, 48):  # every place within a cell of the pooled grid
            changed = series.clone()
            changed[..., at, at] += 5
            rows = (network(changed, days) != before).any(1).any(-1)[0].nonzero()[:, 0]
            reach += [at - int(rows.min()), int(rows.max()) - at]
    assert max(reach) == network.radius


@pytest.mark.parametrize("name", ["tsvit", *IMAGE_PRESETS])
def test_with_attention_every_pixel_of_a_window_may_see_every_other(name):
    assert small(name).radius is None


@every_encoder
def test_it_is_pretrained_and_fine_tuned_as_it_stands(name, tmp_path):
    region = make_region()
    normalise = Normaliser.of(region.unlabelled)
    recipe = PretrainSettings(steps=2, batch_size=4, anchors=16, views=ViewSettings(size=8, num_dates=2))
    module = seeded(0, lambda: Pretraining(build(name, bands=3, num_dates=2, width=4), recipe, normalise, 0))
    before = {part: value.clone() for part, value in module.encoder.named_parameters()}
    fit(module, WindowBatches(region.unlabelled, 4, 0), 2, tmp_path, lambda share: None)
    changed = [part for part, value in module.encoder.named_parameters() if not torch.equal(value, before[part])]
    assert len(changed) > 0.8 * len(before)  # a bias before a batch norm has no gradient
    assert SegmentationModel(module.encoder, 5)(*inputs(dates=2)).shape == (2, 5, 16, 16)


def test_settings_know_the_same_names_and_name_the_nearest():
    assert set(settings.ENCODERS) == set(ENCODERS) == set(PRESETS)
    with pytest.raises(ValueError, match="did you mean 'unet3df'"):
        EncoderSettings(name="unet3d-f")
    for name in ("tsvit", "resnet_series"):
        with pytest.raises(ValueError, match="got width=5"):
            EncoderSettings(name=name, width=5)


@every_encoder
def test_presets_build(name):
    published = build(name, bands=10, **PRESETS[name]["published"])
    assert published.embed_dim == {"unet3d": 32, "vit_series": 768, "resnet_series": 64 + 256 + 512 + 1024 + 2048}.get(name, 128)
    count = lambda network: sum(part.numel() for part in network.parameters())  # noqa: E731
    assert count(build(name, bands=10, **PRESETS[name]["small"])) < 0.1 * count(published)
