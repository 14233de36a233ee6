"""Tiles that cover a scene, and a blend that needs to keep only the overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from eelib.data.windows import Floats


class Box(NamedTuple):
    """Half-open rectangle of pixels."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, other: Box) -> Box:
        """The same pixels, counted from the corner of another box."""
        return Box(self.top - other.top, self.left - other.left, self.bottom - other.top, self.right - other.left)


@dataclass(frozen=True)
class Tile:
    """One step over a scene.

    Attributes:
        read: What the network sees.
        used: What of its output counts; overlaps the neighbours' by the width of the seam.
        last: Whether it is the last in its column, and in its row.
    """

    read: Box
    used: Box
    last: tuple[bool, bool]


@dataclass(frozen=True)
class Tiling:
    """A regular cover of a scene.

    Outputs nearer than ``margin`` to an edge of what the network sees are not used, unless that edge is the scene's. With a margin of at
    least the network's radius, all that is used equals the output for the whole scene.

    Attributes:
        height: Of the scene, pixels.
        width: The same across.
        step: Distance between tiles; a multiple of what the network pools by, so that tiles share its grid.
        seam: Width over which neighbours are blended, below ``step``.
        margin: See above; a multiple of the same.
        least: Side that the network needs to see, where the scene has it: the last tile of a side may use less, and reads back as far.
    """

    height: int
    width: int
    step: int
    seam: int
    margin: int
    least: int = 0

    def __iter__(self) -> Iterator[Tile]:
        """Tiles row by row, from left to right."""
        rows, columns = self._count(self.height), self._count(self.width)
        for row in range(rows):
            for column in range(columns):
                last = row == rows - 1, column == columns - 1
                top, left = row * self.step, column * self.step
                bottom = self.height if last[0] else top + self.step + self.seam
                right = self.width if last[1] else left + self.step + self.seam
                lower, upper = min(self.height, bottom + self.margin), min(self.width, right + self.margin)
                above, beside = min(top - self.margin, lower - self.least), min(left - self.margin, upper - self.least)
                read = Box(max(0, above), max(0, beside), lower, upper)
                yield Tile(read, Box(top, left, bottom, right), last)

    def __len__(self) -> int:
        return self._count(self.height) * self._count(self.width)

    def _count(self, length: int) -> int:
        """Tiles along a side: the last takes what would be no longer than the seam."""
        return max(1, -(-(length - self.seam) // self.step))


class Blend:
    """Joins the outputs of tiles in their order. In a seam the weights of neighbours rise and fall smoothly and add up to 1.

    Only the seams to the right of the last tile and below the last row are kept, so memory grows with the scene's width times the seam.

    Args:
        tiling: The cover.
        channels: Bands of what the network gives out, ``D``.
    """

    def __init__(self, tiling: Tiling, channels: int) -> None:
        self.seam = tiling.seam
        self.above = np.zeros((channels, tiling.seam, tiling.width), np.float32)
        self.beside = np.zeros((channels, 0, tiling.seam), np.float32)
        rising = np.sin((np.arange(tiling.seam) + 0.5) / max(1, tiling.seam) * np.pi / 2) ** 2
        self.rising = rising.astype(np.float32)

    def add(self, tile: Tile, values: Floats) -> tuple[Box, Floats]:
        """Take the output ``(D, h, w)`` of the next tile for ``tile.used``; give back what is final.

        Returns:
            A box of the scene and its values ``(D, h', w')``. The boxes of all tiles cover the scene once.
        """
        top, left, bottom, right = tile.used
        values = values.copy()
        if left:
            values[:, :, : self.seam] *= self.rising
            values[:, :, : self.seam] += self.beside
        if not tile.last[1]:
            right -= self.seam
            self.beside = values[:, :, right - left :] * self.rising[::-1]
            values = values[:, :, : right - left]
        if top:
            values[:, : self.seam] *= self.rising[:, None]
            values[:, : self.seam] += self.above[:, :, left:right]
        if not tile.last[0]:
            bottom -= self.seam
            self.above[:, :, left:right] = values[:, bottom - top :] * self.rising[::-1, None]
            values = values[:, : bottom - top]
        return Box(top, left, bottom, right), values
