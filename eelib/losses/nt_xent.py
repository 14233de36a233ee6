"""NT-Xent, the loss of SimCLR and of the image term of SLIP."""

from __future__ import annotations

import torch
from torch import Tensor

from eelib.losses.checks import as_scale, check_chunk, check_rows, check_temperature, full_precision, unit_rows
from eelib.losses.gather import first_row, gather_rows, is_distributed
from eelib.losses.streamed import own_logsumexp, own_row, row_logsumexp


@full_precision
def nt_xent(z1: Tensor, z2: Tensor, temperature: float, *, chunk: int | None = None, gather: bool = False) -> Tensor:
    r"""Normalised temperature-scaled cross-entropy of two views of N samples.

    The image term of SLIP. Over the 2N rows z = [z1; z2] of length 1, with p(i) the other view of the sample of row i:

        L = 1/(2N) Σ_i [ log( exp(z_i·z_p(i)/τ) + Σ_{j ∉ {i, p(i)}} exp(z_i·z_j/τ) ) − z_i·z_p(i)/τ ]

    Of the four entries that relate a sample to itself none is a negative, and the positive enters once: 1 + 2(N − 1) terms, over W ranks
    1 + 2(WN − 1). That is the denominator of SimCLR and of lightly's ``NTXentLoss`` too: they leave out only i itself and let the positive
    stand among the rest, which is the same sum, Σ_{j ≠ i}. So is the code here.

    Args:
        z1: ``(N, D)``; normalised inside.
        z2: ``(N, D)``; normalised inside.
        temperature: τ; 0.1 in SLIP.
        chunk: As in :func:`info_nce`.
        gather: As in :func:`info_nce`.

    Returns:
        Scalar, at least 0.

    Raises:
        InputError: Shapes do not match, there are no rows, ``chunk`` or ``temperature`` is not positive, or an input is not finite.
    """
    check_rows(z1=z1, z2=z2)
    check_chunk(chunk)
    check_temperature(temperature)
    z1, z2 = unit_rows(z1), unit_rows(z2)
    scale = as_scale(1 / temperature, z1)
    positive = scale * (z1 * z2).sum(1)
    everyone = _other_rows_logsumexp(torch.cat([z1, z2]), scale, chunk, gather and is_distributed())
    return (everyone - positive.repeat(2)).mean()


def _other_rows_logsumexp(rows: Tensor, scale: Tensor, chunk: int | None, gather: bool) -> Tensor:
    if chunk is not None and not gather:
        return own_logsumexp(rows, scale, chunk)
    columns = gather_rows(rows) if gather else rows
    return row_logsumexp(rows, columns, scale, own_row(first_row(rows) if gather else 0, rows.device), chunk)
