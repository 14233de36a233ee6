"""Nearest-neighbour supervision: an image against the earlier text that is most like its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from eelib.errors import InputError
from eelib.losses.checks import as_scale, check_chunk, check_rows, full_precision
from eelib.losses.feature_bank import FeatureBank
from eelib.losses.gather import gather_rows, is_distributed
from eelib.losses.info_nce import query_info_nce


@full_precision
def nearest_neighbour_clip(
    images: Sequence[Tensor],
    texts: Sequence[Tensor],
    bank: FeatureBank,
    scale: float | Tensor,
    *,
    warm_up: bool = True,
    update: bool = True,
    chunk: int | None = None,
    gather: bool = False,
) -> Tensor:
    """Mean of one-way InfoNCE, image to text only, over all pairings of an image view with the neighbour of a text view.

    DeCLIP's L_NN; details 8 to 11 and 14 of docs/clip_benchmark.md. With NN(t) the row of the bank most like t:

        L = mean_{x ∈ images, t ∈ texts} 1/N Σ_n [ log Σ_m exp(s x_n·NN(t_m)) − s x_n·NN(t_n) ]

    All neighbours are looked up before the bank changes; then it takes the last text view first and the first one last. Scale and images
    get gradients, texts and bank none.

    Args:
        images: One ``(N, D)`` per view; normalised inside.
        texts: The same for texts, in the order caption, augmented caption.
        bank: Earlier text features.
        scale: Inverse temperature, a number or a tensor of one number that may be learnt.
        warm_up: The loss is 0 until the bank is full: its first rows are random. False as in the released code.
        update: Write the texts into the bank.
        chunk: As in :func:`info_nce`.
        gather: Contrast with the neighbours of all ranks. The bank then takes the texts of all ranks and is the same on each of them (the
            released code keeps one per rank), so that the mean over ranks is the loss of one process on the joined batch.

    Returns:
        Scalar, at least 0.

    Raises:
        InputError: No views, a bank of another width, or as :func:`info_nce`.
    """
    _check(images, texts, bank)
    check_chunk(chunk)
    as_scale(scale, images[0])  # before the bank changes, and while it is not full too
    neighbours = [bank.nearest(text) for text in texts]
    ready = bank.full or not warm_up
    if update:
        for text in reversed(texts):
            bank.enqueue(gather_rows(text.detach()) if gather and is_distributed() else text)
    if not ready:
        return torch.stack([image.sum() for image in images]).sum() * 0.0
    pairings = [(image, neighbour) for image in images for neighbour in neighbours]
    return torch.stack([query_info_nce(*pairing, scale, chunk=chunk, gather=gather) for pairing in pairings]).mean()


def _check(images: Sequence[Tensor], texts: Sequence[Tensor], bank: FeatureBank) -> None:
    if not images or not texts:
        raise InputError(f"images and texts must hold at least one view each, got {len(images)} and {len(texts)}")
    for name, views in (("images", images), ("texts", texts)):
        check_rows(**{f"{name}[{at}]": view for at, view in enumerate(views)})
    if images[0].shape != texts[0].shape or texts[0].shape[1] != bank.rows.shape[1]:
        width = bank.rows.shape[1]
        raise InputError(f"images and texts must be (N, {width}) like the bank, got {tuple(images[0].shape)} and {tuple(texts[0].shape)}")
