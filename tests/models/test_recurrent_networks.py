"""UNet2D-CLSTM and ConvBiGRU: parameters, stages, direction of time."""

import pytest
import torch
from networks import inputs, shapes, small, stages

from eelib.models import ConvBiGRU, UNet2DCLSTM


def conv(inputs, outputs, side=3):
    return side * side * inputs * outputs + outputs


def unit(inputs, outputs):
    """Convolution and batch norm."""
    return conv(inputs, outputs) + 2 * outputs


def count(network):
    return sum(part.numel() for part in network.parameters())


def test_clstm_parameters_follow_the_description():
    wanted = unit(11, 64) + unit(64, 64) + unit(64, 128) + unit(128, 128)  # encoder
    wanted += unit(128, 256) + unit(256, 256) + conv(256, 128, 2)  # centre
    wanted += unit(256, 128) + unit(128, 128) + conv(128, 64, 2)  # decoder
    wanted += unit(128, 64) + unit(64, 32) + conv(32, 128)  # maps of 128 channels
    wanted += 4 * conv(128 + 128, 128)  # gates of the ConvLSTM
    wanted += conv(128, 128)
    assert count(UNet2DCLSTM(10, 16, 64)) == wanted
    assert count(UNet2DCLSTM(10, 3, 64)) == wanted


def test_bigru_parameters_follow_the_description():
    wanted = conv(11, 64) + 2 * 3 * conv(64 + 256, 256) + conv(512, 128)
    assert count(ConvBiGRU(10, 16, 64)) == wanted


def test_clstm_stages():
    network = UNet2DCLSTM(10, 2, 64).eval()
    inside, outside = stages(network.unet, "en3", "en4", "center_in", "center_out", "dc4", "dc3"), stages(network)
    with torch.no_grad():
        network(*inputs(1, 2, 10))
    assert shapes(inside) == {
        "en3": (2, 64, 16, 16),
        "en4": (2, 128, 8, 8),
        "center_in": (2, 256, 4, 4),
        "center_out": (2, 128, 8, 8),
        "dc4": (2, 64, 16, 16),
        "dc3": (2, 128, 16, 16),
    }
    assert shapes(outside) == {"unet": (2, 128, 16, 16), "cell": (1, 128, 16, 16), "final": (1, 128, 16, 16)}


def test_bigru_stages():
    network = ConvBiGRU(10, 2, 64).eval()
    seen = stages(network)
    with torch.no_grad():
        network(*inputs(1, 2, 10))
    assert shapes(seen) == {"inconv": (2, 64, 16, 16), "forth": (1, 256, 16, 16), "back": (1, 256, 16, 16), "final": (1, 128, 16, 16)}


def test_clstm_is_the_mean_of_states_and_sees_no_later_date():
    network = small("unet2d_clstm")
    states = stages(network, "cell")
    series, days = inputs(1)
    features = network(series, days)
    torch.testing.assert_close(features, network.final(torch.stack(states["cell"]).mean(0)))
    series[:, -1] += 1
    network(series, days)
    torch.testing.assert_close(states["cell"][4], states["cell"][0])
    assert not torch.allclose(states["cell"][7], states["cell"][3])


@pytest.mark.parametrize("changed", [0, 3])
def test_bigru_reads_both_ways(changed):
    """The forward state after the first date, and the backward state after the last, know nothing of the others."""
    network = small("convbigru")
    states = stages(network, "forth", "back")
    series, days = inputs(1)
    network(series, days)
    series[:, changed] += 1
    network(series, days)
    same = {name: torch.equal(values[0], values[4]) for name, values in states.items()}
    assert same == {"forth": changed == 3, "back": changed == 0}


def test_swapping_directions_and_time_changes_nothing():
    network = small("convbigru")
    series, days = inputs(1)
    features = network(series, days)
    network.forth, network.back = network.back, network.forth
    half = network.final.weight.shape[1] // 2
    with torch.no_grad():
        network.final.weight.copy_(network.final.weight.roll(half, 1).clone())
    torch.testing.assert_close(network(series.flip(1), days.flip(1)), features, rtol=1e-4, atol=1e-5)
