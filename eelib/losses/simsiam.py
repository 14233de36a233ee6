"""SimSiam, the image term of DeCLIP."""

from __future__ import annotations

from torch import Tensor

from eelib.errors import InputError
from eelib.losses.checks import check_rows, full_precision, unit_rows


@full_precision
def simsiam(p1: Tensor, p2: Tensor, z1: Tensor, z2: Tensor) -> Tensor:
    """Minus the mean cosine of each view's prediction with the other view's projection (DeCLIP's image term).

        L = −½ [ mean_n cos(p1_n, sg z2_n) + mean_n cos(p2_n, sg z1_n) ]

    The means are over samples, so over ranks with equally many samples the mean of local losses is the loss of one process.

    Args:
        p1: ``(N, D)`` predictions of view 1.
        p2: ``(N, D)``.
        z1: ``(N, D)`` projections of view 1; sg, no gradient passes, is done here.
        z2: ``(N, D)``.

    Returns:
        Scalar in [−1, 1].

    Raises:
        InputError: Shapes differ, there are no rows, or an input is not finite.
    """
    if z1.shape != p1.shape or z2.shape != p1.shape:
        raise InputError(f"z1 and z2 must have the shape of p1 {tuple(p1.shape)}, got {tuple(z1.shape)} and {tuple(z2.shape)}")
    check_rows(p1=p1, p2=p2, z1=z1, z2=z2)
    forth = (unit_rows(p1) * unit_rows(z2.detach())).sum(1).mean()
    back = (unit_rows(p2) * unit_rows(z1.detach())).sum(1).mean()
    return -0.5 * (forth + back)
