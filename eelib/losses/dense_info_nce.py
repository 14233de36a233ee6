"""Dense instance discrimination: the same ground pixel in two views is a positive pair."""

from __future__ import annotations

from typing import Literal

import torch
import torch.distributed as dist
from torch import Tensor

from eelib.errors import InputError
from eelib.losses.gather import gather_ids, is_distributed
from eelib.losses.info_nce import info_nce
from eelib.pixels import ROW_STRIDE

Negatives = Literal["all", "other_images", "same_image"]


def dense_info_nce(
    z_a: Tensor,
    z_b: Tensor,
    index_a: Tensor,
    index_b: Tensor,
    *,
    temperature: float,
    anchors: int,
    generator: torch.Generator,
    negatives: Negatives = "all",
    guard_radius: float = 0,
    chunk: int | None = None,
    gather: bool = False,
    row_stride: int = ROW_STRIDE,
) -> Tensor:
    """InfoNCE over pixels that both views show (spec section 1.6.4, our reconstruction).

    Args:
        z_a: ``(B, D, h, w)`` embeddings of view a.
        z_b: ``(B, D, h, w)`` embeddings of view b of the same ``B`` images.
        index_a: ``(B, h, w)`` int64 absolute pixel id of each pixel of view a; negative = no pixel.
        index_b: The same for view b.
        temperature: τ.
        anchors: Pixels drawn per image from those in both views; images with fewer give all they have.
        generator: Source of the draw.
        negatives: Which other anchors stand in the denominator.
        guard_radius: Anchors of the same image nearer than this many pixels are not negatives of each other; 0 keeps all.
        chunk: As in :func:`info_nce`.
        gather: As in :func:`info_nce`; every rank must then find the same number of anchors.
        row_stride: Pixel ids are ``row * row_stride + column``; only the guard radius uses it.

    Returns:
        Scalar.

    Raises:
        InputError: No pixel is in both views, an unknown kind of negatives, a temperature or number of anchors that is not positive.
    """
    if temperature <= 0 or anchors < 1:
        raise InputError(f"temperature must be above 0 and anchors at least 1, got {temperature} and {anchors}")
    image, at_a, at_b = draw_anchors(index_a, index_b, anchors, generator)
    rows_a = z_a.flatten(2)[image, :, at_a]
    rows_b = z_b.flatten(2)[image, :, at_b]
    pixel = index_a.flatten(1)[image, at_a]
    exclude = _excluded(image, pixel, negatives, guard_radius, row_stride, gather)
    return info_nce(rows_a, rows_b, 1 / temperature, exclude=exclude, chunk=chunk, gather=gather)


def draw_anchors(index_a: Tensor, index_b: Tensor, anchors: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw matched pixel positions of two views.

    Args:
        index_a: ``(B, h, w)`` absolute pixel ids, unique within a view.
        index_b: ``(B, h, w)``.
        anchors: Most pixels per image.
        generator: Source of the draw.

    Returns:
        Image number, flat position in view a and flat position in view b, each ``(N,)`` with N at most ``B * anchors``.

    Raises:
        InputError: No pixel is in both views.
    """
    ids_a, ids_b = index_a.flatten(1), index_b.flatten(1)
    ordered, order = ids_b.sort(1)
    slot = torch.searchsorted(ordered, ids_a.contiguous()).clamp_(max=ids_b.shape[1] - 1)
    shared = (ordered.gather(1, slot) == ids_a) & (ids_a >= 0)
    if not shared.any():
        raise InputError("no pixel is present in both views: raise min_overlap or check the pixel ids")
    score = torch.rand(shared.shape, generator=generator, device=generator.device).to(shared.device)
    best, at_a = score.masked_fill(~shared, -1).topk(min(anchors, shared.shape[1]), dim=1)
    image, column = torch.nonzero(best >= 0, as_tuple=True)
    at_a = at_a[image, column]
    return image, at_a, order[image, slot[image, at_a]]


def _excluded(image: Tensor, pixel: Tensor, negatives: Negatives, guard_radius: float, row_stride: int, gather: bool) -> Tensor | None:
    """Pairs of anchors that are not negatives of each other, or None where all are."""
    if negatives == "all" and guard_radius <= 0:
        return None
    everyone, everywhere = image, pixel
    if gather and is_distributed():
        image = image + dist.get_rank() * (1 << 32)  # images of different ranks are different images
        everyone, everywhere = gather_ids(image), gather_ids(pixel)
    same = image[:, None] == everyone[None, :]
    if negatives == "other_images":
        return same
    near = same & _nearer(pixel, everywhere, guard_radius, row_stride)
    if negatives == "same_image":
        return near | ~same
    if negatives == "all":
        return near
    raise InputError(f"negatives must be 'all', 'other_images' or 'same_image', got '{negatives}'")


def _nearer(pixel: Tensor, others: Tensor, radius: float, row_stride: int) -> Tensor:
    # In float32, which holds rows and columns below 2**24 exactly: integer squares would cost several times as much.
    rows = (pixel // row_stride).float()[:, None] - (others // row_stride).float()[None, :]
    columns = (pixel % row_stride).float()[:, None] - (others % row_stride).float()[None, :]
    return rows.square_().add_(columns.square_()) < radius**2
