"""Convolutions of a single date in two dimensions are those in three."""

import pytest
import torch
from torch import nn

from eelib.models.series_conv import SeriesConv, SeriesUpsample


def gradients(function, layer, series):
    out = function(series)
    return [out, *torch.autograd.grad(out.square().sum(), [series, layer.weight, layer.bias])]


@pytest.mark.parametrize("dates", [1, 3])
@pytest.mark.parametrize(("make", "plain"), [(lambda: SeriesConv(3, 4), nn.Conv3d), (lambda: SeriesUpsample(3, 4, 1), nn.ConvTranspose3d)])
def test_results_and_gradients_are_those_of_the_plain_layer(make, plain, dates):
    torch.manual_seed(0)
    layer, series = make().double(), torch.randn(2, 3, dates, 6, 8, dtype=torch.float64, requires_grad=True)
    ours, theirs = gradients(layer, layer, series), gradients(lambda x: plain.forward(layer, x), layer, series)
    for found, wanted in zip(ours, theirs, strict=True):
        torch.testing.assert_close(found, wanted)


def test_a_stride_over_time_doubles_the_dates():
    assert SeriesUpsample(2, 3, 2)(torch.randn(1, 2, 1, 4, 4)).shape == (1, 3, 2, 8, 8)


def leave_rubbish():
    """Freed memory full of NaN, for whoever reads what he has not written."""
    for size in (100, 1000, 10_000, 100_000):
        del [torch.full((size,), float("nan")) for _ in range(20)][:]


@pytest.mark.parametrize("length", range(1, 9))
@pytest.mark.parametrize("make", [lambda: SeriesConv(8, 8), lambda: SeriesUpsample(8, 8, 1), lambda: SeriesUpsample(8, 8, 2)])
def test_gradients_in_bfloat16_are_those_of_float32_but_for_rounding(make, length):
    torch.manual_seed(length)
    layer = make().to(memory_format=torch.channels_last_3d)
    x = torch.randn(8, 8, length, 6, 6).to(memory_format=torch.channels_last_3d).requires_grad_()
    found = []
    for half in (False, True):
        leave_rubbish()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            y = layer(x)
        leave_rubbish()
        found.append(torch.autograd.grad(y.float().square().sum(), (x, layer.weight)))
    for exact, rounded in zip(*found, strict=True):
        assert (exact - rounded).norm() < 0.02 * exact.norm()
