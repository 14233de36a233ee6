"""One-way InfoNCE against a loop, and what must be true of it whatever the rows."""

import math

import numpy as np
import pytest
import torch

from eelib.losses import info_nce, query_info_nce


def rows(count, seed, dims=5):
    return torch.randn(count, dims, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def unit(array):
    return [row / np.linalg.norm(row) for row in np.asarray(array, np.float64)]


def loop(queries, keys, scale, exclude=None, bank=None):
    queries, keys, total = unit(queries), unit(keys), 0.0
    for n, query in enumerate(queries):
        if bank is None:
            others = [key for m, key in enumerate(keys) if m != n and not (exclude is not None and exclude[n][m])]
        else:
            others = list(np.asarray(bank))
        logits = [scale * float(query @ key) for key in [keys[n], *others]]
        total += math.log(sum(math.exp(logit) for logit in logits)) - logits[0]
    return total / len(queries)


@pytest.mark.parametrize("chunk", [None, 2])
@pytest.mark.parametrize("excluding", [False, True])
def test_it_equals_the_loop(chunk, excluding):
    q, k = rows(6, 1), rows(6, 2)
    exclude = torch.rand(6, 6, generator=torch.Generator().manual_seed(3)) < 0.4 if excluding else None
    assert float(query_info_nce(q, k, 4.0, exclude=exclude, chunk=chunk)) == pytest.approx(loop(q, k, 4.0, exclude), rel=1e-12)


def test_with_a_bank_it_equals_the_loop():
    q, k, bank = rows(6, 1), rows(6, 2), torch.nn.functional.normalize(rows(9, 3), dim=1)
    assert float(query_info_nce(q, k, 4.0, bank=bank)) == pytest.approx(loop(q, k, 4.0, bank=bank), rel=1e-12)


def test_both_directions_make_the_two_way_loss():
    q, k = rows(6, 1), rows(6, 2)
    both = 0.5 * (query_info_nce(q, k, 7.0) + query_info_nce(k, q, 7.0))
    torch.testing.assert_close(both, info_nce(q, k, 7.0), rtol=1e-12, atol=0)


def test_keys_without_a_gradient_stay_without():
    q, k = rows(4, 1).requires_grad_(), rows(4, 2)
    query_info_nce(q, k, 3.0).backward()
    assert k.grad is None
    assert (q.grad != 0).any(1).all()
    assert float((q.grad * q.detach()).sum(1).abs().max()) < 1e-12  # the length of a row plays no part


def test_order_and_length_of_bank_rows():
    q, k, bank = rows(4, 1), rows(4, 2), torch.nn.functional.normalize(rows(7, 3), dim=1)
    value = query_info_nce(q, k, 3.0, bank=bank)
    torch.testing.assert_close(query_info_nce(5 * q, 0.1 * k, 3.0, bank=bank.flip(0)), value)
    assert float(query_info_nce(q, k, 3.0, bank=bank[:3])) < float(value)  # fewer negatives, smaller loss
