"""Convolutional cells against loops written from the formulas."""

import numpy as np
import pytest
import torch

from eelib.models.recurrent import ConvGRUCell, ConvLSTMCell


def convolve(image, weight, bias):
    """3 x 3 convolution with a border of zeros, ``(I, H, W)`` to ``(O, H, W)``, one product at a time."""
    outputs, channels = weight.shape[:2]
    _, height, width = image.shape
    out = np.zeros((outputs, height, width))
    for o in range(outputs):
        for row in range(height):
            for column in range(width):
                total = bias[o]
                for c in range(channels):
                    for dy in (-1, 0, 1):
                        for dx in (-1, 0, 1):
                            if 0 <= row + dy < height and 0 <= column + dx < width:
                                total += weight[o, c, dy + 1, dx + 1] * image[c, row + dy, column + dx]
                out[o, row, column] = total
    return out


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def parts(convolution):
    return convolution.weight.detach().numpy(), convolution.bias.detach().numpy()


@pytest.fixture
def series():
    return torch.randn(3, 2, 4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.double)


def test_lstm_over_three_dates(series):
    torch.manual_seed(0)
    cell = ConvLSTMCell(2, 3).double()
    state = torch.zeros(1, 3, 4, 5, dtype=torch.double), torch.zeros(1, 3, 4, 5, dtype=torch.double)
    weight, bias = parts(cell.gates)
    h = c = np.zeros((3, 4, 5))
    for x in series:
        state = cell(x[None], state)
        i, f, o, g = np.split(convolve(np.concatenate([x.numpy(), h]), weight, bias), 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    np.testing.assert_allclose(state[0][0].detach().numpy(), h, atol=1e-12)
    np.testing.assert_allclose(state[1][0].detach().numpy(), c, atol=1e-12)


def test_gru_over_three_dates(series):
    torch.manual_seed(0)
    cell = ConvGRUCell(2, 3).double()
    state = torch.zeros(1, 3, 4, 5, dtype=torch.double)
    h = np.zeros((3, 4, 5))
    for x in series:
        state = cell(x[None], state)
        update, reset = np.split(sigmoid(convolve(np.concatenate([x.numpy(), h]), *parts(cell.gates))), 2)
        new = np.tanh(convolve(np.concatenate([x.numpy(), reset * h]), *parts(cell.candidate)))
        h = (1 - update) * h + update * new
    np.testing.assert_allclose(state[0].detach().numpy(), h, atol=1e-12)


def test_a_closed_update_gate_keeps_the_state_and_an_open_one_forgets_it():
    cell = ConvGRUCell(2, 3)
    x, h = torch.randn(1, 2, 4, 5), torch.randn(1, 3, 4, 5)
    with torch.no_grad():
        cell.gates.weight.zero_()
        cell.gates.bias[:3] = -50
        torch.testing.assert_close(cell(x, h), h)
        cell.gates.bias[:3] = 50
        cell.gates.bias[3:] = -50
        torch.testing.assert_close(cell(x, h), cell(x, -h))
