"""Losses of other methods, taken from lightly (extra ``ssl``) as its maintainers test them; imported when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from eelib.errors import InputError, missing_extra
from eelib.losses.checks import check_rows

if TYPE_CHECKING:
    from types import ModuleType


def barlow_twins(a: Tensor, b: Tensor) -> Tensor:
    """Cross-correlation of matched rows ``(N, D)`` towards the identity, off-diagonal weight .005 (arXiv 2103.03230)."""
    check_rows(a=a, b=b)
    loss: Tensor = _losses().BarlowTwinsLoss()(a, b)
    return loss


def vicreg(a: Tensor, b: Tensor) -> Tensor:
    """Invariance, variance and covariance of matched rows ``(N, D)``, weighted 25, 25 and 1 (arXiv 2105.04906)."""
    check_rows(a=a, b=b)
    loss: Tensor = _losses().VICRegLoss()(a, b)
    return loss


def _losses() -> ModuleType:
    try:
        import lightly.loss
    except ImportError as error:
        raise InputError(missing_extra("lightly")) from error
    module: ModuleType = lightly.loss
    return module
