"""InfoNCE: against a slow oracle, by its algebra, and in its chunked form."""

import math

import numpy as np
import oracle
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from eelib.errors import InputError
from eelib.losses import info_nce


def rows(count, dims, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(count, dims, generator=generator, dtype=dtype) for _ in range(2))


def random_exclude(count, seed=0):
    return torch.rand(count, count, generator=torch.Generator().manual_seed(seed)) < 0.4


@pytest.mark.parametrize("scale", [1.0, 10.0, 100.0])
@pytest.mark.parametrize("excluded", [False, True])
@pytest.mark.parametrize("chunk", [None, 1, 3, 7, 50])
def test_value_equals_the_oracle(scale, excluded, chunk):
    a, b = rows(7, 4)
    exclude = random_exclude(7) if excluded else None
    wanted = oracle.info_nce(a.numpy(), b.numpy(), scale, None if exclude is None else exclude.numpy())
    assert float(info_nce(a, b, scale, exclude=exclude, chunk=chunk)) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("chunk", [None, 2])
def test_gradient_equals_differences_of_the_oracle(chunk):
    a, b = rows(5, 3)
    exclude = random_exclude(5)
    a.requires_grad_()
    scale = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    info_nce(a, b, scale, exclude=exclude, chunk=chunk).backward()
    flat = exclude.numpy()
    wanted = oracle.numeric_gradient(lambda x: oracle.info_nce(x, b.numpy(), 3.0, flat), a.detach().numpy())
    np.testing.assert_allclose(a.grad.numpy(), wanted, atol=1e-8)
    wanted = oracle.numeric_gradient(lambda s: oracle.info_nce(a.detach().numpy(), b.numpy(), s[0], flat), [3.0])
    assert float(scale.grad) == pytest.approx(wanted[0], rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(count=st.integers(1, 20), chunk=st.integers(1, 25), seed=st.integers(0, 99))
def test_chunked_form_equals_the_plain_form_with_gradients(count, chunk, seed):
    results = []
    for form in (None, chunk):
        a, b = (part.requires_grad_() for part in rows(count, 5, seed))
        scale = torch.tensor(7.0, dtype=torch.float64, requires_grad=True)
        loss = info_nce(a, b, scale, exclude=random_exclude(count, seed), chunk=form)
        loss.backward()
        results.append((loss.detach(), a.grad, b.grad, scale.grad))
    for plain, chunked in zip(*results, strict=True):
        torch.testing.assert_close(plain, chunked, rtol=1e-9, atol=1e-11)


def test_algebra():
    a, b = rows(9, 4)
    loss = info_nce(a, b, 5.0)
    assert float(info_nce(b, a, 5.0)) == pytest.approx(float(loss))  # symmetric
    order = torch.randperm(9)
    assert float(info_nce(a[order], b[order], 5.0)) == pytest.approx(float(loss))  # the order of pairs does not matter
    assert float(info_nce(3 * a, 0.1 * b, 5.0)) == pytest.approx(float(loss))  # only directions count
    turn = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64)).Q
    assert float(info_nce(a @ turn, b @ turn, 5.0)) == pytest.approx(float(loss))  # neither does the basis
    assert float(info_nce(a, b, 0.0)) == pytest.approx(math.log(9))  # no similarity, no information
    assert float(info_nce(a[:1], b[:1], 5.0)) == pytest.approx(0)  # one pair has no negatives
    everything = torch.ones(9, 9, dtype=torch.bool)
    assert float(info_nce(a, b, 5.0, exclude=everything)) == pytest.approx(0)  # the positive is never excluded
    assert float(info_nce(a, a, 1000.0)) < 1e-9  # perfect pairs


def test_gradients_of_normalised_rows_are_tangent():
    a, b = (part.requires_grad_() for part in rows(6, 4))
    info_nce(a, b, 5.0).backward()
    torch.testing.assert_close((a.grad * a).sum(1), torch.zeros(6, dtype=torch.float64), atol=1e-12, rtol=0)


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_input_is_computed_in_float32(dtype, scale):
    a, b = (part.to(dtype) for part in rows(64, 8))
    torch.testing.assert_close(info_nce(a, b, scale), info_nce(a.float(), b.float(), scale))


def test_it_agrees_with_open_clip():
    loss = pytest.importorskip("open_clip.loss").ClipLoss()
    a, b = rows(12, 6, dtype=torch.float32)
    a, b = (torch.nn.functional.normalize(part, dim=1) for part in (a, b))
    assert float(info_nce(a, b, 14.3)) == pytest.approx(float(loss(a, b, torch.tensor(14.3))), rel=1e-6)


def test_with_the_own_row_excluded_it_is_the_ntxent_of_lightly():
    """NT-Xent over the 2N rows [a; b] is InfoNCE of [a; b] against [b; a] where row n never meets itself, which stands at n + N."""
    a, b = rows(6, 4)
    both, mirror = torch.cat([a, b]), torch.cat([b, a])
    exclude = torch.eye(12, dtype=torch.bool).roll(6, 1)
    ntxent = pytest.importorskip("lightly.loss").NTXentLoss(temperature=0.2)
    assert float(info_nce(both, mirror, 5.0, exclude=exclude)) == pytest.approx(float(ntxent(a, b)), rel=1e-6)


@pytest.mark.parametrize(
    ("a", "b", "chunk", "word"),
    [
        (torch.ones(2, 3), torch.ones(3, 3), None, "one shape"),
        (torch.ones(2), torch.ones(2), None, "one shape"),
        (torch.ones(0, 3), torch.ones(0, 3), None, "no rows"),
        (torch.ones(2, 3), torch.ones(2, 3), 0, "chunk"),
        (torch.full((2, 3), torch.nan), torch.ones(2, 3), None, "a holds NaN"),
        (torch.ones(2, 3), torch.full((2, 3), torch.inf), None, "b holds NaN or inf"),
    ],
)
def test_bad_input_is_named(a, b, chunk, word):
    with pytest.raises(InputError, match=word):
        info_nce(a, b, 1.0, chunk=chunk)
