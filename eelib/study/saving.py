"""Writing weights so that a file of that name is always complete."""

from __future__ import annotations

from pathlib import Path

import torch

from eelib.train.ranks import rank


def save(content: object, path: Path) -> None:
    """``torch.save`` under a temporary name, then the right one; of ranks that train together the first alone writes.

    Raises:
        OSError: The disk is full or cannot be written; nothing half-written stays.
    """
    if rank():
        return
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as handle:  # given a path, torch hides the operating system's error behind one of its own
            torch.save(content, handle)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
