"""NT-Xent: against a slow oracle, SimCLR's own sum, lightly, and in its chunked form."""

import math

import numpy as np
import oracle
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eelib.errors import InputError
from eelib.losses import nt_xent


def rows(count, dims=4, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(count, dims, generator=generator, dtype=dtype) for _ in range(2))


@pytest.mark.parametrize("temperature", [1.0, 0.1, 0.01])
@pytest.mark.parametrize("chunk", [None, 1, 4, 5, 50])
def test_value_equals_the_oracle(temperature, chunk):
    z1, z2 = rows(7)
    assert float(nt_xent(z1, z2, temperature, chunk=chunk)) == pytest.approx(oracle.nt_xent(z1, z2, temperature), rel=1e-10)


@pytest.mark.parametrize("chunk", [None, 3])
def test_gradient_equals_differences_of_the_oracle(chunk):
    z1, z2 = (part.requires_grad_() for part in rows(5, 3))
    nt_xent(z1, z2, 0.3, chunk=chunk).backward()
    fixed1, fixed2 = z1.detach().numpy(), z2.detach().numpy()
    np.testing.assert_allclose(z1.grad, oracle.numeric_gradient(lambda z: oracle.nt_xent(z, fixed2, 0.3), fixed1), atol=1e-8)
    np.testing.assert_allclose(z2.grad, oracle.numeric_gradient(lambda z: oracle.nt_xent(fixed1, z, 0.3), fixed2), atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(count=st.integers(1, 12), chunk=st.integers(1, 30), temperature=st.sampled_from([1.0, 0.1, 0.01]), seed=st.integers(0, 99))
def test_chunked_form_equals_the_plain_form_with_gradients(count, chunk, temperature, seed):
    results = []
    for form in (None, chunk):
        z1, z2 = (part.requires_grad_() for part in rows(count, 5, seed))
        loss = nt_xent(z1, z2, temperature, chunk=form)
        loss.backward()
        results.append((loss.detach(), z1.grad, z2.grad))
    for plain, chunked in zip(*results, strict=True):
        torch.testing.assert_close(plain, chunked, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("chunk", [None, 8])
def test_it_agrees_with_lightly(chunk):
    ntxent = pytest.importorskip("lightly.loss").NTXentLoss(temperature=0.1)
    results = []
    for loss in (ntxent, lambda z1, z2: nt_xent(z1, z2, 0.1, chunk=chunk)):
        z1, z2 = (part.requires_grad_() for part in rows(20, 6))
        value = loss(z1, z2)
        value.backward()
        results.append((value.detach(), z1.grad, z2.grad))
    for theirs, ours in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-8)


def test_algebra():
    z1, z2 = rows(9)
    loss = float(nt_xent(z1, z2, 0.2))
    order = torch.randperm(9)
    assert float(nt_xent(z2, z1, 0.2)) == pytest.approx(loss)  # views are alike
    assert float(nt_xent(z1[order], z2[order], 0.2)) == pytest.approx(loss)  # so are samples
    assert float(nt_xent(3 * z1, 0.1 * z2, 0.2)) == pytest.approx(loss)  # only directions count
    assert float(nt_xent(z1[:1], z2[:1], 0.2)) == pytest.approx(0)  # one sample has no negatives
    assert float(nt_xent(z1, z2, 1e12)) == pytest.approx(math.log(1 + 2 * 8))  # 1 + 2(N − 1) terms
    axes = torch.eye(5, dtype=torch.float64)
    assert float(nt_xent(axes, axes, 0.5)) == pytest.approx(math.log(1 + 8 * math.exp(-2)))  # perfect pairs, all others at right angles


@pytest.mark.parametrize("temperature", [1.0, 0.01])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_input_is_computed_in_float32(dtype, temperature):
    z1, z2 = (part.to(dtype) for part in rows(64, 8))
    torch.testing.assert_close(nt_xent(z1, z2, temperature, chunk=50), nt_xent(z1.float(), z2.float(), temperature))


@pytest.mark.parametrize(
    ("z1", "z2", "options", "word"),
    [
        (torch.ones(2, 3), torch.ones(2, 4), {}, "z1 and z2"),
        (torch.ones(0, 3), torch.ones(0, 3), {}, "no rows"),
        (torch.ones(2, 3), torch.ones(2, 3), {"chunk": -1}, "chunk"),
        (torch.ones(2, 3), torch.ones(2, 3), {"temperature": 0.0}, "temperature"),
        (torch.ones(2, 3), torch.full((2, 3), torch.nan), {}, "z2 holds NaN"),
    ],
)
def test_bad_input_is_named(z1, z2, options, word):
    with pytest.raises(InputError, match=word):
        nt_xent(z1, z2, **{"temperature": 0.1} | options)
