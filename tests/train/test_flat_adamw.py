"""AdamW on one vector is AdamW on every weight, bit for bit."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from eelib.models import build
from eelib.train.flat_adamw import ALIGNED, FlatAdamW, apart


def network():
    torch.manual_seed(0)
    return build("unet3df", bands=3, num_dates=4, width=4)


def trained(make, steps=5):
    model = network()
    optimiser = make(model.parameters())
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = 1e-2 / (step + 1)
        optimiser.zero_grad()
        series = torch.randn(2, 4, 3, 8, 8, generator=torch.Generator().manual_seed(step))
        model(series, torch.arange(4).expand(2, -1)).square().mean().backward()
        optimiser.step()
    return model


@pytest.mark.parametrize(("decay", "plain"), [(0.05, torch.optim.AdamW), (0.0, torch.optim.Adam)])
def test_it_steps_as_one_call_for_each_weight(decay, plain):
    wanted = trained(lambda weights: plain(weights, lr=1e-2, weight_decay=decay, foreach=False))
    found = trained(lambda weights: FlatAdamW(weights, lr=1e-2, weight_decay=decay))
    for (name, one), other, start in zip(wanted.named_parameters(), found.parameters(), network().parameters(), strict=True):
        assert torch.equal(one, other), name
        assert one.stride() == other.stride(), name
        assert not torch.equal(one, start) or one.numel() == 1 or one.grad.abs().max() == 0, name


def test_weights_start_where_memory_of_their_own_would_and_get_it_back():
    model = network()
    optimiser = FlatAdamW(model.parameters())
    before = [weight.detach().clone() for weight in model.parameters()]
    first = optimiser.vector.data_ptr()
    starts = sorted((weight.data_ptr() - first, weight.numel()) for weight in model.parameters())
    assert all(start % (4 * ALIGNED) == 0 for start, _ in starts)
    assert all(start + 4 * count <= following for (start, count), (following, _) in pairwise(starts))
    apart(model)
    assert all(torch.equal(weight, old) for weight, old in zip(model.parameters(), before, strict=True))
    assert all(weight.untyped_storage().nbytes() == 4 * weight.numel() for weight in model.parameters())


def test_gradients_that_were_taken_away_are_put_back_or_are_an_error():
    model = nn.Linear(2, 1)
    optimiser = FlatAdamW(model.parameters())
    for clear in (model.zero_grad, optimiser.zero_grad):
        clear()
        model(torch.ones(1, 2)).sum().backward()
        if clear == model.zero_grad:
            with pytest.raises(RuntimeError, match="clear gradients with the optimiser"):
                optimiser.step()
    before = model.weight.detach().clone()
    optimiser.step()
    assert not torch.equal(model.weight, before)
