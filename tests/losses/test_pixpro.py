"""Pixel propagation against loops, and the bounds of the loss."""

import numpy as np
import pytest
import torch

from eelib.losses import pixpro_loss, propagate


def maps(seed, dims=4):
    return torch.randn(2, dims, 3, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_propagation_equals_the_loop(power):
    z, g = maps(1), maps(2, dims=3)
    found = propagate(z, g, power).flatten(2).numpy()
    for image in range(2):
        rows, values = z[image].flatten(1).numpy().T, g[image].flatten(1).numpy().T
        for i in range(6):
            wanted = sum(max(cosine(rows[i], rows[j]), 0.0) ** power * values[j] for j in range(6))
            np.testing.assert_allclose(found[image, :, i], wanted, rtol=1e-12)


def test_pixels_that_point_elsewhere_do_not_mix():
    z = torch.zeros(1, 2, 1, 2, dtype=torch.float64)
    z[0, 0, 0, 0] = z[0, 1, 0, 1] = 1.0
    torch.testing.assert_close(propagate(z, z), z)


def test_the_loss_equals_the_loop_and_lies_between_its_bounds():
    a, b, c, d = (torch.randn(7, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) for seed in range(4))
    forth, back = (np.mean([cosine(x, y) for x, y in zip(p.numpy(), q.numpy(), strict=True)]) for p, q in ((a, b), (c, d)))
    assert float(pixpro_loss(a, b, c, d)) == pytest.approx(-2 * forth - 2 * back, rel=1e-12)
    assert float(pixpro_loss(a, 3 * a, b, b)) == pytest.approx(-4)
    assert float(pixpro_loss(a, -a, b, -b)) == pytest.approx(4)


def test_targets_get_no_gradient():
    y, target = torch.randn(5, 4, requires_grad=True), torch.randn(5, 4, requires_grad=True)
    pixpro_loss(y, target, y, target).backward()
    assert target.grad is None
    assert (y.grad != 0).any(1).all()
