"""Which pixels of two views are a pair, and which other pairs may be negatives of it."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from eelib.errors import InputError
from eelib.losses.gather import gather_ids, is_distributed, lengths_on_ranks, max_over_ranks
from eelib.losses.streamed import Exclude
from eelib.pixels import ROW_STRIDE

Negatives = Literal["all", "other_images", "same_image"]


@dataclass(frozen=True)
class MatchedPixels:
    """Matched pixels of two views: image number and flat position in view a and in view b, each ``(N,)`` int64."""

    image: Tensor
    at_a: Tensor
    at_b: Tensor

    def rows(self, z_a: Tensor, z_b: Tensor) -> tuple[Tensor, Tensor]:
        """The pairs' channels ``(N, D)`` in two maps ``(B, D, h, w)``."""
        return z_a.flatten(2)[self.image, :, self.at_a], z_b.flatten(2)[self.image, :, self.at_b]


def same_ground(index_a: Tensor, index_b: Tensor, anchors: int, generator: torch.Generator) -> MatchedPixels:
    """Draw pixels that both views show (docs/method.md#which-pixels-belong-together).

    Args:
        index_a: ``(B, h, w)`` absolute pixel ids, unique within a view; negative = no pixel.
        index_b: ``(B, h, w)``.
        anchors: Most pixels per image; images with fewer give all they have.
        generator: Source of the draw.

    Raises:
        InputError: No pixel is in both views.
    """
    ids_a, ids_b = index_a.flatten(1), index_b.flatten(1)
    ordered, order = ids_b.sort(1)
    slot = torch.searchsorted(ordered, ids_a.contiguous()).clamp_(max=ids_b.shape[1] - 1)
    shared = (ordered.gather(1, slot) == ids_a) & (ids_a >= 0)
    image, at_a = _draw(shared, anchors, generator)
    if not len(image):
        raise InputError("no pixel is present in both views: raise min_overlap or check the pixel ids")
    return MatchedPixels(image, at_a, order[image, slot[image, at_a]])


@torch.no_grad()
def most_similar(features_a: Tensor, features_b: Tensor, anchors: int, generator: torch.Generator) -> MatchedPixels:
    """Draw pixels of view a; the partner of each is that of b with the largest cosine of backbone features (DenseCL, arXiv 2011.09157).

    Args:
        features_a: ``(B, D, h, w)`` of the backbone, before any projection.
        features_b: The same for view b.
        anchors: Most pixels per image.
        generator: Source of the draw.
    """
    a, b = F.normalize(features_a.flatten(2), dim=1), F.normalize(features_b.flatten(2), dim=1)
    image, at_a = _draw(torch.ones(len(a), a.shape[2], dtype=torch.bool, device=a.device), anchors, generator)
    partner = torch.einsum("bdn,bdm->bnm", a, b).argmax(2)
    return MatchedPixels(image, at_a, partner[image, at_a])


def on_every_rank(pairs: MatchedPixels, generator: torch.Generator) -> MatchedPixels:
    """As many pairs on every rank, so that their rows can be gathered: where another rank found fewer, so many drawn from all.

    Views are drawn per rank, so what they share differs from rank to rank. One process keeps its pairs, and nothing is drawn.

    Args:
        pairs: Of this rank.
        generator: Source of the draw.
    """
    counts = lengths_on_ranks(pairs.image)
    if min(counts) == len(pairs.image):
        return pairs
    kept = torch.randperm(len(pairs.image), generator=generator, device=generator.device)[: min(counts)].sort().values
    kept = kept.to(pairs.image.device)
    return MatchedPixels(pairs.image[kept], pairs.at_a[kept], pairs.at_b[kept])


def _draw(allowed: Tensor, anchors: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """At most ``anchors`` allowed positions per row of ``(B, n)``, without repeats."""
    score = torch.rand(allowed.shape, generator=generator, device=generator.device).to(allowed.device)
    best, position = score.masked_fill(~allowed, -1).topk(min(anchors, allowed.shape[1]), dim=1)
    image, column = torch.nonzero(best >= 0, as_tuple=True)
    return image, position[image, column]


def excluded(
    pairs: MatchedPixels,
    index_a: Tensor,
    index_b: Tensor,
    *,
    negatives: Negatives = "all",
    guard_radius: float = 0,
    gather: bool = False,
    row_stride: int = ROW_STRIDE,
    ground: Tensor | None = None,
) -> Exclude | None:
    """Which pairs are not negatives of each other: a rule that makes any tile of the ``(N, N)`` mask, or None where all are.

    Two pairs of one image, or of one ground, are too near if their pixels are nearer than the guard radius in either view. Where positives
    come from the ground that is the same in both; where they come from features, two anchors may even have the same partner.

    Args:
        pairs: N of them.
        index_a: ``(B, h, w)`` absolute pixel ids.
        index_b: ``(B, h, w)``.
        negatives: Which other pairs repel.
        guard_radius: Pixels; 0 keeps all but pairs that share a pixel.
        gather: Compare with the pairs of all ranks, ``(N, W * N)``; every rank must then hold the same number.
        row_stride: Pixel ids are ``row * row_stride + column``.
        ground: ``(B,)``; images of the same number, of whichever rank, show parts of the same ground. None: each image has its own.
    """
    if negatives not in get_args(Negatives):
        raise InputError(f"negatives must be 'all', 'other_images' or 'same_image', got '{negatives}'")
    pixels = [index_a.flatten(1)[pairs.image, pairs.at_a]]
    at_b = index_b.flatten(1)[pairs.image, pairs.at_b]
    differ = torch.tensor(float(not torch.equal(pixels[0], at_b)), device=at_b.device)
    if bool(max_over_ranks(differ) if gather else differ):  # all ranks gather the same planes
        pixels.append(at_b)
    if negatives == "all" and guard_radius <= 0 and len(pixels) == 1 and ground is None:
        return None
    image, first = pairs.image, 0
    place = None if ground is None else ground[image]
    if gather and is_distributed():
        first = dist.get_rank() * len(image)
        everyone = gather_ids(image + dist.get_rank() * (1 << 32))  # images of different ranks are different images
        image, pixels = torch.unique(everyone, return_inverse=True)[1], [gather_ids(pixel) for pixel in pixels]
        place = None if place is None else gather_ids(place)
    numbers = (image if place is None else torch.unique(place, return_inverse=True)[1]).cpu().numpy()
    radius = min(max(guard_radius, 0.5), 2.0 * row_stride)  # no two pixels of a scene are farther apart
    planes = [_one_plane(pixel, numbers, radius, row_stride) for pixel in pixels]

    def tile(rows: slice, columns: slice) -> Tensor | bool:
        mine = slice(first + rows.start, first + rows.stop)
        if numbers[mine].max() < numbers[columns].min() or numbers[columns].max() < numbers[mine].min():  # no image in common
            return negatives == "same_image"
        if negatives == "other_images" and place is None:
            return image[mine, None] == image[columns]
        near = functools.reduce(torch.logical_or, (_nearer(plane, mine, columns, radius) for plane in planes))
        if negatives == "all":
            return near
        return near | (image[mine, None] != image[columns] if negatives == "same_image" else image[mine, None] == image[columns])

    return tile


def _one_plane(pixel: Tensor, image: NDArray[np.int64], radius: float, row_stride: int) -> Tensor:
    """Rows and columns ``(2, N)`` of pixels, each image below the one before it and farther than the radius: what is near is of one image.

    Images of the same ground have one number and lie where they lie.
    In the narrowest float that holds them exactly; squares of integers would cost several times as much.
    """
    rows, columns = np.divmod(pixel.cpu().numpy(), row_stride)
    rows = rows - rows.min() + image * (rows.max() - rows.min() + math.ceil(radius))
    narrow = max(rows.max(), columns.max()) < 1 << 24
    return torch.from_numpy(np.stack([rows, columns]).astype(np.float32 if narrow else np.float64)).to(pixel.device)


def _nearer(plane: Tensor, mine: slice, others: slice, radius: float) -> Tensor:
    rows, columns = (plane[:, mine, None] - plane[:, None, others]).unbind()
    # Compared in place, as numbers: a comparison that writes bools takes several times as long.
    return rows.square_().add_(columns.square_()).lt_(radius**2).bool()
