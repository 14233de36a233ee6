"""InfoNCE between two sets of matched rows."""

from __future__ import annotations

import torch
from torch import Tensor

from eelib.losses.checks import as_scale, check_chunk, check_rows, full_precision, unit_rows
from eelib.losses.gather import first_row, gather_rows, is_distributed
from eelib.losses.streamed import Exclude, own_row, row_logsumexp, similarity_logsumexp


@full_precision
def info_nce(
    a: Tensor,
    b: Tensor,
    scale: float | Tensor,
    *,
    exclude: Tensor | Exclude | None = None,
    chunk: int | None = None,
    gather: bool = False,
) -> Tensor:
    r"""Mean InfoNCE of both directions; row n of ``a`` and row n of ``b`` are a positive pair.

    The loss of docs/method.md#loss and of CLIP, with s the scale and rows normalised to length 1:

        L = 1/(2N) Σ_n [ log Σ_m exp(s a_n·b_m) − s a_n·b_n + log Σ_m exp(s b_n·a_m) − s a_n·b_n ]

    Args:
        a: ``(N, D)``; normalised inside.
        b: ``(N, D)``; normalised inside.
        scale: Inverse temperature 1/τ, a number or a tensor of one number that may be learnt.
        exclude: ``(N, N)`` bool; pair (n, m) is left out of the denominators of a_n and of b_m. The diagonal is always kept. With
            ``gather`` it is ``(N, W * N)`` and taken to be symmetric. Instead of a mask in memory, a function that makes any tile of it.
        chunk: Side of the square tiles worked on at a time; same value and gradient with memory that grows with ``chunk²`` instead of N².
            1024 is fastest on the machines we measured.
        gather: Contrast local rows with the rows of all ranks; averaged over ranks this is the loss of one process on the joined batch.

    Returns:
        Scalar, at least 0 and about ln N for unrelated rows with a small scale.

    Raises:
        InputError: Shapes do not match, there are no rows, ``chunk`` is not positive, or an input is not finite.
    """
    check_rows(a=a, b=b)
    check_chunk(chunk)
    a, b = unit_rows(a), unit_rows(b)
    scale = as_scale(scale, a)
    positive = scale * (a * b).sum(1)
    negatives = None if exclude is None else _keep_positives(exclude, first_row(a) if gather else 0, a.device)
    if gather and is_distributed():
        row = row_logsumexp(a, gather_rows(b), scale, negatives, chunk)
        column = row_logsumexp(b, gather_rows(a), scale, negatives, chunk)
    else:
        row, column = similarity_logsumexp(a, b, scale, negatives, chunk)
    return 0.5 * ((row - positive).mean() + (column - positive).mean())


@full_precision
def query_info_nce(
    queries: Tensor,
    keys: Tensor,
    scale: float | Tensor,
    *,
    exclude: Tensor | Exclude | None = None,
    bank: Tensor | None = None,
    chunk: int | None = None,
    gather: bool = False,
) -> Tensor:
    r"""One direction of InfoNCE: every query looks for its key, as in MoCo (arXiv 1911.05722, eq. 1).

        L = 1/N Σ_n [ log( exp(s q_n·k_n) + Σ_m exp(s q_n·c_m) ) − s q_n·k_n ]

    Args:
        queries: ``(N, D)``; normalised inside.
        keys: ``(N, D)``; normalised inside.
        scale: Inverse temperature 1/τ.
        exclude: As in :func:`info_nce`.
        bank: ``(K, D)`` unit rows c, the only negatives; None takes the other keys.
        chunk: As in :func:`info_nce`.
        gather: Look among the keys of all ranks; not with a bank, whose rows are negatives of every rank's queries already.

    Raises:
        InputError: As :func:`info_nce`.
    """
    check_rows(queries=queries, keys=keys)
    check_chunk(chunk)
    q, k = unit_rows(queries), unit_rows(keys)
    scale = as_scale(scale, q)
    positive = scale * (q * k).sum(1)
    if bank is not None:
        everything = row_logsumexp(q, bank.to(q.dtype), scale, None, chunk)
        return (torch.logaddexp(positive, everything) - positive).mean()
    negatives = None if exclude is None else _keep_positives(exclude, first_row(q) if gather else 0, q.device)
    everything = row_logsumexp(q, gather_rows(k) if gather else k, scale, negatives, chunk)
    return (everything - positive).mean()


def _keep_positives(exclude: Tensor | Exclude, first: int, device: torch.device) -> Exclude:
    positive = own_row(first, device)

    def tile(rows: slice, columns: slice) -> Tensor | bool:
        left_out = exclude[rows, columns] if isinstance(exclude, Tensor) else exclude(rows, columns)
        kept = positive(rows, columns)
        return left_out if kept is False else ~torch.as_tensor(kept) & left_out

    return tile
