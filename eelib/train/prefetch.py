"""Batches made ahead of the step that needs them; the same ones, in the same order, however many threads make them."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from torch import Tensor

from eelib.errors import InputError
from eelib.train.loaders import IN_A_ROW

Batch = TypeVar("Batch")

SMALL = 8e6  # bytes: what stays in a cache of the processor until its step comes


class Steps(Generic[Batch]):
    """An endless stream of batches, each a function of its step alone.

    Attributes:
        start: First step; the stream from ``start`` equals the full stream from there on.
    """

    start: int = 0

    def batch(self, step: int) -> Batch:
        """The batch of a step."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Batch]:
        return map(self.batch, itertools.count(self.start))


@runtime_checkable
class Prepares(Protocol):
    """A module whose batches need work on the CPU that no weight takes part in."""

    def prepare(self, batch: Any, step: int) -> Any:  # noqa: ANN401 - batches differ
        """What ``training_step`` takes, of the batch of a step."""
        ...


class Prefetcher:
    """The prepared batches of a training.

    By threads, not processes: what makes a batch (NumPy, torch, Pillow) lets other threads run meanwhile, and nothing has to be sent. Views
    from a process took twice as long to receive as to cut.

    Args:
        batches: Where they come from.
        prepare: Applied to every batch and its step.
        threads: How many make batches ahead of the step; with 0 they are made when one is asked for, small ones several in a row.
        end: Step after the last one, beyond which no batch is made before it is asked for.
    """

    def __init__(self, batches: Steps[Any], prepare: Callable[[Any, int], Any] | None, threads: int, end: float = math.inf) -> None:
        self.batches, self.prepare, self.threads, self.end = batches, prepare, threads, end
        self._running = self._all()

    def __iter__(self) -> Iterator[Any]:
        self.close()
        self._running = self._all()
        return self._running

    def close(self) -> None:
        """End the threads."""
        self._running.close()

    def _all(self) -> Generator[Any, None, None]:
        if not self.threads:
            yield from self._in_rows()
        steps = itertools.count(self.batches.start)
        pool = ThreadPoolExecutor(self.threads, "loader")
        waiting = deque(pool.submit(self._batch, next(steps)) for _ in range(self.threads + 1))
        try:
            while True:
                batch = waiting.popleft().result()
                waiting.append(pool.submit(self._batch, next(steps)))
                yield batch
        finally:
            pool.shutdown(cancel_futures=True)

    def _in_rows(self) -> Generator[Any, None, None]:
        """Small batches several in a row: what makes them finds its code in the caches then, which a step of the network empties."""
        step = self.batches.start
        while True:
            made = [self._batch(step)]
            room = min(IN_A_ROW, SMALL // max(_size(made[0]), 1), self.end - step)
            for later in range(step + 1, step + int(room)):
                try:
                    made.append(self._batch(later))
                except InputError:  # raised again at its step, when those before it are trained on
                    break
            step += len(made)
            yield from made

    def _batch(self, step: int) -> Any:  # noqa: ANN401
        batch = self.batches.batch(step)
        return batch if self.prepare is None else self.prepare(batch, step)


def _size(batch: Any) -> int:  # noqa: ANN401
    """Bytes of the tensors of a batch."""
    if isinstance(batch, Tensor):
        return batch.nbytes
    parts = batch.values() if isinstance(batch, dict) else batch if isinstance(batch, list | tuple) else ()
    return sum(map(_size, parts))
