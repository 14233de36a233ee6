"""torch.compile where it pays: in long runs on a GPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

LONG = 10_000
"""Steps from which compiling is much less than it saves: on one H100 it took 20 to 60 s and saved 6 ms of a step of UNet3Df of width 64."""


@contextmanager
def compiled(parts: Sequence[nn.Module], steps: int) -> Iterator[None]:
    """Modules as compiled ones within a training of that many steps, if it is long and on a GPU; afterwards they are as before.

    Weights and state keep their names. ``TORCH_COMPILE_DISABLE=1``, torch's own switch, turns it off.
    """
    if torch.cuda.is_available() and steps >= LONG:
        for part in parts:
            part.compile()
    try:
        yield
    finally:
        for part in parts:
            part._compiled_call_impl = None  # evaluation comes with other shapes, each of which would be compiled anew
