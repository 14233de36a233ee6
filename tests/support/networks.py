"""Small encoders, their inputs, and a look at their stages."""

import torch

from eelib.models import build
from eelib.train.fit import seeded


def inputs(batch=2, dates=4, bands=3, height=16, width=16, seed=0):
    """A random series and ascending days of the year."""
    generator = torch.Generator().manual_seed(seed)
    days = torch.randint(1, 366, (batch, dates), generator=generator).sort(1).values
    return torch.randn(batch, dates, bands, height, width, generator=generator), days


def small(name, bands=3, num_dates=4, **sizes):
    """An encoder of width 4 with fixed weights, in evaluation mode."""
    return seeded(0, lambda: build(name, bands=bands, num_dates=num_dates, width=4, **sizes)).eval()


def stages(network, *names):
    """Outputs of layers by name, filled by the next forward passes; all direct children where no name is given."""
    seen = {}

    def keep(name):
        def hook(layer, given, out):
            seen.setdefault(name, []).append(out[0] if isinstance(out, tuple) else out)

        return hook

    for name in names or [name for name, _ in network.named_children()]:
        network.get_submodule(name).register_forward_hook(keep(name))
    return seen


def shapes(seen):
    """Shape of the first output of each stage."""
    return {name: tuple(outputs[0].shape) for name, outputs in seen.items()}
