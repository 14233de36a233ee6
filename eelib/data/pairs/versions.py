"""The clean, the V1-like and the V2-like version of a pool of pairs.

V1-like: the pool as it comes, faults included. V2-like: what the filter keeps of it. Both have the same number of pairs: where the pool is
endless the V2-like set draws on until it has as many, where it is finite both are cut to what the filter leaves of the whole pool.
Spoilt: the clean set with faults, pair by pair. It is compared with the clean one at any dose, so no filter decides how many pairs it has;
of an endless pool it is the V1-like set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eelib.data.pairs.containers import Pairs
from eelib.data.pairs.faults import Retell, spoil
from eelib.data.pairs.filter import FilterReport, filter_captions
from eelib.data.pairs.settings import PairSizes
from eelib.errors import InputError

MOST_ROUNDS = 8  # doublings of a pool before the filter counts as removing everything


@dataclass(frozen=True)
class Pool:
    """Where clean pairs come from.

    Attributes:
        draw: Count to the first so many pairs of the pool.
        foreign: Row of the pool and generator to a caption in another language.
        again: Row of the pool and generator to another caption of it in English. Where both are None the captions are somebody's own
            and no fault is put in: their V1 is the pool as it came.
        most: How many pairs the pool has, None = any number.
    """

    draw: Callable[[int], Pairs]
    foreign: Retell | None
    again: Retell | None
    most: int | None = None


def versioned(pool: Pool, sizes: PairSizes) -> tuple[Pairs, FilterReport | None]:
    """The training pairs of a version, and what the filter did where it was used.

    Raises:
        InputError: The filter keeps too little to fill the set up, or the doses add up to more than 1.
    """
    count = min(sizes.train, pool.most or sizes.train)
    if sizes.version == "clean":
        return pool.draw(count), None
    if sizes.version == "spoilt" or (sizes.version == "v1" and pool.most is None):
        return _spoilt(pool, count, sizes), None
    raw, report = _filtered(pool, count, sizes)
    count = min(count, len(report.kept))  # a finite pool: both versions get as many as the filter leaves
    if count < 2:
        raise _too_few(raw, report, 2)
    return (raw.take(report.kept[:count]), report) if sizes.version == "v2" else (raw.take(np.arange(count)), None)


def _filtered(pool: Pool, count: int, sizes: PairSizes) -> tuple[Pairs, FilterReport]:
    """A raw pool large enough that the filter leaves ``count`` pairs, or all there is."""
    size = 2 * count
    for _ in range(MOST_ROUNDS):
        size = min(size, pool.most or size)
        raw = _spoilt(pool, size, sizes)
        report = filter_captions(raw.texts, context=sizes.context)
        if len(report.kept) >= count or size == pool.most:
            return raw, report
        size *= 2
    raise _too_few(raw, report, count)


def _too_few(raw: Pairs, report: FilterReport, wanted: int) -> InputError:
    rules = ", ".join(f"{rule} {count}" for rule, count in report.removed.items() if count)
    return InputError(
        f"the filter keeps {len(report.kept)} of {len(raw)} captions of {raw.name}, {wanted} are wanted (removed: {rules}): "
        "use version=clean, or captions with fewer such faults"
    )


def _spoilt(pool: Pool, count: int, sizes: PairSizes) -> Pairs:
    """The first pairs of the pool with faults."""
    clean = pool.draw(count)
    if pool.foreign is None or pool.again is None:
        return clean
    texts, kinds = spoil(list(clean.texts), sizes.doses, sizes.seed, pool.foreign, pool.again)
    return clean.take(np.arange(count), texts=tuple(texts), faults=tuple(kinds))
