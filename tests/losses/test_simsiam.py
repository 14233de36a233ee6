"""SimSiam."""

import numpy as np
import oracle
import pytest
import torch

from eelib.errors import InputError
from eelib.losses import simsiam


def rows(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(5, 4, generator=generator, dtype=torch.float64).to(dtype) for _ in range(4)]


def slow(p1, p2, z1, z2):
    total = 0.0
    for n in range(len(p1)):
        for p, z in ((p1[n], z2[n]), (p2[n], z1[n])):
            total += float(np.dot(p, z)) / (np.linalg.norm(p) * np.linalg.norm(z))
    return -total / (2 * len(p1))


def test_value_and_gradient_equal_the_oracle():
    parts = [part.requires_grad_() for part in rows()]
    loss = simsiam(*parts)
    loss.backward()
    p1, p2, z1, z2 = (part.detach().numpy() for part in parts)
    assert float(loss) == pytest.approx(slow(p1, p2, z1, z2), rel=1e-12)
    np.testing.assert_allclose(parts[0].grad, oracle.numeric_gradient(lambda x: slow(x, p2, z1, z2), p1), atol=1e-8)
    np.testing.assert_allclose(parts[1].grad, oracle.numeric_gradient(lambda x: slow(p1, x, z1, z2), p2), atol=1e-8)
    assert parts[2].grad is None and parts[3].grad is None  # the targets


def test_algebra():
    p1, p2, z1, z2 = rows()
    loss = simsiam(p1, p2, z1, z2)
    torch.testing.assert_close(simsiam(p2, p1, z2, z1), loss)
    torch.testing.assert_close(simsiam(3 * p1, p2, z1, 0.1 * z2), loss)
    assert float(simsiam(p1, p2, p2, p1)) == pytest.approx(-1)
    assert float(simsiam(p1, p2, -p2, -p1)) == pytest.approx(1)
    assert -1 <= float(loss) <= 1


def test_it_agrees_with_lightly():
    theirs = pytest.importorskip("lightly.loss").NegativeCosineSimilarity()
    p1, p2, z1, z2 = rows()
    torch.testing.assert_close(simsiam(p1, p2, z1, z2), 0.5 * (theirs(p1, z2) + theirs(p2, z1)))


def test_half_precision_is_computed_in_float32():
    half = rows(torch.bfloat16)
    torch.testing.assert_close(simsiam(*half), simsiam(*(part.float() for part in half)))


def test_bad_input_is_named():
    p1, p2, z1, z2 = rows()
    with pytest.raises(InputError, match="z1 and z2"):
        simsiam(p1, p2, z1[:, :3], z2)
    with pytest.raises(InputError, match="z2 holds NaN"):
        simsiam(p1, p2, z1, z2 * torch.nan)
    with pytest.raises(InputError, match="no rows"):
        simsiam(p1[:0], p2[:0], z1[:0], z2[:0])
