"""The tile-wise log-sum-exp at the ends of its range, and the tiles that are left out."""

import pytest
import torch
import torch.nn.functional as F

from eelib.errors import InputError
from eelib.losses import info_nce, nt_xent
from eelib.losses.streamed import after_own_row, own_row, similarity_logsumexp, whole_logsumexp


def unit(count, seed, dims=6, dtype=torch.float32):
    return F.normalize(torch.randn(count, dims, generator=torch.Generator().manual_seed(seed)).to(dtype), dim=1)


def with_gradients(function, *rows):
    leaves = [part.clone().requires_grad_() for part in rows]
    value = function(*leaves)
    value.backward()
    return [value.detach(), *(leaf.grad for leaf in leaves)]


@pytest.mark.parametrize("scale", [0.0, 1.0, 49.0, 51.0, 100.0, 400.0, -100.0])
@pytest.mark.parametrize("opposed", [False, True])
def test_float32_holds_at_every_scale(scale, opposed):
    """Opposed rows have no logit near the largest possible one: their sums underflow in float32 and are computed in float64."""
    a = unit(9, 1)
    b = F.normalize(-a.mean(0) + 0.1 * unit(9, 2), dim=1) if opposed else unit(9, 2)
    a = F.normalize(a.mean(0) + 0.1 * a, dim=1) if opposed else a
    exact = with_gradients(lambda a, b: info_nce(a, b, scale), a.double(), b.double())
    found = with_gradients(lambda a, b: info_nce(a, b, scale, chunk=4), a, b)
    for ours, wanted in zip(found, exact, strict=True):
        torch.testing.assert_close(ours.double(), wanted, rtol=1e-5, atol=2e-7 * max(abs(scale), 1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_beyond_the_range_it_says_so(dtype):
    a = unit(3, 1, dtype=dtype)
    with pytest.raises(InputError, match=r"scale 1000 .*chunk=None"):
        info_nce(a, -a.sum(0).expand(3, -1), 1000.0, chunk=2)
    assert float(info_nce(a, a, 1000.0, chunk=2)) < 1e-4  # aligned rows stay within it


@pytest.mark.parametrize("learnt", [False, True])
@pytest.mark.parametrize("axes", [(1,), (1, 0)])
def test_without_tiles_value_and_gradient_are_those_of_autograd_bit_for_bit(learnt, axes):
    left_out = (torch.rand(40, 40, generator=torch.Generator().manual_seed(1)) < 0.2).fill_diagonal_(False)

    def plain(a, b, scale):
        logits = (scale * (a @ b.T)).masked_fill(left_out, -scale.detach().abs() - 30)
        return [logits.logsumexp(axis) for axis in axes]

    def ours(a, b, scale):
        return whole_logsumexp(a, b, scale, lambda rows, columns: left_out[rows, columns], *axes)

    found = []
    for function in (plain, ours):
        leaves = [unit(40, 1).requires_grad_(), unit(40, 2).requires_grad_(), torch.tensor(14.0, requires_grad=learnt)]
        sums = function(*leaves)
        loss = torch.stack([(unit(1, seed, 40)[0] * part).sum() for seed, part in enumerate(sums)]).sum()
        loss.backward()
        found.append([*sums, *(leaf.grad for leaf in leaves if leaf.requires_grad)])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_a_row_in_no_pair_is_an_error():
    a = unit(3, 1)
    with pytest.raises(InputError, match="excluded from every pair"):
        similarity_logsumexp(a, a, torch.tensor(1.0), lambda rows, columns: rows.start == 0, 1)


@pytest.mark.parametrize("scale", [0.5, 1 / 0.07, 100.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("share", [0.1, 0.97])
def test_without_tiles_what_is_left_out_changes_no_bit(scale, dtype, share):
    left_out = (torch.rand(40, 40, generator=torch.Generator().manual_seed(1)) < share).fill_diagonal_(False)
    weights = torch.randn(2, 40, generator=torch.Generator().manual_seed(2)).to(dtype)
    scale = torch.tensor(scale, dtype=dtype)

    def infinitely_below(a, b):
        logits = (scale * (a @ b.T)).masked_fill(left_out, -torch.inf)
        return logits.logsumexp(1), logits.logsumexp(0)

    def ours(a, b):
        return similarity_logsumexp(a, b, scale, lambda rows, columns: left_out[rows, columns], None)

    a, b = unit(40, 1, 64, dtype), unit(40, 2, 64, dtype)
    found, wanted = (
        with_gradients(lambda a, b, sums=sums: (torch.stack(sums(a, b)) * weights).sum(), a, b) for sums in (ours, infinitely_below)
    )
    assert all(torch.equal(*pair) for pair in zip(found, wanted, strict=True))
    assert all(torch.equal(*pair) for pair in zip(ours(a, b), infinitely_below(a, b), strict=True))


@pytest.mark.parametrize("chunk", [1, 3, 4, 20])
def test_masks_of_tiles_are_parts_of_the_whole_mask(chunk):
    row, column = torch.arange(7)[:, None], torch.arange(10)[None]
    for rule, whole in ((own_row(3, row.device), row + 3 == column), (after_own_row(row.device), row >= column)):
        for top in range(0, 7, chunk):
            for left in range(0, 10, chunk):
                tile = slice(top, min(top + chunk, 7)), slice(left, min(left + chunk, 10))
                found = torch.as_tensor(rule(*tile)).expand(whole[tile].shape)
                assert torch.equal(found, whole[tile])


def test_a_rule_for_tiles_equals_the_mask_in_memory():
    a, b, group = unit(8, 1), unit(8, 2), torch.arange(8) // 3
    mask = group[:, None] == group[None]
    by_mask = with_gradients(lambda a, b: info_nce(a, b, 9.0, exclude=mask), a, b)
    for chunk in (None, 3):
        rule = with_gradients(
            lambda a, b, chunk=chunk: info_nce(a, b, 9.0, exclude=lambda r, c: group[r, None] == group[None, c], chunk=chunk), a, b
        )
        torch.testing.assert_close(by_mask, rule)


@pytest.mark.parametrize("loss", [lambda a, b: info_nce(a, b, 100.0, chunk=5), lambda a, b: nt_xent(a, b, 0.01, chunk=5)])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_autocast_changes_nothing(loss, dtype):
    a, b = unit(16, 1), unit(16, 2)
    plain = with_gradients(loss, a, b)
    with torch.autocast("cpu", dtype):
        torch.testing.assert_close(with_gradients(loss, a, b), plain, rtol=0, atol=0)


@pytest.mark.parametrize(("dtype", "unit_roundoff"), [(torch.float16, 2**-11), (torch.bfloat16, 2**-8)])
@pytest.mark.parametrize("scale", [1.0, 14.3, 100.0])
def test_half_precision_rows_change_the_loss_by_less_than_documented(dtype, unit_roundoff, scale):
    a, b = unit(64, 1), unit(64, 2)
    for chunk in (None, 24):
        exact, rounded = (float(info_nce(a.to(kind), b.to(kind), scale, chunk=chunk)) for kind in (torch.float32, dtype))
        assert rounded != exact
        assert abs(rounded - exact) < scale * unit_roundoff
