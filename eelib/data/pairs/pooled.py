"""Several sets of pairs as one; the total number of pairs stays what was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from eelib.data.pairs.containers import Pairs, PairSet
from eelib.data.pairs.load import load_pairs
from eelib.data.windows import Floats, Ints
from eelib.errors import InputError
from eelib.settings_pairs import PairData

PARTS = ("train", "validation", "test")


def load_data(data: PairData) -> PairSet:
    """The pairs that settings ask for; each of several sets gives an equal share, the first ones the remainder.

    Raises:
        InputError: As :func:`load_pairs`, or the sets differ in bands or in classes.
    """
    if len(data.sets) == 1:
        return load_pairs(data.sets[0], data.sizes)
    shares = [{part: _share(getattr(data.sizes, part), at, len(data.sets)) for part in PARTS} for at in range(len(data.sets))]
    return _joined([load_pairs(name, data.sizes.model_copy(update=share)) for name, share in zip(data.sets, shares, strict=True)])


def _share(total: int, at: int, count: int) -> int:
    return max(1, total // count + (at < total % count))


def _joined(sets: Sequence[PairSet]) -> PairSet:
    first = sets[0]
    for other in sets[1:]:
        for what, one, two in (("bands", first.bands, other.bands), ("classes", first.classes, other.classes)):
            if one != two:
                raise InputError(f"{first.name} and {other.name} have different {what}: they cannot be pooled")
    trains = [part.train for part in sets]
    removed: Counter[str] = Counter()
    for part in sets:
        removed.update(part.removed)
    return PairSet(
        name="+".join(part.name for part in sets),
        title=" and ".join(part.title for part in sets),
        classes=first.classes,
        bands=first.bands,
        train=None if None in trains else _chained([train for train in trains if train is not None]),
        validation=_chained([part.validation for part in sets]),
        test=_chained([part.test for part in sets]),
        simulated=all(part.simulated for part in sets),
        attribution="; ".join(dict.fromkeys(part.attribution for part in sets if part.attribution)),
        notes=tuple(note for part in sets for note in part.notes),
        removed=dict(removed),
        prompts=first.prompts,
    )


def _chained(parts: Sequence[Pairs]) -> Pairs:
    """One after the other, with places that stay apart."""
    starts = np.cumsum([0, *(len(part) for part in parts)])
    places = np.concatenate([np.stack([np.full(len(part), at), part.place], 1) for at, part in enumerate(parts)])

    def read(rows: Ints) -> Floats:
        owner = np.searchsorted(starts, rows, side="right") - 1
        found = {int(at): parts[at].image(rows[owner == at] - starts[at]) for at in np.unique(owner)}
        out = np.empty((len(rows), *next(iter(found.values())).shape[1:]), np.float32)
        for at, images in found.items():
            out[owner == at] = images
        return out

    days = [part.day_of_year for part in parts]
    return Pairs(
        name="+".join(part.name for part in parts),
        title=" and ".join(part.title for part in parts),
        texts=tuple(text for part in parts for text in part.texts),
        read=read,
        place=np.unique(places, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64),
        labels=np.concatenate([part.labels for part in parts]),
        simulated=all(part.simulated for part in parts),
        identity=" ".join(part.fingerprint() for part in parts),
        day_of_year=None if any(day is None for day in days) else np.concatenate([day for day in days if day is not None]),
    )
