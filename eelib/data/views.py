"""View extraction: two augmented windows of one series, with the absolute index of every pixel.

Spec section 1.6.1-1.6.2. That views are made by sample-level and batch-level draws is the paper's (A2); which draw is which is ours (B).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from eelib.errors import InputError
from eelib.pixels import ROW_STRIDE
from eelib.settings import ViewSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

Sample = dict[str, Tensor]  # torchgeo's sample dictionary: image, mask, dates, index


@dataclass(frozen=True)
class Geometry:
    """Where the pixels of a view lie in the source window: ``rows`` and ``columns``, each ``(B, h, w)`` int64."""

    rows: Tensor
    columns: Tensor


def extract_views(sample: Mapping[str, Tensor], settings: ViewSettings, generator: torch.Generator) -> tuple[Sample, Sample]:
    """Two views of every series of a batch.

    Args:
        sample: ``image`` ``(B, T, C, H, W)`` reflectance, ``dates`` ``(B, T)`` day of year, and optionally ``index`` ``(B, H, W)``
            absolute pixel ids (otherwise rows and columns of the window itself).
        settings: What may differ between the views.
        generator: Source of every draw.

    Returns:
        Two samples with ``image`` ``(B, T', C, h, w)``, ``dates`` ``(B, T')``, ``index`` ``(B, h, w)``. Pixel p of one
        and q of the other show the same ground exactly if their indices are equal. Labels are never read nor passed on.

    Raises:
        InputError: The window is smaller than a view, or the series has too few dates.
    """
    image, dates = sample["image"], sample["dates"]
    batch, length, _, height, width = image.shape
    if min(height, width) < settings.size:
        raise InputError(f"views of {settings.size} px do not fit into windows of {height}x{width} px: lower the view size")
    index = sample.get("index")
    index = pixel_index(height, width).expand(batch, -1, -1) if index is None else index
    chosen = draw_dates(batch, length, settings, generator)
    windows = draw_windows(batch, height, width, settings, generator)
    views = []
    for when, (top, left) in zip(chosen, windows, strict=True):
        where = draw_geometry(top, left, settings, generator)
        views.append(cut(image, dates, index, when, where))
    shift = settings.batch_shift * torch.randn(2, image.shape[2], generator=generator)
    for view, moved in zip(views, shift, strict=True):
        view["image"] = photometric(view["image"], settings, generator) + moved[:, None, None]
    return views[0], views[1]


def pixel_index(height: int, width: int, row: int = 0, column: int = 0) -> Tensor:
    """Absolute pixel ids ``(height, width)`` of a window whose top-left pixel is at ``(row, column)`` of its scene."""
    return (torch.arange(height) + row)[:, None] * ROW_STRIDE + torch.arange(width) + column


def draw_dates(batch: int, length: int, settings: ViewSettings, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Positions in time of both views, each ``(B, T')`` ascending."""
    count = settings.num_dates
    needed = 2 * count if settings.dates == "disjoint" else count
    if length < needed:
        raise InputError(f"views with {settings.dates} dates need {needed} dates, the series have {length}: lower num_dates")
    if settings.dates == "all":
        if length != count:
            raise InputError(f"views with all dates have num_dates={count}, the series have {length}: set num_dates to {length}")
        order = torch.arange(length).expand(batch, -1)
        return order, order
    if settings.dates == "same":
        order = torch.rand(batch, length, generator=generator).argsort(1)[:, :count].sort(1).values
        return order, order
    first = torch.rand(batch, length, generator=generator).argsort(1)
    second = first[:, count:] if settings.dates == "disjoint" else torch.rand(batch, length, generator=generator).argsort(1)
    return first[:, :count].sort(1).values, second[:, :count].sort(1).values


def draw_windows(
    batch: int, height: int, width: int, settings: ViewSettings, generator: torch.Generator
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Top-left corners ``(top, left)`` of both views, each ``(B,)``, overlapping by at least ``min_overlap``.

    The first is uniform; the second is uniform among those that overlap enough with it.
    """
    size, down, right = settings.size, height - settings.size, width - settings.size
    if not settings.crop:
        centre = torch.full((batch,), down // 2), torch.full((batch,), right // 2)
        return centre, centre
    draws = 1 if settings.level == "batch" else batch
    top, left = (torch.randint(limit + 1, (draws,), generator=generator) for limit in (down, right))
    tops, lefts = torch.arange(down + 1), torch.arange(right + 1)
    shared = (size - (tops - top[:, None]).abs()).clamp(min=0)[:, :, None] * (size - (lefts - left[:, None]).abs()).clamp(min=0)[:, None, :]
    allowed = (shared >= settings.min_overlap * size * size).flatten(1).double()
    pick = torch.multinomial(allowed, 1, generator=generator)[:, 0]
    corners = top, left, pick // (right + 1), pick % (right + 1)
    top, left, other_top, other_left = (corner.expand(batch) for corner in corners)
    return (top, left), (other_top, other_left)


def draw_geometry(top: Tensor, left: Tensor, settings: ViewSettings, generator: torch.Generator) -> Geometry:
    """Pixel positions of a view after a random element of the dihedral group of the square."""
    batch, size = len(top), settings.size
    draws = 1 if settings.level == "batch" else batch
    element = torch.randint(8, (draws,), generator=generator) if settings.flips else torch.zeros(draws, dtype=torch.int64)
    flip_rows, flip_columns, transpose = ((element.expand(batch) >> bit & 1).bool()[:, None, None] for bit in range(3))
    i, j = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    rows, columns = torch.where(transpose, j, i), torch.where(transpose, i, j)
    rows = torch.where(flip_rows, size - 1 - rows, rows)
    columns = torch.where(flip_columns, size - 1 - columns, columns)
    return Geometry(rows + top[:, None, None], columns + left[:, None, None])


def cut(image: Tensor, dates: Tensor, index: Tensor, when: Tensor, where: Geometry) -> Sample:
    """The pixels of one view: ``when`` ``(B, T')`` in time, ``where`` in space. Only these are read, not whole windows of the dates."""
    bands, pixels = image.shape[2], image.shape[3] * image.shape[4]
    flat = (where.rows * image.shape[4] + where.columns).flatten(1)
    planes = (when * (bands * pixels))[..., None] + torch.arange(0, bands * pixels, pixels)
    places = planes[..., None] + flat[:, None, None]  # in the series of each sample, ``(B, T', C, h * w)``
    size = where.rows.shape[1:]
    return {
        "image": image.flatten(1).gather(1, places.flatten(1)).reshape(*planes.shape, *size),
        "dates": dates.gather(1, when),
        "index": index.flatten(1).gather(1, flat).reshape(-1, *size),
    }


def photometric(image: Tensor, settings: ViewSettings, generator: torch.Generator) -> Tensor:
    """Per-band gain, noise, band drop and cloud-like date drop on reflectance ``(B, T, C, h, w)``; drawn per sample and view."""
    batch, length, bands = image.shape[:3]
    gain = 1 + settings.gain * (2 * torch.rand(batch, 1, bands, 1, 1, generator=generator) - 1)
    image = image * gain + settings.noise * torch.randn(image.shape, generator=generator)
    if settings.band_drop:
        dropped = torch.rand(batch, 1, bands, 1, 1, generator=generator) < settings.band_drop
        image = torch.where(dropped, image.mean((1, 3, 4), keepdim=True), image)
    if settings.date_drop:
        clouded = torch.rand(batch, length, 1, 1, 1, generator=generator) < settings.date_drop
        brightness = 0.4 + 0.4 * torch.rand(batch, length, 1, 1, 1, generator=generator)  # thick cloud: bright in every band
        image = torch.where(clouded, brightness, image)
    return image
