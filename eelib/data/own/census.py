"""What the masks hold, place by place: class counts for the split, and the windows with enough labels. Masks are read once, no image is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eelib.data.own.places import Layout
from eelib.data.own.plates import Plate
from eelib.data.own.rasters import Box
from eelib.data.splits import SPLITS, assign
from eelib.data.windows import IGNORE, Ints
from eelib.errors import InputError

LEAST_LABELLED = 0.05
HELD_OUT = 0.1  # share of places that pre-training does not see where there are no labels


@dataclass(frozen=True)
class Census:
    """Labels of every place.

    Attributes:
        counts: Labelled pixels per place and class, ``(P, K)``.
        corners: Per place the ``(N, 2)`` corners of the windows in which at least 5 % of the pixels have a label.
        poor: Windows with fewer labels.
    """

    counts: Ints
    corners: list[Ints]
    poor: int


def take_census(plates: Sequence[Plate], layout: Layout, window: int, num_classes: int) -> Census:
    """Read the labels of every place.

    Raises:
        InputError: A mask cannot be read or holds what no class declares.
    """
    counts = np.zeros((len(layout.places), num_classes), np.int64)
    corners, poor = [], 0
    for number, (plate, box) in enumerate(layout.places):
        offsets = grid(box, layout.margin, window, window)
        read = plates[plate].label
        if read is None:
            corners.append(offsets[:0])
            continue
        label = read(box)
        counts[number] = np.bincount(label[label != IGNORE], minlength=num_classes)
        share = _labelled_share(label != IGNORE, offsets - (box.row, box.column), window)
        corners.append(offsets[share >= LEAST_LABELLED])
        poor += int((share < LEAST_LABELLED).sum())
    return Census(counts, corners, poor)


def _labelled_share(labelled: np.ndarray, offsets: Ints, window: int) -> np.ndarray:
    """Share of labelled pixels of windows at the given corners, from one summed-area table."""
    total = np.zeros((labelled.shape[0] + 1, labelled.shape[1] + 1), np.int64)
    total[1:, 1:] = labelled.cumsum(0, dtype=np.int64).cumsum(1)
    row, column = offsets.T
    below, right = row + window, column + window
    return np.asarray((total[below, right] - total[row, right] - total[below, column] + total[row, column]) / window**2)


def grid(box: Box, margin: int, window: int, stride: int) -> Ints:
    """Corners ``(N, 2)`` of the windows of a place; what is left over lies half on each side."""
    rows, columns = (_steps(length - 2 * margin, window, stride) + margin for length in (box.height, box.width))
    return np.stack(np.meshgrid(rows + box.row, columns + box.column, indexing="ij"), -1).reshape(-1, 2)


def _steps(inner: int, window: int, stride: int) -> Ints:
    rest = (inner - window) % stride
    return np.arange(0, inner - window + 1, stride, dtype=np.int64) + rest // 2


def automatic_owners(counts: Ints, where: str) -> Ints:
    """Split number per place so that class shares agree, -1 for places without labels, which serve pre-training.

    Raises:
        InputError: No labels at all, or too few places with labels.
    """
    labelled = np.flatnonzero(counts.sum(1))
    if not len(labelled):
        raise InputError(f"{where}: every pixel of every mask is ignored: there is nothing to learn from; correct 'classes' or 'ignore'")
    if len(labelled) < len(SPLITS):
        raise InputError(
            f"{where}: {len(labelled)} place(s) with labels cannot be split into train, validation and test; "
            "bring more images, or lower split.block so that an image gives several"
        )
    owner = np.full(len(counts), -1, np.int64)
    owner[labelled] = assign(counts[labelled], 0)
    return owner


def held_out_owners(places: int, where: str) -> Ints:
    """Without labels: a tenth of the places, at least one, is held out as validation (1), the rest pre-trains (0).

    Raises:
        InputError: There is only one place.
    """
    if places < 2:
        raise InputError(f"{where}: one place cannot be split into pre-training and held-out windows; lower split.block, or bring more")
    owner = np.zeros(places, np.int64)
    owner[np.random.default_rng(0).permutation(places)[: max(1, round(HELD_OUT * places))]] = 1
    return owner
