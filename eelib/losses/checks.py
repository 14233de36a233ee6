"""What the losses have in common before their formula starts: precision and clear errors."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from eelib.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")


def full_precision(loss: Callable[P, R]) -> Callable[P, R]:
    """Compute a loss outside autocast.

    A bfloat16 logit at scale 100 is off by up to 0.25. With this, autocast and half precision change a loss only through the rounding of
    its inputs: by less than 2⁻⁸ times the scale in bfloat16 and 2⁻¹¹ times the scale in float16.
    """

    @functools.wraps(loss)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
            return loss(*args, **kwargs)

    return call


def widened(rows: Tensor) -> Tensor:
    """At least float32: half precision overflows at scale 100 and loses the small terms of a sum."""
    return rows.to(torch.promote_types(rows.dtype, torch.float32))


def unit_rows(rows: Tensor) -> Tensor:
    """Vectors of length 1 along the last axis, at least float32; a zero vector stays 0."""
    return F.normalize(widened(rows), dim=-1)


def as_scale(scale: float | Tensor, like: Tensor, name: str = "scale") -> Tensor:
    """The scale as a 0-d tensor of the type of ``like``.

    Raises:
        InputError: It is not one finite number.
    """
    scale = torch.as_tensor(scale, dtype=like.dtype, device=like.device)
    if scale.numel() != 1 or not math.isfinite(scale.detach()):
        raise InputError(f"{name} must be one finite number, got {scale.detach().tolist()}")
    return scale.reshape(())


def check_temperature(temperature: float) -> None:
    """Raise an InputError unless the temperature is positive."""
    if not 0 < temperature < float("inf"):
        raise InputError(f"temperature must be a finite number above 0, got {temperature}")


def check_chunk(chunk: int | None) -> None:
    """Raise an InputError unless the chunk is None or positive."""
    if chunk is not None and chunk < 1:
        raise InputError(f"chunk must be at least 1, got {chunk}")


def check_rows(**rows: Tensor) -> None:
    """Raise an InputError unless all are ``(N, D)`` of one shape with N at least 1 and finite numbers; the keywords are the names."""
    shapes = [tuple(part.shape) for part in rows.values()]
    names = " and ".join(rows)
    if len(set(shapes)) > 1 or len(shapes[0]) != 2:
        raise InputError(f"{names} must be (N, D) of one shape, got {' and '.join(map(str, shapes))}")
    if shapes[0][0] == 0:
        raise InputError(f"{names} hold no rows: there is nothing to contrast")
    check_finite(**rows)


def check_finite(**tensors: Tensor) -> None:
    """Raise an InputError that names the first tensor with a NaN or an infinity; the keywords are the names."""
    for name, tensor in tensors.items():
        if not math.isfinite(tensor.detach().sum(dtype=torch.float64)):
            raise InputError(f"{name} holds NaN or infinite values")
