"""Log-sum-exp over the rows and columns of a similarity matrix that is never held in memory."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def similarity_logsumexp(a: Tensor, b: Tensor, scale: Tensor, exclude: Tensor | None, chunk: int | None) -> tuple[Tensor, Tensor]:
    """Log-sum-exp of ``scale * a @ b.T`` over columns (one per row of a) and over rows (one per row of b).

    Args:
        a: ``(N, D)``.
        b: ``(M, D)``.
        scale: 0-d tensor.
        exclude: ``(N, M)`` bool, entries left out of every sum.
        chunk: Rows of ``a`` worked on at a time, so that memory grows with ``chunk * M``; None holds the whole matrix.

    Returns:
        ``(N,)`` and ``(M,)``.
    """
    if chunk is not None:
        row, column = _Streamed.apply(a, b, scale, exclude, chunk)
        return row, column
    logits = scale * (a @ b.T)
    if exclude is not None:
        logits = logits.masked_fill(exclude, -torch.inf)
    return logits.logsumexp(1), logits.logsumexp(0)


class _Streamed(torch.autograd.Function):
    """Both log-sum-exps in one pass over row chunks; the backward pass computes each chunk again instead of storing it."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, scale: Tensor, exclude: Tensor | None, chunk: int) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        row = a.new_empty(len(a))
        column = a.new_full((len(b),), -torch.inf)
        for at in range(0, len(a), chunk):
            logits = _logits(a, b, scale, exclude, at, chunk)
            row[at : at + chunk] = logits.logsumexp(1)
            column = torch.logaddexp(column, logits.logsumexp(0))
        ctx.save_for_backward(a, b, scale, row, column, *([] if exclude is None else [exclude]))
        ctx.chunk = chunk
        return row, column

    @staticmethod
    def backward(ctx: Any, grad_row: Tensor, grad_column: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:  # noqa: ANN401
        a, b, scale, row, column, *rest = ctx.saved_tensors
        exclude, chunk = (rest[0] if rest else None), ctx.chunk
        grad_a, grad_b, grad_scale = torch.empty_like(a), torch.zeros_like(b), torch.zeros_like(scale)
        for at in range(0, len(a), chunk):
            here = slice(at, at + chunk)
            logits = _logits(a, b, scale, exclude, at, chunk)
            # d logsumexp / d logit is the softmax; -inf logits give exactly 0.
            weight = grad_row[here, None] * (logits - row[here, None]).exp() + grad_column * (logits - column).exp()
            grad_a[here] = scale * (weight @ b)
            grad_b += scale * (weight.T @ a[here])
            grad_scale += (grad_a[here] * a[here]).sum() / scale
        return grad_a, grad_b, grad_scale, None, None


def _logits(a: Tensor, b: Tensor, scale: Tensor, exclude: Tensor | None, at: int, chunk: int) -> Tensor:
    logits = (scale * a[at : at + chunk]) @ b.T
    return logits if exclude is None else logits.masked_fill_(exclude[at : at + chunk], -torch.inf)
