"""What can be said about a tile: shares, borders, places and shapes of its classes, read from any label raster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eelib.data.windows import IGNORE, Floats, Ints

LEAST_SHARE = 0.02  # of the labelled pixels; what is smaller goes unmentioned
LEAST_BORDER = 0.2  # common border, relative to the side of the tile
BARE, DRY, GREEN = 0.25, 0.32, 0.6  # NDVI: bare soil below, tired grass below, dense green above
LONG = 6.0  # ratio of the principal variances from which a shape is a band
MANY = 4  # parts from which a class is scattered

TEMPERATE = ("winter",) * 2 + ("spring",) * 3 + ("summer",) * 3 + ("autumn",) * 3 + ("winter",)  # by month, north of the tropics
BLOOM = (4, 5)  # months of rapeseed in flower there


@dataclass(frozen=True)
class TileFacts:
    """Facts about a tile.

    Attributes:
        shares: Class to share of the labelled pixels, largest first, nothing below 2 %.
        borders: Pairs of classes that touch, longest common border first.
        position: Class to where its centre lies, in words; absent where it is everywhere.
        shape: Class to ``"band"``, ``"scattered"`` or ``"patch"``.
        state: Class to ``"bare"``, ``"dry"``, ``"green"`` or ``"bloom"``; absent in between and where nothing is known.
        month: 1 to 12, or None.
        season: Its name, or None.
        region: Name of the region, or None.
        covered: Share of the pixels that have a label; where it is small nothing is said about the tile as a whole.
    """

    shares: Mapping[str, float]
    borders: tuple[tuple[str, str], ...]
    position: Mapping[str, str]
    shape: Mapping[str, str]
    state: Mapping[str, str]
    month: int | None = None
    season: str | None = None
    region: str | None = None
    covered: float = 1.0


def tile_facts(
    label: Ints,
    classes: tuple[str, ...],
    *,
    ndvi: Floats | None = None,
    day_of_year: int | None = None,
    seasons: tuple[str, ...] | None = None,
    region: str | None = None,
) -> TileFacts:
    """Read the facts of a tile.

    Args:
        label: ``(H, W)`` class ids, -1 = ignore.
        classes: Class names.
        ndvi: ``(H, W)`` vegetation index of the image, for words such as bare and green; None: none are said.
        day_of_year: Date of the image, 1 to 366.
        seasons: Name of the season of each of the twelve months; None: no season is said.
        region: Name of the region.
    """
    counts = np.bincount(label[label != IGNORE].ravel(), minlength=len(classes))
    total = max(1, int(counts.sum()))
    present = [int(k) for k in np.argsort(-counts, kind="stable") if counts[k] >= LEAST_SHARE * total and counts[k]]
    masks = {classes[k]: label == k for k in present}
    month = None if day_of_year is None else min(12, int((day_of_year - 1) / 30.44) + 1)
    state = {} if ndvi is None else {name: word for name, mask in masks.items() if (word := _state(float(ndvi[mask].mean())))}
    if seasons == TEMPERATE and month in BLOOM:
        state |= {name: "bloom" for name in masks if "rape" in name}
    return TileFacts(
        shares={classes[k]: float(counts[k] / total) for k in present},
        borders=_borders(label, classes, present),
        position={name: where for name, mask in masks.items() if (where := _position(mask))},
        shape={name: _shape(mask) for name, mask in masks.items()},
        state=state,
        month=month,
        season=None if month is None or seasons is None else seasons[month - 1],
        region=region,
        covered=total / label.size,
    )


def _borders(label: Ints, classes: tuple[str, ...], present: list[int]) -> tuple[tuple[str, str], ...]:
    """Pairs of classes by the number of pixel edges between them."""
    first = np.concatenate([label[1:].ravel(), label[:, 1:].ravel()])
    second = np.concatenate([label[:-1].ravel(), label[:, :-1].ravel()])
    low, high = np.minimum(first, second), np.maximum(first, second)
    touching = (low != high) & (low != IGNORE)
    table = np.bincount(low[touching] * len(classes) + high[touching], minlength=len(classes) ** 2)
    order = [int(k) for k in np.argsort(-table, kind="stable") if table[k] >= LEAST_BORDER * label.shape[0]]
    pairs = [divmod(k, len(classes)) for k in order]
    return tuple((classes[a], classes[b]) for a, b in pairs if a in present and b in present)


def _position(mask: NDArray[np.bool_]) -> str:
    """Where a class lies, ``""`` if all over the tile."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    if mask.mean() > 0.4 or (np.ptp(rows) > 0.8 * height and np.ptp(columns) > 0.8 * width):
        return ""
    vertical = _third(float(rows.mean()) / height, "north", "south")
    horizontal = _third(float(columns.mean()) / width, "west", "east")
    if vertical and horizontal:
        return f"in the {vertical}{horizontal}"
    return f"in the {vertical or horizontal}" if vertical or horizontal else "in the middle"


def _third(at: float, low: str, high: str) -> str:
    return low if at < 0.36 else high if at > 0.64 else ""


def _shape(mask: NDArray[np.bool_]) -> str:
    """Band, scattered or patch, by the principal axes and the connected parts."""
    from scipy.ndimage import label as connect

    parts, count = connect(mask, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())[1:]
    if count >= MANY and sizes.max() < 0.6 * sizes.sum():
        return "scattered"
    rows, columns = np.nonzero(mask)
    if len(rows) < 4:
        return "patch"
    small, large = np.linalg.eigvalsh(np.cov(np.stack([rows, columns])) + np.eye(2) * 0.1)
    return "band" if large > LONG * small and large > (0.2 * mask.shape[0]) ** 2 else "patch"


def _state(ndvi: float) -> str:
    return "bare" if ndvi < BARE else "dry" if ndvi < DRY else "green" if ndvi > GREEN else ""
