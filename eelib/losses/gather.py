"""How a loss combines the rows of several ranks."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor

from eelib.errors import InputError


class _Gather(torch.autograd.Function):
    """All ranks' rows, one after the other; the backward pass sums the gradient over ranks and keeps the own slice."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        gradient = gradient.contiguous()
        dist.all_reduce(gradient)
        return gradient.chunk(dist.get_world_size())[dist.get_rank()]


def gather_rows(rows: Tensor) -> Tensor:
    """Rows of all ranks in rank order, with gradients to every rank.

    A loss that contrasts local rows against gathered ones and is then averaged over ranks, as distributed data-parallel training does,
    has the value and the gradient of one process on the joined batch (detail 1 of docs/clip_benchmark.md).

    Args:
        rows: ``(n, D)``, the same ``n`` on every rank.

    Returns:
        ``(W * n, D)``; the rows themselves where there is no process group.

    Raises:
        InputError: Ranks hold different numbers of rows.
    """
    if not is_distributed():
        return rows
    counts = lengths_on_ranks(rows)
    if len(set(counts)) > 1:
        raise InputError(f"ranks hold {counts} rows; gathering needs the same number on each: drop the last batch")
    gathered: Tensor = _Gather.apply(rows)
    return gathered


def lengths_on_ranks(rows: Tensor) -> list[int]:
    """How many rows each rank holds; without a process group, this one alone."""
    if not is_distributed():
        return [len(rows)]
    counts = [torch.zeros(1, dtype=torch.int64, device=rows.device) for _ in range(dist.get_world_size())]
    dist.all_gather(counts, torch.tensor([len(rows)], device=rows.device))
    return [int(count) for count in counts]


def gather_ids(ids: Tensor) -> Tensor:
    """Integers ``(n,)`` of all ranks, ``(W * n,)``, without gradients; the same ``n`` on every rank."""
    parts = [torch.empty_like(ids) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, ids.contiguous())
    return torch.cat(parts)


def mean_over_ranks(value: Tensor) -> Tensor:
    """The mean of a number over ranks, without gradient."""
    if not is_distributed():
        return value.detach()
    mean = value.detach().clone()
    dist.all_reduce(mean)
    return mean / dist.get_world_size()


def max_over_ranks(value: Tensor) -> Tensor:
    """The largest of a number over ranks."""
    if is_distributed():
        value = value.detach().clone()
        dist.all_reduce(value, dist.ReduceOp.MAX)
    return value


def is_distributed() -> bool:
    """Whether a process group of more than one rank is running."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def first_row(rows: Tensor) -> int:
    """Position of this rank's first row among the gathered rows."""
    return dist.get_rank() * len(rows) if is_distributed() else 0
