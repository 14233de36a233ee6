"""How many batches of a training are made ahead of its steps, and by how many threads: as many as cores are free."""

from __future__ import annotations

import os

from eelib.errors import InputError

LOADERS = "EELIB_LOADERS"
MOST = 4  # threads per training, unless more are asked for
IN_A_ROW = 8  # batches made one after the other where there are no threads, if they are small


def given_loaders() -> int | None:
    """``$EELIB_LOADERS``, or None where it is not set.

    Raises:
        InputError: It is not a whole number.
    """
    text = os.environ.get(LOADERS)
    if text and not text.isdigit():
        raise InputError(f"{LOADERS}={text}: give a whole number, 0 for none")
    return int(text) if text else None


def loader_count(jobs: int) -> int:
    """Threads of each of ``jobs`` trainings side by side: ``$EELIB_LOADERS``, or their share of the cores that they leave free.

    Raises:
        InputError: ``$EELIB_LOADERS`` is not a whole number.
    """
    given = given_loaders()
    return min(MOST, max((os.cpu_count() or 1) // jobs - 1, 0)) if given is None else given
