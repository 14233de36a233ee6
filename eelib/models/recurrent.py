"""Convolutional recurrence over dates: the LSTM and GRU cells whose products are 3x3 convolutions."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConvLSTMCell(nn.Module):
    """Convolutional LSTM cell without peepholes.

    With convolution ``*``, input ``x``, state ``h`` and memory ``c``: ``i, f, o = sigmoid(W * [x, h] + b)``,
    ``g = tanh(W' * [x, h] + b')``, ``c = f c + i g``, ``h = o tanh(c)``.

    Args:
        inputs: Channels of the input.
        hidden: Channels of state and memory.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.gates = nn.Conv2d(inputs + hidden, 4 * hidden, 3, padding=1)  # in the order i, f, o, g

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Input ``(B, inputs, H, W)`` and ``(h, c)``, each ``(B, hidden, H, W)``, to the next ``(h, c)``."""
        h, c = state
        i, f, o, g = self.gates(torch.cat([x, h], 1)).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class ConvGRUCell(nn.Module):
    """Convolutional GRU cell.

    ``u, r = sigmoid(W * [x, h] + b)``, ``n = tanh(W' * [x, r h] + b')``, ``h = (1 - u) h + u n``.

    Args:
        inputs: Channels of the input.
        hidden: Channels of the state.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.gates = nn.Conv2d(inputs + hidden, 2 * hidden, 3, padding=1)  # in the order u, r
        self.candidate = nn.Conv2d(inputs + hidden, hidden, 3, padding=1)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """Input ``(B, inputs, H, W)`` and state ``(B, hidden, H, W)`` to the next state."""
        update, reset = torch.sigmoid(self.gates(torch.cat([x, h], 1))).chunk(2, 1)
        new = torch.tanh(self.candidate(torch.cat([x, reset * h], 1)))
        return (1 - update) * h + update * new


def no_state(x: Tensor, hidden: int) -> Tensor:
    """The zero state before the first date, for inputs ``(B, ..., H, W)``: ``(B, hidden, H, W)``."""
    return x.new_zeros(x.shape[0], hidden, *x.shape[-2:])
