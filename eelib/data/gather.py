"""Fair samples of windows from many tiles, written straight to mapped files so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eelib.data.windows import IGNORE, Floats, Ints, Windows, check_finite

ARRAYS = ("image", "dates", "place", "mask", "origin")
LEAST = 0.05  # share of pixels with a label that makes a window labelled


@dataclass(frozen=True)
class CutSeries:
    """A tile that windows are cut from.

    Attributes:
        name: For messages.
        image: ``(T, C, H, W)`` digital numbers of any type; may be a mapped file.
        days: ``(T,)`` day of year in any order.
        label: ``(H, W)`` class positions with -1 = ignore.
    """

    name: str
    image: NDArray[np.generic]
    days: Ints
    label: Ints


@dataclass(frozen=True)
class Request:
    """Which windows are wanted.

    Attributes:
        count: At most so many.
        window: Height and width, pixels.
        num_dates: Dates per window.
        bands: Bands per date.
        scale: Reflectance per digital number.
        labelled: Only windows with labels, on a grid; else any, on a grid of half the step.
    """

    count: int
    window: int
    num_dates: int
    bands: int
    scale: float
    labelled: bool


def gather(folder: Path, tiles: Sequence[tuple[int, Callable[[], CutSeries]]], request: Request) -> None:
    """Cut windows from tiles in a fixed random order, as evenly over the tiles as their number allows.

    The first round takes ``ceil(count / tiles)`` windows of each tile; later rounds make up for tiles that have fewer. So no tile is
    read that is not needed, and the windows spread over the whole region.

    Args:
        folder: Where the arrays are written; must exist.
        tiles: Place and reader of every tile.
        request: Which windows.
    """
    each = -(-request.count // max(1, len(tiles)))
    size = request.window
    image = np.lib.format.open_memmap(folder / "image.npy", "w+", np.float32, (request.count, request.num_dates, request.bands, size, size))
    rows: list[tuple[Ints, int, Ints, Ints]] = []  # dates, place, mask, origin
    first, order, open_tiles = 0, np.random.default_rng(0).permutation(len(tiles)), set(range(len(tiles)))
    while open_tiles and len(rows) < request.count:
        for number in order:
            if number not in open_tiles or len(rows) == request.count:
                continue
            place, read = tiles[number]
            series = read()
            corners = window_corners(series.label, size, labelled=request.labelled, seed=int(number))
            if len(corners) <= first + each:
                open_tiles.discard(int(number))
            when = spread_dates(series.days, request.num_dates)
            for corner in corners[first : first + each][: request.count - len(rows)]:
                where = np.s_[corner[0] : corner[0] + size, corner[1] : corner[1] + size]
                image[len(rows)] = _reflectance(series, when, where, request.scale)
                rows.append((series.days[when], place, series.label[where], corner))
        first += each
    image.flush()
    _write(folder, rows, request)


def _reflectance(series: CutSeries, when: Ints, where: tuple[slice, slice], scale: float) -> Floats:
    cut = np.asarray(series.image[(slice(None), slice(None), *where)][when], np.float32) * np.float32(scale)
    check_finite(cut, series.name)
    return cut


def _write(folder: Path, rows: Sequence[tuple[Ints, int, Ints, Ints]], request: Request) -> None:
    count, size = len(rows), request.window
    np.save(folder / "dates.npy", np.array([row[0] for row in rows], np.int64).reshape(count, request.num_dates))
    np.save(folder / "place.npy", np.array([row[1] for row in rows], np.int64))
    np.save(folder / "mask.npy", np.array([row[2] for row in rows], np.int64).reshape(count, size, size))
    np.save(folder / "origin.npy", np.array([row[3] for row in rows], np.int64).reshape(count, 2))


def read_back(folder: Path) -> Windows:
    """The windows that :func:`gather` wrote; the image stays a mapped file."""
    image = np.load(folder / "image.npy", mmap_mode="r")
    dates, place, mask, origin = (np.load(folder / f"{name}.npy") for name in ARRAYS[1:])
    return Windows(image[: len(dates)], dates, place, mask, origin)


def window_corners(label: Ints, window: int, *, labelled: bool, seed: int) -> Ints:
    """Corners of the windows of a tile in a fixed random order, ``(N, 2)``; what is left over at the lower and right edge is dropped.

    Args:
        label: ``(H, W)`` class positions with -1 = ignore.
        window: Height and width, pixels.
        labelled: Only windows with a label on 5 % of their pixels; else all, at half the step.
        seed: Number of the tile.
    """
    step = window if labelled else window // 2
    rows, columns = (np.arange(0, side - window + 1, step) for side in label.shape)
    corners = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    if labelled:
        known = [(label[r : r + window, c : c + window] != IGNORE).mean() >= LEAST for r, c in corners]
        corners = corners[known]
    return np.random.default_rng(seed).permutation(corners)


def spread_dates(days: Ints, num_dates: int) -> Ints:
    """Positions of dates spread evenly over the series, by day of year; a series that is shorter repeats its nearest dates."""
    order = np.argsort(days, kind="stable")
    chosen: Ints = order[np.linspace(0, len(days) - 1, num_dates).round().astype(int)]
    return chosen
