"""One training on several devices, started by torchrun: which rank this process is, and what it takes of a batch."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from eelib.errors import InputError

if TYPE_CHECKING:
    from eelib.data.windows import Ints


def world() -> int:
    """Processes that train together; 1 where torchrun did not start this one."""
    return int(os.environ["WORLD_SIZE"]) if "TORCHELASTIC_RUN_ID" in os.environ else 1


def rank() -> int:
    """Number of this process among them, from 0. Number 0 alone writes files."""
    return int(os.environ["RANK"]) if world() > 1 else 0


def share(rows: Ints) -> Ints:
    """This rank's part of the rows of a batch; losses put the parts together again in this order.

    Raises:
        InputError: The batch cannot be shared out equally.
    """
    if len(rows) % world():
        raise InputError(f"batch_size={len(rows)} cannot be shared out over {world()} ranks: make it a multiple")
    own: Ints = rows.reshape(world(), -1)[rank()]
    return own
