"""Dense instance discrimination: matched pixels of two views are positive pairs."""

from __future__ import annotations

import torch
from torch import Tensor

from eelib.errors import InputError
from eelib.losses.info_nce import info_nce, query_info_nce
from eelib.losses.pairs import MatchedPixels, Negatives, excluded, on_every_rank, same_ground
from eelib.pixels import ROW_STRIDE


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
    pairs: MatchedPixels | None = None,
    one_way: bool = False,
    bank: Tensor | None = None,
    ground: Tensor | None = None,
) -> Tensor:
    """InfoNCE over matched pixels (our reconstruction: docs/method.md#loss).

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
        gather: As in :func:`info_nce`; every rank then takes as many anchors as the one that found fewest, drawn from all that it found.
        row_stride: Pixel ids are ``row * row_stride + column``; only the guard radius uses it.
        pairs: Which pixels match; None draws from the pixels that show the same ground.
        one_way: View a alone looks for its partner, for keys of a momentum branch that get no gradient.
        bank: ``(K, D)`` keys of earlier steps that replace the other anchors as negatives; one-way.
        ground: ``(B,)`` int64; images of the same number count their pixel ids on the same ground, and the guard radius holds between them
            too (0 leaves out the same pixel). None: each image has its own.

    Returns:
        Scalar.

    Raises:
        InputError: No pixel is in both views, an unknown kind of negatives, a temperature or number of anchors that is not positive.
    """
    if temperature <= 0 or anchors < 1:
        raise InputError(f"temperature must be above 0 and anchors at least 1, got {temperature} and {anchors}")
    pairs = pairs or same_ground(index_a, index_b, anchors, generator)
    if gather:
        pairs = on_every_rank(pairs, generator)
    rows_a, rows_b = pairs.rows(z_a, z_b)
    if bank is not None:
        return query_info_nce(rows_a, rows_b, 1 / temperature, bank=bank, chunk=chunk)
    exclude = excluded(
        pairs,
        index_a,
        index_b,
        negatives=negatives,
        guard_radius=guard_radius,
        gather=gather,
        row_stride=row_stride,
        ground=ground,
    )
    loss = query_info_nce if one_way else info_nce
    return loss(rows_a, rows_b, 1 / temperature, exclude=exclude, chunk=chunk, gather=gather)
