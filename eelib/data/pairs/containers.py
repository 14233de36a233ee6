"""Images with captions: the container that every source of pairs fills and that trainer and evaluation read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from eelib.data.freshness import Files
from eelib.data.windows import Floats, Ints
from eelib.errors import InputError

if TYPE_CHECKING:
    import torch

    from eelib.data.pairs.shard_order import ShardOrder

NO_LABEL = -1  # of a pair that belongs to none of the zero-shot classes
READ_VERSION = 1  # bump when pixels or captions change with unchanged settings


class SomeTexts(Sequence[str]):
    """Some of the captions of a sequence that reads them one by one."""

    def __init__(self, texts: Sequence[str], rows: Ints) -> None:
        self.texts, self.rows = texts, rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self.texts[int(k)] for k in self.rows[row]]
        return self.texts[int(self.rows[row])]


@dataclass(frozen=True)
class Pairs:
    """A map-style set of pairs; images are read when they are asked for.

    Attributes:
        name: The name used in parameters.
        title: For tables and figures.
        texts: ``N`` captions, in memory or read one by one.
        read: Rows to images ``(n, C, H, W)`` float32 in 0..1.
        place: ``(N,)`` int64; pairs of one place (or one picture) share it. The unit of resampling in statistics.
        labels: ``(N,)`` int64 zero-shot class ids, -1 = none.
        simulated: Whether the pixels come from the embedded world.
        identity: Text that changes whenever a pixel or caption could.
        day_of_year: ``(N,)`` int64 date of the image, or None where unknown.
        faults: ``N`` names of the fault that was put into a caption, ``""`` = none; only to measure a filter, never to train on.
        order: How training goes through pairs that are slow to read out of order; None: in any order.
    """

    name: str
    title: str
    texts: Sequence[str]
    read: Callable[[Ints], Floats]
    place: Ints
    labels: Ints
    simulated: bool
    identity: str
    day_of_year: Ints | None = None
    faults: tuple[str, ...] | None = None
    order: ShardOrder | None = None

    def __post_init__(self) -> None:
        for what, size in (("places", len(self.place)), ("labels", len(self.labels))):
            if size != len(self.texts):
                raise InputError(f"{self.name}: {len(self.texts)} captions but {size} {what}")

    def __len__(self) -> int:
        return len(self.texts)

    def image(self, rows: Sequence[int] | Ints) -> Floats:
        """Images ``(n, C, H, W)`` float32 in 0..1."""
        return self.read(np.asarray(rows, np.int64))

    def captions(self, rows: Sequence[int] | Ints) -> list[str]:
        """Captions of some rows."""
        return [self.texts[int(row)] for row in rows]

    def fingerprint(self) -> str:
        """Text that changes whenever a pixel or caption could."""
        return f"pairs {READ_VERSION} {self.identity}"

    def __getitem__(self, row: int) -> dict[str, torch.Tensor | str | int]:
        """One pair in torchgeo's keys: ``image`` ``(C, H, W)``, ``caption``, ``index``, ``label``."""
        import torch

        if not -len(self) <= row < len(self):
            raise IndexError(row)
        row %= len(self)
        return {"image": torch.from_numpy(self.image([row])[0]), "caption": self.texts[row], "index": row, "label": int(self.labels[row])}

    def take(self, rows: Sequence[int] | Ints, **changes: Any) -> Pairs:  # noqa: ANN401 - fields of this class
        """Some of the pairs in that order; ``changes`` replaces fields, for example ``texts``."""
        rows = np.asarray(rows, np.int64)
        parts: dict[str, Any] = {
            "texts": tuple(self.captions(rows)) if isinstance(self.texts, tuple) else SomeTexts(self.texts, rows),
            "read": lambda inner: self.read(rows[inner]),
            "place": self.place[rows],
            "labels": self.labels[rows],
            "day_of_year": None if self.day_of_year is None else self.day_of_year[rows],
            "faults": None if self.faults is None else tuple(self.faults[int(row)] for row in rows),
            "order": None if self.order is None else self.order.take(rows),
        }
        return replace(self, **parts | changes)


@dataclass(frozen=True)
class PairSet:
    """Pairs of one origin in three sets, with the classes of zero-shot classification.

    Attributes:
        name: The name used in parameters.
        title: For tables and figures.
        classes: Zero-shot class names, written so that they fit into a prompt; empty where there are none.
        bands: Channel names in order.
        train: Pairs to learn from; None in a set that only serves evaluation.
        validation: Pairs for every choice.
        test: Pairs that only the final score sees; no place of theirs is in another set.
        simulated: Whether the pixels come from the embedded world.
        attribution: Credit line that must accompany figures.
        notes: What was skipped or removed on the way, one line each.
        removed: Rule of the V2-like filter to how many captions of the pool it removed; empty in other versions.
        prompts: The prompt set that fits the images, one of :data:`eelib.data.pairs.prompts.PROMPT_SETS`, or a user's own templates.
        files: Where the data are a user's own, all files that decide them.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    bands: tuple[str, ...]
    train: Pairs | None
    validation: Pairs
    test: Pairs
    simulated: bool
    attribution: str
    notes: tuple[str, ...] = ()
    removed: Mapping[str, int] = field(default_factory=dict)
    prompts: str | tuple[str, ...] = "photo1"
    files: tuple[Files, ...] = ()

    @property
    def labels(self) -> dict[str, Ints]:
        """Class ids per set, each ``(N,)`` with -1 = none."""
        sets = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part.labels for name, part in sets.items() if part is not None}

    def fingerprint(self) -> str:
        """Text that changes whenever a pixel, caption, class or template of a user's own could."""
        sets = (self.train, self.validation, self.test)
        own = () if isinstance(self.prompts, str) else self.prompts
        return " | ".join([*(part.fingerprint() for part in sets if part is not None), *self.classes, *own])


def held(images: Floats) -> Callable[[Ints], Floats]:
    """A reader over images in memory."""
    return lambda rows: np.ascontiguousarray(images[rows], np.float32)
