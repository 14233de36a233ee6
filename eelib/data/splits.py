"""Geographic splits: blocks with a gap, so that a test window never has a training window as its neighbour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eelib.data.windows import IGNORE, Ints, Split
from eelib.errors import InputError

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
SHARES = (0.55, 0.2, 0.25)
ASSIGNMENTS = 500


def block_split(
    label: Ints, *, block: int, window: int, margin: int, stride: int | None = None, seed: int = 0, num_classes: int | None = None
) -> dict[str, tuple[Ints, Ints]]:
    """Cut a scene into blocks, give each block to one split, and lay windows inside blocks.

    Windows keep ``margin`` pixels from the edge of their block, so pixels of different blocks, and so of different splits, are at least
    ``2 * margin`` pixels apart. Of 500 random assignments of blocks the one is kept in which every split's class shares come nearest
    to those of the whole scene; only the label counts per block are looked at, never the image.

    Args:
        label: ``(H, W)`` class ids, -1 = ignore.
        block: Side of a block in pixels.
        window: Side of a window in pixels, a multiple of 4.
        margin: Pixels between a window and the edge of its block.
        stride: Pixels between windows of one block; ``window`` where None.
        seed: Source of the assignments.
        num_classes: ``K``; from the label where None.

    Returns:
        Per split the ``(N, 2)`` rows and columns of window corners and their ``(N,)`` block numbers.

    Raises:
        InputError: The window does not fit the block or the network, the scene has too few blocks, or no pixel has a label.
    """
    inner = block - 2 * margin
    if window % 4 or window > inner:
        raise InputError(f"window={window} must be a multiple of 4 and at most block - 2 * margin = {inner}")
    rows, columns = label.shape[0] // block, label.shape[1] // block
    if rows * columns < len(SPLITS):
        raise InputError(f"a scene of {label.shape[0]}x{label.shape[1]} px gives {rows * columns} blocks of {block} px; 3 are needed")
    if (label == IGNORE).all():
        raise InputError("every pixel of the mask is -1 (ignore): there is nothing to split")
    counts = _block_counts(label, block, rows, columns, num_classes or int(label.max()) + 1)
    owner = assign(counts, seed)
    steps = np.arange(0, inner - window + 1, stride or window) + margin
    offsets = np.stack(np.meshgrid(steps, steps, indexing="ij"), -1).reshape(-1, 2)
    corners = np.stack(np.divmod(np.arange(rows * columns), columns), -1) * block
    origins = corners[:, None] + offsets
    places = np.broadcast_to(np.arange(rows * columns)[:, None], origins.shape[:2])
    return {split: (origins[owner == i].reshape(-1, 2), places[owner == i].ravel()) for i, split in enumerate(SPLITS)}


def _block_counts(label: Ints, block: int, rows: int, columns: int, num_classes: int) -> Ints:
    """Labelled pixels per block and class, ``(blocks, K)``."""
    tiles = label[: rows * block, : columns * block].reshape(rows, block, columns, block).swapaxes(1, 2).reshape(rows * columns, -1)
    return np.stack([(tiles == k).sum(1) for k in range(num_classes)], 1)


def assign(counts: Ints, seed: int) -> Ints:
    """Split number per block: the random assignment whose smallest class share per split is most like the wanted share."""
    blocks = len(counts)
    sizes = np.maximum(1, np.floor(np.array(SHARES) * blocks)).astype(int)
    owner = np.repeat(np.arange(len(SPLITS)), [blocks - sizes[1] - sizes[2], sizes[1], sizes[2]])
    rng = np.random.default_rng(seed)
    candidates = np.stack([rng.permutation(owner) for _ in range(ASSIGNMENTS)])
    present = counts[:, counts.sum(0) > 0]
    return np.asarray(min(candidates, key=lambda given: _imbalance(given, present / present.sum(0))))


def _imbalance(owner: Ints, share: NDArray[np.float64]) -> float:
    """Largest relative miss over splits and classes, on a log scale so that an absent class is the worst of all."""
    got = np.stack([share[owner == i].sum(0) for i in range(len(SPLITS))])
    wanted = np.array([np.mean(owner == i) for i in range(len(SPLITS))])[:, None]
    return float(np.abs(np.log((got + 1e-3) / (wanted + 1e-3))).max())
