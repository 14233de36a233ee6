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
