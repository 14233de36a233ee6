"""UNet3D and UNet3Df: parameters, stages, padding, one date."""

import pytest
import torch
from networks import inputs, shapes, stages
from torch import nn

from eelib.errors import InputError
from eelib.models import SegmentationModel, UNet3D, UNet3Df, build
from eelib.models.heads import ProjectionHead


def conv(inputs, outputs):
    """Weights and bias of a 3 x 3 x 3 convolution."""
    return 27 * inputs * outputs + outputs


def unit(inputs, outputs):
    """Convolution and batch norm."""
    return conv(inputs, outputs) + 2 * outputs


def test_parameter_count_follows_the_description():
    w, bands, dates = 64, 10, 24
    wanted = unit(bands + 1, w) + unit(w, w)  # encoder 3
    wanted += 2 * unit(2 * w, 2 * w) - unit(2 * w, 2 * w) + unit(w, 2 * w)  # encoder 4
    wanted += unit(2 * w, 4 * w) + unit(4 * w, 4 * w) + conv(4 * w, 2 * w)  # centre, with its transposed convolution
    wanted += unit(4 * w, 2 * w) + unit(2 * w, 2 * w) + unit(2 * w, w)  # decoder 4, and up
    wanted += 2 * unit(2 * w, 2 * w)  # decoder 3
    wanted += conv(2 * w, 2 * w) + dates + 1  # features, and the linear layer over time
    network = UNet3Df(bands, dates, 64)
    assert sum(part.numel() for part in network.parameters()) == wanted
    assert network.embed_dim == 128


def test_published_stage_widths():
    network = UNet3Df(10, 8, 64)
    widths = [part.out_channels for part in network.modules() if isinstance(part, nn.Conv3d)]
    assert max(widths) == 256
    assert {64, 128, 256} == set(widths)


@pytest.mark.parametrize(("dates", "height", "width"), [(8, 16, 16), (1, 16, 16), (5, 16, 16), (8, 13, 18), (3, 7, 9), (1, 5, 6)])
def test_any_size_gives_features_of_that_size(dates, height, width):
    network = UNet3Df(3, dates, 4).eval()
    series, days = inputs(2, dates, 3, height, width)
    features = network(series, days)
    assert features.shape == (2, 8, height, width)
    assert torch.isfinite(features).all()


def test_padding_repeats_the_edge_and_is_cut_off_again():
    network = UNet3Df(3, 4, 4).eval()
    series, days = inputs(1, 4, 3, 14, 16)
    grown = torch.cat([series, series[..., -1:, :], series[..., -1:, :]], -2)
    torch.testing.assert_close(network(series, days), network(grown, days)[..., :14, :])


def test_missing_dates_are_zero_dates_at_the_end():
    network = UNet3Df(3, 8, 4).eval()
    network.en3 = torch.nn.Sequential(torch.nn.Identity(), *network.en3)
    seen = stages(network, "en3.0")
    series, days = inputs(1, 6)
    network(series, days)
    given = seen["en3.0"][0]
    assert given.shape == (1, 4, 8, 16, 16)
    assert (given[:, :, 6:] == 0).all()
    torch.testing.assert_close(given[:, :3, :6], series.transpose(1, 2))
    torch.testing.assert_close(given[0, 3, :6, 0, 0], days[0] / 365.0001)


STAGES = {  # share of time, height and width, and channels at width 64 (github.com/michaeltrs/DeepSatModels)
    "en3": (1, 64),
    "en4": (2, 128),
    "center_in": (4, 256),
    "center_out": (2, 128),
    "dc4": (2, 128),
    "trans3": (1, 64),
}


@pytest.mark.parametrize(("kind", "last"), [(UNet3Df, 128), (UNet3D, 32)])
def test_every_stage_has_the_published_shape(kind, last):
    network = kind(10, 8, 64).eval()
    seen = stages(network)
    with torch.no_grad():
        assert network(*inputs(1, 8, 10)).shape == (1, last, 16, 16)
    for name, (share, channels) in {**STAGES, "dc3": (1, last), "final": (1, last)}.items():
        assert shapes(seen)[name] == (1, channels, 8 // share, 16 // share, 16 // share)


def test_unet3d_counts():
    w, bands, dates = 64, 10, 16
    both = sum(part.numel() for part in UNet3Df(bands, dates, w).parameters()) - 2 * unit(2 * w, 2 * w) - conv(2 * w, 2 * w)
    assert sum(part.numel() for part in UNet3D(bands, dates, w).parameters()) == both + unit(128, 64) + unit(64, 32) + conv(32, 32)


def test_unet3d_with_a_classifier_holds_the_published_ending():
    """32 channels to K classes of every date, then T dates to 1, is one setting of: 32 to 32, T to 1, 32 to K."""
    torch.manual_seed(0)
    classes, dates = 5, 8
    convolution, over_time = nn.Conv3d(32, classes, 3, padding=1), nn.Linear(dates, 1)
    model = SegmentationModel(UNet3D(3, dates, 64), classes).eval()
    encoder, maps = model.encoder, stages(model.encoder, "dc3")
    with torch.no_grad():
        for ours, theirs in ((encoder.final, convolution), (encoder.collapse, over_time)):
            ours.weight.zero_()
            ours.bias.zero_()
            ours.weight[: len(theirs.weight)] = theirs.weight
        encoder.final.bias[:classes] = convolution.bias
        model.head.weight.copy_(torch.eye(classes, 32)[:, :, None, None])
        model.head.bias.fill_(over_time.bias[0])
    scores = model(*inputs(1, dates))
    published = over_time(convolution(maps["dc3"][0]).permute(0, 1, 3, 4, 2))[..., 0]
    torch.testing.assert_close(scores, published, rtol=1e-4, atol=1e-5)


def test_dates_matter_and_windows_of_a_batch_do_not_mix():
    network = UNet3Df(3, 8, 4).eval()
    series, days = inputs(3, 8)
    features = network(series, days)
    assert not torch.allclose(features, network(series, (days + 100) % 365 + 1))
    torch.testing.assert_close(features[1:2], network(series[1:2], days[1:2]), rtol=1e-4, atol=1e-5)


def test_one_date_costs_no_time_pooling_and_keeps_the_weights_shapes():
    shapes = {name: part.shape for name, part in UNet3Df(3, 8, 4).named_parameters() if "collapse" not in name}
    assert shapes == {name: part.shape for name, part in UNet3Df(3, 1, 4).named_parameters() if "collapse" not in name}


def test_every_parameter_gets_a_gradient():
    network = UNet3Df(3, 8, 4)
    network(*inputs(2, 8)).square().mean().backward()
    assert [name for name, part in network.named_parameters() if part.grad is None or (part.grad == 0).all()] == []


def test_bad_input_is_named():
    network = UNet3Df(3, 8, 4)
    with pytest.raises(InputError, match="4 bands but the network was built for 3"):
        network(*inputs(2, 8, bands=4))
    with pytest.raises(InputError, match="12 dates but the network was built for at most 8"):
        network(*inputs(dates=12))
    with pytest.raises(InputError, match="multiples of 4, got 14x16"):
        UNet3Df(3, 8, 4, pad=False)(*inputs(2, 8, height=14))
    with pytest.raises(InputError, match="num_dates=6 is not a multiple of 4"):
        UNet3Df(3, 6, 4, pad=False)
    with pytest.raises(InputError, match=r"'unet3d-f'.*'unet3df'"):
        build("unet3d-f")


def test_heads():
    model = SegmentationModel(UNet3Df(3, 4, 4), 5)
    series, days = inputs(2, 4)
    assert model(series, days).shape == (2, 5, 16, 16)
    for depth, layers in ((1, 1), (2, 2), (3, 3)):
        head = ProjectionHead(8, 16, depth)
        assert sum(isinstance(layer, nn.Conv2d) for layer in head) == layers
        embedded = head(torch.randn(4, 8, 6, 6) + 10)
        assert embedded.shape == (4, 16, 6, 6)
        # Centred, so a fresh network does not start with all embeddings alike.
        assert embedded.mean((0, 2, 3)).abs().max() < 1e-4
