"""View extraction: two augmented windows of one series, with the absolute index of every pixel.

docs/method.md#views. That views are made by sample-level and batch-level draws is the paper's (A2); which draw is which is ours (B).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from eelib.errors import InputError
from eelib.pixels import ROW_STRIDE
from eelib.settings import ViewSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

Sample = dict[str, Tensor]  # torchgeo's sample dictionary: image, mask, dates, index


@dataclass(frozen=True)
class Geometry:
    """Where views lie in their source windows.

    Attributes:
        top: Row of the top-left corner, ``(..., B)`` int64.
        left: Its column.
        element: Element of the dihedral group of the square, 0 to 7: bit 0 flips rows, bit 1 columns, then bit 2 transposes.
        size: Height and width, pixels.
    """

    top: Tensor
    left: Tensor
    element: Tensor
    size: int


def extract_views(sample: Mapping[str, Tensor], settings: ViewSettings, generator: torch.Generator) -> tuple[Sample, Sample]:
    """Two views of every series of a batch.

    Args:
        sample: ``image`` ``(B, T, C, H, W)`` reflectance, ``dates`` ``(B, T)`` day of year, and optionally ``index`` ``(B, H, W)``
            absolute pixel ids (otherwise rows and columns of the window itself). With ``rows`` ``(B,)`` the others may hold more series
            than the batch, which are these; pixels of no view are not read. With ``origin`` ``(B, 2)`` and ``ground`` ``(B,)`` pixel ids
            count from there, and the number of the ground that they are counted on is passed along.
        settings: What may differ between the views.
        generator: Source of every draw.

    Returns:
        Two samples with ``image`` ``(B, T', C, h, w)``, ``dates`` ``(B, T')``, ``index`` ``(B, h, w)``. Pixel p of one
        and q of the other show the same ground exactly if their indices are equal. Labels are never read nor passed on.

    Raises:
        InputError: The window is smaller than a view, or the series has too few dates.
    """
    count, length, bands, height, width = sample["image"].shape
    if min(height, width) < settings.size:
        raise InputError(f"views of {settings.size} px do not fit into windows of {height}x{width} px: lower the view size")
    rows, index = rows_of(sample), sample.get("index")
    when = draw_dates(len(rows), length, settings, generator)
    where = draw_geometry(len(rows), height, width, settings, generator)
    image = cut(sample["image"], rows, where, when)
    dates = sample["dates"][rows].expand(2, -1, -1).gather(2, when)
    index = cut(pixel_index(height, width).expand(count, -1, -1) if index is None else index, rows, where)
    if "origin" in sample:
        index += (sample["origin"] * torch.tensor([ROW_STRIDE, 1])).sum(1)[:, None, None]
    shift = settings.batch_shift * torch.randn(2, bands, generator=generator)
    for view, moved in zip(image, shift, strict=True):
        photometric_(view, settings, generator).add_(moved[:, None, None])
    ground = {"ground": sample["ground"]} if "ground" in sample else {}
    a, b = ({"image": image[side], "dates": dates[side], "index": index[side], **ground} for side in (0, 1))
    return a, b


def rows_of(sample: Mapping[str, Tensor]) -> Tensor:
    """Which series of a sample are the batch, ``(B,)``: those of ``rows``, or all."""
    return sample["rows"] if "rows" in sample else torch.arange(len(sample["image"]))


def pixel_index(height: int, width: int, row: int = 0, column: int = 0) -> Tensor:
    """Absolute pixel ids ``(height, width)`` of a window whose top-left pixel is at ``(row, column)`` of its scene."""
    return (torch.arange(height) + row)[:, None] * ROW_STRIDE + torch.arange(width) + column


def draw_dates(batch: int, length: int, settings: ViewSettings, generator: torch.Generator) -> Tensor:
    """Positions in time of both views, ``(2, B, T')``, ascending."""
    count = settings.num_dates
    needed = 2 * count if settings.dates == "disjoint" else count
    if length < needed:
        raise InputError(f"views with {settings.dates} dates need {needed} dates, the series have {length}: lower num_dates")
    if settings.dates == "all":
        if length != count:
            raise InputError(f"views with all dates have num_dates={count}, the series have {length}: set num_dates to {length}")
        return torch.arange(length).expand(2, batch, -1)
    draws = 2 if settings.dates == "overlapping" else 1
    order = torch.rand(draws, batch, length, generator=generator).argsort(-1)[..., :needed]
    if settings.dates == "disjoint":
        order = torch.cat(order.chunk(2, -1))
    return order.sort(-1).values.expand(2, -1, -1)


def draw_windows(batch: int, height: int, width: int, settings: ViewSettings, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Top-left corners of both views, ``top`` and ``left``, each ``(2, B)``, overlapping by at least ``min_overlap``.

    The first is uniform; the second is uniform among those that overlap enough with it.
    """
    size, down, right = settings.size, height - settings.size, width - settings.size
    if not settings.crop:
        return torch.full((2, batch), down // 2), torch.full((2, batch), right // 2)
    draws = 1 if settings.level == "batch" else batch
    top, left = (torch.randint(limit + 1, (draws,), generator=generator) for limit in (down, right))
    near, beside = (
        np.maximum(size - abs(np.arange(limit + 1) - corner.numpy()[:, None]), 0) for limit, corner in ((down, top), (right, left))
    )
    allowed = (near[:, :, None] * beside[:, None, :] >= settings.min_overlap * size * size).reshape(draws, -1)
    # The first to arrive of independent exponential clocks of equal rate is uniform: torch.multinomial without its checks.
    rates = torch.from_numpy(allowed.astype(np.float64))
    pick = (rates / torch.empty_like(rates).exponential_(generator=generator)).argmax(1)
    return torch.stack([top, pick // (right + 1)]).expand(2, batch), torch.stack([left, pick % (right + 1)]).expand(2, batch)


def draw_geometry(batch: int, height: int, width: int, settings: ViewSettings, generator: torch.Generator) -> Geometry:
    """Corners and random elements of the dihedral group of both views, each ``(2, B)``."""
    top, left = draw_windows(batch, height, width, settings, generator)
    draws = 1 if settings.level == "batch" else batch
    element = torch.randint(8, (2, draws), generator=generator) if settings.flips else torch.zeros(2, draws, dtype=torch.int64)
    return Geometry(top, left, element.expand(2, batch), settings.size)


def cut(values: Tensor, rows: Tensor, where: Geometry, when: Tensor | None = None) -> Tensor:
    """The pixels of views; of a mapped file no others are read.

    By strided copies in NumPy: a gather, with a position for every pixel, takes twice as long.

    Args:
        values: ``(N, T, C, H, W)`` with ``when``, or ``(N, H, W)``, on the CPU.
        rows: Which series, ``(B,)``.
        where: Positions in space.
        when: Positions in time ``(..., B, T')``.

    Returns:
        ``(..., B, T', C, h, w)``, or ``(..., B, h, w)``.
    """
    source, series = values.numpy(), rows.tolist()
    top, left, element = (part.numpy() for part in (where.top, where.left, where.element))
    inner = () if when is None else (when.shape[-1], source.shape[2])
    found = np.empty((*top.shape, *inner, where.size, where.size), source.dtype)
    for view in np.ndindex(top.shape):
        space = np.s_[top[view] : top[view] + where.size, left[view] : left[view] + where.size]
        whole = source[series[view[-1]]]
        found[view] = _turned(whole[space] if when is None else whole[(when[view].numpy(), slice(None), *space)], int(element[view]))
    return torch.from_numpy(found)


def _turned(pixels: NDArray[Any], element: int) -> NDArray[Any]:
    if element & 1:
        pixels = pixels[..., ::-1, :]
    if element & 2:
        pixels = pixels[..., ::-1]
    return pixels.swapaxes(-1, -2) if element & 4 else pixels


def photometric_(image: Tensor, settings: ViewSettings, generator: torch.Generator) -> Tensor:
    """Per-band gain, noise, band drop and cloud-like date drop on reflectance ``(B, T, C, h, w)``, in place; drawn per sample and view."""
    batch, length, bands = image.shape[:3]
    image *= 1 + settings.gain * (2 * torch.rand(batch, 1, bands, 1, 1, generator=generator) - 1)
    image += torch.randn(image.shape, generator=generator).mul_(settings.noise)
    if settings.band_drop:
        dropped = torch.rand(batch, 1, bands, 1, 1, generator=generator) < settings.band_drop
        torch.where(dropped, image.mean((1, 3, 4), keepdim=True), image, out=image)
    if settings.date_drop:
        clouded = torch.rand(batch, length, 1, 1, 1, generator=generator) < settings.date_drop
        brightness = 0.4 + 0.4 * torch.rand(batch, length, 1, 1, 1, generator=generator)  # thick cloud: bright in every band
        torch.where(clouded, brightness, image, out=image)
    return image
