"""UNet3Df: shapes, sizes, padding, one date."""

import pytest
import torch
from torch import nn

from eelib.errors import InputError
from eelib.models import SegmentationModel, UNet3Df, build
from eelib.models.heads import ProjectionHead


def inputs(batch=2, dates=8, bands=3, height=16, width=16, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, dates, bands, height, width, generator=generator), torch.randint(1, 366, (batch, dates), generator=generator)


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
    series, days = inputs(1, 6)
    with torch.no_grad():
        full = network._padded(torch.cat([series, (days / 365.0001)[:, :, None, None, None].expand(1, 6, 1, 16, 16)], 2).transpose(1, 2))
    assert full.shape == (1, 4, 8, 16, 16)
    assert (full[:, :, 6:] == 0).all()


def test_dates_matter_and_windows_of_a_batch_do_not_mix():
    network = UNet3Df(3, 8, 4).eval()
    series, days = inputs(3)
    features = network(series, days)
    assert not torch.allclose(features, network(series, (days + 100) % 365 + 1))
    torch.testing.assert_close(features[1:2], network(series[1:2], days[1:2]), rtol=1e-4, atol=1e-5)


def test_one_date_costs_no_time_pooling_and_keeps_the_weights_shapes():
    shapes = {name: part.shape for name, part in UNet3Df(3, 8, 4).named_parameters() if "collapse" not in name}
    assert shapes == {name: part.shape for name, part in UNet3Df(3, 1, 4).named_parameters() if "collapse" not in name}


def test_every_parameter_gets_a_gradient():
    network = UNet3Df(3, 8, 4)
    network(*inputs()).square().mean().backward()
    assert [name for name, part in network.named_parameters() if part.grad is None or (part.grad == 0).all()] == []


def test_bad_input_is_named():
    network = UNet3Df(3, 8, 4)
    with pytest.raises(InputError, match="4 bands but the network was built for 3"):
        network(*inputs(bands=4))
    with pytest.raises(InputError, match="12 dates but the network was built for at most 8"):
        network(*inputs(dates=12))
    with pytest.raises(InputError, match="multiples of 4, got 14x16"):
        UNet3Df(3, 8, 4, pad=False)(*inputs(height=14))
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
