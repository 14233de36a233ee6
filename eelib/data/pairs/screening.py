"""Finding what cannot be read before training, not in the middle of it; a large set is decoded once, then only its suspects are."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from eelib.data.fetch import data_folder

BLOCK = 1000  # rows that are handed to the threads at a time


def screen(identity: str, count: int, examine: Callable[[int], str]) -> dict[int, str]:
    """What is wrong with some of the rows ``0 .. count - 1``.

    All rows are examined the first time. The numbers of those with a problem are kept under ``$EELIB_DATA/pair_checks``, and later
    calls examine these alone: a good row costs nothing, and one that only failed because a disk was away is taken back.

    Args:
        identity: Text that changes whenever a file of the rows does.
        count: Number of rows.
        examine: Row to its problem, "" = none. Pillow and GDAL release Python's lock while they decode, so it runs in threads.

    Returns:
        Row to problem, in order.
    """
    path = data_folder() / "pair_checks" / f"{hashlib.sha256(identity.encode()).hexdigest()[:24]}.json"
    known = _read(path, count)
    rows = range(count) if known is None else known
    found: dict[int, str] = {}
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for start in range(0, len(rows), BLOCK):
            some = rows[start : start + BLOCK]
            found |= {row: problem for row, problem in zip(some, threads.map(examine, some), strict=True) if problem}
    if known is None:
        _write(path, list(found))
    return found


def _read(path: Path, count: int) -> list[int] | None:
    """The suspects of an earlier call, or None where there was none or its file is damaged."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [int(row) for row in rows] if all(0 <= row < count for row in rows) else None
    except (OSError, ValueError, TypeError):
        return None


def _write(path: Path, rows: list[int]) -> None:
    with contextlib.suppress(OSError):  # without a place to keep it, everything is examined again
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(rows), encoding="utf-8")
        partial.replace(path)


def stamp(path: Path) -> str:
    """Text that changes whenever a file does, without reading it."""
    try:
        known = path.stat()
    except OSError:
        return f"{path.absolute()} missing"
    return f"{path.absolute()} {known.st_size} {known.st_mtime_ns}"
