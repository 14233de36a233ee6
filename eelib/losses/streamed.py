"""Log-sum-exp over the rows and columns of a similarity matrix that is never held in memory.

The rows are unit vectors, so no logit exceeds the scale s. That bound replaces the running maximum of a streaming log-sum-exp: a sum of
exp(logit − shift) with one shift for all entries cannot overflow, and whether it lost anything to underflow shows in its size afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from eelib.errors import InputError

Exclude = Callable[[slice, slice], Tensor | bool]
"""Which entries of a tile (rows, columns) are left out: a bool mask of the tile, or True or False for all or none of it."""

TOP = {torch.float32: 50.0, torch.float64: 300.0}
"""Largest exponent of an entry: with it the sum over any batch and its reciprocal stay inside the range of the type."""
FLOOR = {torch.float32: -60.0, torch.float64: -600.0}
"""A sum above exp(FLOOR) has lost less than its rounding error to entries that became 0."""
BELOW = {torch.float32: 30.0, torch.float64: 60.0}
"""An entry that is less than every other by this much is lost in the rounding of a sum of their exponentials, up to 10⁵ of them."""


def similarity_logsumexp(a: Tensor, b: Tensor, scale: Tensor, exclude: Exclude | None, chunk: int | None) -> tuple[Tensor, Tensor]:
    """Log-sum-exp of ``scale * a @ b.T`` over columns (one per row of a) and over rows (one per row of b).

    Args:
        a: ``(N, D)`` float32 or float64 rows of length 1.
        b: ``(M, D)``.
        scale: 0-d tensor.
        exclude: Entries left out of every sum.
        chunk: Side of the square tiles worked on at a time; None holds the whole matrix.

    Returns:
        ``(N,)`` and ``(M,)``.

    Raises:
        InputError: A sum is below the range of float64: the scale is beyond 450, or a row lies in no pair at all.
    """
    if chunk is None:
        row, column = whole_logsumexp(a, b, scale, exclude, 1, 0)
        return row, column
    row, column = _logs(lambda *sums: sums, a, b, scale, exclude or _nothing, chunk)
    return row, column


def row_logsumexp(a: Tensor, b: Tensor, scale: Tensor, exclude: Exclude | None, chunk: int | None) -> Tensor:
    """As :func:`similarity_logsumexp`, over columns only, ``(N,)``."""
    if chunk is None:
        return whole_logsumexp(a, b, scale, exclude, 1)[0]
    return _logs(lambda row, column: (row,), a, b, scale, exclude or _nothing, chunk)[0]


def own_logsumexp(rows: Tensor, scale: Tensor, chunk: int) -> Tensor:
    """Log-sum-exp of ``scale * rows @ rows.T``, ``(N,)``, over all columns but the own one; each pair of rows is computed once."""
    return _logs(lambda row, column: (row + column,), rows, rows, scale, after_own_row(rows.device), chunk)[0]


def whole_logsumexp(a: Tensor, b: Tensor, scale: Tensor, exclude: Exclude | None, *axes: int) -> tuple[Tensor, ...]:
    """Log-sum-exp of ``scale * a @ b.T`` over each of some axes, the whole matrix held; no row may be excluded from every pair."""
    left_out = None if exclude is None else torch.as_tensor(exclude(slice(0, len(a)), slice(0, len(b))), device=a.device)
    sums: tuple[Tensor, ...] = _Whole.apply(a, b, scale, left_out, *axes)
    return sums


def own_row(first: int, device: torch.device) -> Exclude:
    """Leaves out the entry of row n in column ``first + n``."""

    def tile(rows: slice, columns: slice) -> Tensor | bool:
        height, width = rows.stop - rows.start, columns.stop - columns.start
        own = first + rows.start - columns.start  # in this tile, the column of its first row's entry
        if not -height < own < width:
            return False
        found = torch.zeros(height, width, dtype=torch.bool, device=device)
        found.diagonal(own).fill_(True)
        return found

    return tile


def after_own_row(device: torch.device) -> Exclude:
    """Leaves out column m of row n unless m > n: each pair of a symmetric matrix stays once, without the diagonal."""

    def tile(rows: slice, columns: slice) -> Tensor | bool:
        if columns.start >= rows.stop:
            return False
        if columns.stop <= rows.start + 1:
            return True
        return torch.arange(rows.start, rows.stop, device=device)[:, None] >= torch.arange(columns.start, columns.stop, device=device)

    return tile


class _Whole(torch.autograd.Function):
    """What autograd would do with the formula, bit for bit, but in place where it would copy the matrix."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, scale: Tensor, left_out: Tensor | None, *axes: int) -> tuple[Tensor, ...]:  # noqa: ANN401
        cosines = a @ b.T
        logits = scale * cosines if ctx.needs_input_grad[2] else cosines.mul_(scale)
        if left_out is not None:
            # Far below all others; not −inf, of which MKL takes the exponential ten times as slowly (on an Intel Xeon).
            logits.masked_fill_(left_out, -scale.abs() - BELOW[logits.dtype])
        sums = tuple(logits.logsumexp(axis) for axis in axes)
        ctx.save_for_backward(a, b, scale, left_out, logits, cosines if ctx.needs_input_grad[2] else None, *sums)
        ctx.axes = axes
        return sums

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        a, b, scale, left_out, logits, cosines, *sums = ctx.saved_tensors
        parts = zip(ctx.axes, sums, gradients, strict=True)
        weight, *others = ((logits - total.unsqueeze(axis)).exp_().mul_(grad.unsqueeze(axis)) for axis, total, grad in parts)
        for other in others:
            weight += other
        if left_out is not None:
            weight.masked_fill_(left_out, 0)
        grad_scale = (weight * cosines).sum() if ctx.needs_input_grad[2] else None
        weight *= scale
        grad_a = weight @ b if ctx.needs_input_grad[0] else None
        grad_b = weight.T @ a if ctx.needs_input_grad[1] else None
        return grad_a, grad_b, grad_scale, None, *(None for _ in ctx.axes)


class _Sums(torch.autograd.Function):
    """Row and column sums of exp(logit − shift), tile by tile; the backward pass computes each tile again instead of storing it."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, scale: Tensor, exclude: Exclude, chunk: int) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        row, column = a.new_zeros(len(a)), a.new_zeros(len(b))
        for tile in _tiles(a, b, scale, exclude, chunk):
            row[tile.rows] += tile.exp.sum(1)
            column[tile.columns] += tile.exp.sum(0)
        ctx.save_for_backward(a, b, scale)
        ctx.exclude, ctx.chunk = exclude, chunk
        return row, column

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_row: Tensor, grad_column: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:  # noqa: ANN401
        a, b, scale = ctx.saved_tensors
        grad_a, grad_b = torch.zeros_like(a), torch.zeros_like(b)
        for tile in _tiles(a, b, scale, ctx.exclude, ctx.chunk):
            weight = tile.exp.mul_(grad_row[tile.rows, None] + grad_column[tile.columns])
            grad_a[tile.rows].addmm_(weight, b[tile.columns])
            grad_b[tile.columns].addmm_(weight.T, a[tile.rows])
        grad_scale = (grad_a * a).sum()
        return grad_a.mul_(scale), grad_b.mul_(scale), grad_scale, None, None


class _Tile(NamedTuple):
    rows: slice
    columns: slice
    exp: Tensor  # exp(logit − shift) of these rows and columns, 0 where excluded; overwritten by the next tile


def _tiles(a: Tensor, b: Tensor, scale: Tensor, exclude: Exclude, chunk: int) -> Iterator[_Tile]:
    shift = _shift(scale, a.dtype)
    memory = a.new_empty(min(chunk, len(a)) * min(chunk, len(b)))
    for rows in _slices(len(a), chunk):
        scaled = scale * a[rows]
        for columns in _slices(len(b), chunk):
            left_out = exclude(rows, columns)
            if left_out is True:
                continue
            shape = (rows.stop - rows.start, columns.stop - columns.start)
            tile = torch.mm(scaled, b[columns].T, out=memory[: shape[0] * shape[1]].view(shape))
            tile = tile.sub_(shift).exp_() if shift else tile.exp_()
            yield _Tile(rows, columns, tile if left_out is False else tile.masked_fill_(left_out, 0))


def _slices(count: int, chunk: int) -> list[slice]:
    return [slice(at, min(at + chunk, count)) for at in range(0, count, chunk)]


def _nothing(rows: slice, columns: slice) -> bool:
    return False


def _shift(scale: Tensor, dtype: torch.dtype) -> float:
    return max(float(scale.detach().abs()) - TOP[dtype], 0.0)


def _logs(
    join: Callable[[Tensor, Tensor], tuple[Tensor, ...]], a: Tensor, b: Tensor, scale: Tensor, exclude: Exclude, chunk: int
) -> tuple[Tensor, ...]:
    """Logarithms of the sums that ``join`` makes of row and column sums; in float64 where float32 is too narrow for one of them."""
    logs = [part.log() for part in join(*_Sums.apply(a, b, scale, exclude, chunk))]
    if all(bool((part.detach() > FLOOR[a.dtype]).all()) for part in logs):
        return tuple(part + _shift(scale, a.dtype) for part in logs)
    if a.dtype == torch.float64:
        raise InputError(f"a row is excluded from every pair, or scale {float(scale):g} is too large for chunk: use chunk=None")
    return tuple(part.to(a.dtype) for part in _logs(join, a.double(), b.double(), scale.double(), exclude, chunk))
