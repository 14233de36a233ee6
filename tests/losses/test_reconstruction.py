"""Only hidden values count."""

import numpy as np
import pytest
import torch

from eelib.losses import masked_reconstruction


def test_it_equals_the_loop_and_leaves_the_shown_alone():
    generator = torch.Generator().manual_seed(0)
    found, wanted = (torch.randn(2, 3, 4, 5, 5, generator=generator, dtype=torch.float64) for _ in range(2))
    hidden = torch.rand(2, 3, 5, 5, generator=generator) < 0.4
    squares = [float((found[b, t, :, i, j] - wanted[b, t, :, i, j]).square().mean()) for b, t, i, j in hidden.nonzero().tolist()]
    found.requires_grad_()
    loss = masked_reconstruction(found, wanted, hidden)
    assert float(loss) == pytest.approx(np.mean(squares), rel=1e-12)
    loss.backward()
    counted = hidden[:, :, None].expand_as(found)
    assert (found.grad[~counted] == 0).all()
    assert (found.grad[counted] != 0).all()


def test_nothing_hidden_is_zero_with_zero_gradient():
    found = torch.randn(1, 2, 3, 4, 4, requires_grad=True)
    loss = masked_reconstruction(found, torch.zeros_like(found), torch.zeros(1, 2, 4, 4, dtype=torch.bool))
    loss.backward()
    assert float(loss) == 0
    assert (found.grad == 0).all()
