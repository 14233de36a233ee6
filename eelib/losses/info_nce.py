"""InfoNCE between two sets of matched rows."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from eelib.errors import InputError
from eelib.losses.gather import first_row, gather_rows, is_distributed
from eelib.losses.streamed import similarity_logsumexp


def info_nce(
    a: Tensor, b: Tensor, scale: float | Tensor, *, exclude: Tensor | None = None, chunk: int | None = None, gather: bool = False
) -> Tensor:
    r"""Mean InfoNCE of both directions; row n of ``a`` and row n of ``b`` are a positive pair.

    Spec sections 1.6.4 and 2.4.2, with s the scale and rows normalised to length 1:

        L = 1/(2N) Σ_n [ log Σ_m exp(s a_n·b_m) − s a_n·b_n + log Σ_m exp(s b_n·a_m) − s a_n·b_n ]

    Args:
        a: ``(N, D)``; normalised inside.
        b: ``(N, D)``; normalised inside.
        scale: Inverse temperature 1/τ, a number or a 0-d tensor that may be learnt.
        exclude: ``(N, N)`` bool; pair (n, m) is left out of the denominators of a_n and of b_m. The diagonal is always kept. With
            ``gather`` it is ``(N, W * N)`` and taken to be symmetric.
        chunk: Rows worked on at a time; same value and gradient with memory that grows with ``chunk * N`` instead of N².
        gather: Contrast local rows with the rows of all ranks; averaged over ranks this is the loss of one process on the joined batch.

    Returns:
        Scalar, at least 0 and about ln N for unrelated rows with a small scale.

    Raises:
        InputError: Shapes do not match, there are no rows, ``chunk`` is not positive, or an input is not finite.
    """
    _check(a, b, chunk)
    a, b = F.normalize(_wide(a), dim=1), F.normalize(_wide(b), dim=1)
    scale = torch.as_tensor(scale, dtype=a.dtype, device=a.device)
    positive = scale * (a * b).sum(1)
    if exclude is not None:
        exclude = _keep_positives(exclude, first_row(a) if gather else 0)
    if gather and is_distributed():
        row, _ = similarity_logsumexp(a, gather_rows(b), scale, exclude, chunk)
        column, _ = similarity_logsumexp(b, gather_rows(a), scale, exclude, chunk)
    else:
        row, column = similarity_logsumexp(a, b, scale, exclude, chunk)
    return 0.5 * ((row - positive).mean() + (column - positive).mean())


def query_info_nce(
    queries: Tensor,
    keys: Tensor,
    scale: float | Tensor,
    *,
    exclude: Tensor | None = None,
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
    _check(queries, keys, chunk)
    q, k = F.normalize(_wide(queries), dim=1), F.normalize(_wide(keys), dim=1)
    scale = torch.as_tensor(scale, dtype=q.dtype, device=q.device)
    positive = scale * (q * k).sum(1)
    if bank is not None:
        everything, _ = similarity_logsumexp(q, bank.to(q.dtype), scale, None, chunk)
        return (torch.logaddexp(positive, everything) - positive).mean()
    if exclude is not None:
        exclude = _keep_positives(exclude, first_row(q) if gather else 0)
    everything, _ = similarity_logsumexp(q, gather_rows(k) if gather else k, scale, exclude, chunk)
    return (everything - positive).mean()


def _wide(rows: Tensor) -> Tensor:
    """At least float32: half precision overflows at scale 100 and loses the small terms of the sum."""
    return rows.to(torch.promote_types(rows.dtype, torch.float32))


def _keep_positives(exclude: Tensor, first: int) -> Tensor:
    kept = exclude.clone()
    kept.diagonal(first).fill_(False)
    return kept


def _check(a: Tensor, b: Tensor, chunk: int | None) -> None:
    if a.shape != b.shape or a.ndim != 2:
        raise InputError(f"a and b must both be (N, D), got {tuple(a.shape)} and {tuple(b.shape)}")
    if len(a) == 0:
        raise InputError("a and b hold no rows: there is nothing to contrast")
    if chunk is not None and chunk < 1:
        raise InputError(f"chunk must be at least 1, got {chunk}")
    for name, rows in (("a", a), ("b", b)):
        if not torch.isfinite(rows.detach().sum(dtype=torch.float64)):
            raise InputError(f"{name} holds NaN or infinite values")
