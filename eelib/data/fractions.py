"""Label fractions: nested subsets that hold every class as early as they can."""

from __future__ import annotations

import numpy as np

from eelib.data.windows import IGNORE, Ints, Windows
from eelib.errors import InputError


def label_order(windows: Windows, seed: int) -> Ints:
    """An order of labelled windows whose every prefix is a fair subset.

    First one random window for each class, rarest class first, skipping classes that are covered already; then the rest at random. So
    smaller fractions are subsets of larger ones, and no class is missing that the number of windows allows.

    Args:
        windows: Labelled windows.
        seed: Source of the order; every initialisation uses the same seed, so all see the same labels.

    Raises:
        InputError: There are no labels.
    """
    if windows.mask is None or (windows.mask == IGNORE).all():
        raise InputError("every label is -1 (ignore) or missing: there is nothing to learn from")
    flat = windows.mask.reshape(len(windows), -1)
    presence = np.stack([(flat == k).any(1) for k in range(int(flat.max()) + 1)], 1)
    shuffled = np.random.default_rng(seed).permutation(len(windows))
    first: list[int] = []
    for k in np.argsort(presence.sum(0), kind="stable"):
        holders = shuffled[presence[shuffled, k]]
        if len(holders) and not presence[first, k].any():
            first.append(int(holders[0]))
    return np.array([*first, *(row for row in shuffled if row not in set(first))], np.int64)


def label_subset(windows: Windows, fraction: float, seed: int) -> Windows:
    """The first ``fraction`` of :func:`label_order`.

    Raises:
        InputError: The fraction is not in (0, 1] or leaves no window.
    """
    if not 0 < fraction <= 1:
        raise InputError(f"label fraction {fraction} must be above 0 and at most 1")
    count = round(fraction * len(windows))
    if count < 1:
        raise InputError(f"label fraction {fraction} of {len(windows)} windows leaves none: raise it to at least {1 / len(windows):.3g}")
    return windows.take(label_order(windows, seed)[:count])
