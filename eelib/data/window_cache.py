"""Sets of windows kept on disk, memory-mapped when read back, so that every arm after the first starts at once."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from eelib.data.fetch import writable
from eelib.data.windows import Windows

PARTS = ("image", "dates", "place", "mask", "origin")


def read_windows(folder: Path) -> Windows | None:
    """Windows that :func:`write_windows` left, or None where they are absent or damaged."""
    try:
        image = np.load(folder / "image.npy", mmap_mode="r")
        dates, place, origin = (np.load(folder / f"{part}.npy") for part in ("dates", "place", "origin"))
        mask = np.load(folder / "mask.npy") if (folder / "mask.npy").exists() else None
        return Windows(image, dates, place, mask, origin)
    except (OSError, ValueError, EOFError):
        return None


def write_windows(folder: Path, windows: Windows) -> None:
    """Keep windows in a folder of their own; every file appears complete or not at all."""
    with writable(folder):
        for part in reversed(PARTS):  # the image last: without it nothing is read back
            value = getattr(windows, part)
            if value is not None:
                partial = folder / f".{part}-{os.getpid()}.npy"
                np.save(partial, value)
                partial.replace(folder / f"{part}.npy")
