"""Regions by name, cut into windows of four sets; what a region is and where it comes from is the business of its source."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eelib.data.freshness import kept
from eelib.data.sources import region_names, source
from eelib.data.sources.simulated import SimulatedSource
from eelib.data.splits import SPLITS
from eelib.data.windows import IGNORE, Region, Windows, no_labels
from eelib.errors import InputError, unknown
from eelib.settings import RegionSizes

__all__ = [
    "absent_classes",
    "class_shares",
    "fingerprint",
    "load_region",
    "region_bands",
    "region_dates",
    "region_names",
    "region_window",
    "require_labels",
    "source",
    "split_shares",
]


def fingerprint(name: str, sizes: RegionSizes) -> str:
    """Short hash of everything that decides a region's pixels; reads no pixel."""
    origin = source(name)
    revision = origin.revision(sizes) if isinstance(origin, SimulatedSource) else ""
    return hashlib.sha256(f"{revision}{origin.fingerprint()} {sizes.model_dump_json()}".encode()).hexdigest()[:16]


def region_dates(name: str, sizes: RegionSizes) -> int:
    """Dates per series that :func:`load_region` gives; known without reading a pixel."""
    return min(sizes.num_dates, source(name).num_dates or sizes.num_dates)


def region_window(name: str, sizes: RegionSizes) -> int:
    """Height and width of the windows that :func:`load_region` gives, pixels."""
    return min(sizes.window, source(name).window or sizes.window)


def region_bands(name: str, sizes: RegionSizes) -> tuple[str, ...]:
    """Bands that :func:`load_region` gives, in channel order.

    Raises:
        InputError: The region lacks a band that the sizes ask for.
    """
    bands = source(name).bands
    for band in sizes.bands or ():
        if band not in bands:
            raise unknown(f"band of region {name}", band, bands)
    return sizes.bands or bands


@kept(8)
def load_region(name: str, sizes: RegionSizes) -> Region:
    """Windows of a region in four sets; a user's own are cut again when a file of theirs has changed.

    Counts above what a region has are cut to what it has; nothing is repeated.

    Args:
        name: One of :func:`region_names`, or the path of a manifest.
        sizes: How many windows, how large, how many dates, which bands.

    Raises:
        InputError: Unknown region or band, data not fetched, no labels.
    """
    bands, origin = region_bands(name, sizes), source(name)
    region = origin.load(sizes)
    if bands == origin.bands:
        return region
    at = np.array([origin.bands.index(band) for band in bands])
    changes: dict[str, Any] = {"bands": bands}
    for part in ("unlabelled", *SPLITS, "held_out"):
        windows: Windows | None = getattr(region, part)
        if windows is not None:
            changes[part] = replace(windows, image=np.ascontiguousarray(windows.image[:, :, at]))
    return replace(region, **changes)


def require_labels(name: str) -> None:
    """Refuse a region without labels; reads no pixel, so that a plan fails before anything is computed.

    Raises:
        InputError: The region has no labels.
    """
    if not source(name).classes:
        raise no_labels(name)


def split_shares(region: Region) -> dict[str, list[float]]:
    """Share of each class among the labelled pixels of each split."""
    return {split: class_shares(region.labelled(split), len(region.classes)).round(5).tolist() for split in SPLITS}


def class_shares(windows: Windows, num_classes: int) -> NDArray[np.float64]:
    """Share of each class among labelled pixels, ``(K,)``."""
    if windows.mask is None:
        raise InputError("these windows have no labels")
    labels = windows.mask[windows.mask != IGNORE]
    shares: NDArray[np.float64] = np.bincount(labels, minlength=num_classes) / max(1, labels.size)
    return shares


def absent_classes(classes: Sequence[str], shares: NDArray[Any]) -> list[str]:
    """Names of the classes of which there is no pixel; ``shares`` or counts of all classes, ``(K,)``."""
    return [name for name, share in zip(classes, shares, strict=True) if share == 0]
