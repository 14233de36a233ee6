"""Batches made ahead of the step that needs them; the same ones, in the same order, however many threads make them."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

Batch = TypeVar("Batch")


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
        threads: How many make batches ahead of the step; with 0 each is made when it is asked for.
    """

    def __init__(self, batches: Steps[Any], prepare: Callable[[Any, int], Any] | None, threads: int) -> None:
        self.batches, self.prepare, self.threads = batches, prepare, threads
        self._running = self._all()

    def __iter__(self) -> Iterator[Any]:
        self.close()
        self._running = self._all()
        return self._running

    def close(self) -> None:
        """End the threads."""
        self._running.close()

    def _all(self) -> Generator[Any, None, None]:
        steps = itertools.count(self.batches.start)
        if not self.threads:
            yield from map(self._batch, steps)
        pool = ThreadPoolExecutor(self.threads, "loader")
        waiting = deque(pool.submit(self._batch, next(steps)) for _ in range(self.threads + 1))
        try:
            while True:
                batch = waiting.popleft().result()
                waiting.append(pool.submit(self._batch, next(steps)))
                yield batch
        finally:
            pool.shutdown(cancel_futures=True)

    def _batch(self, step: int) -> Any:  # noqa: ANN401
        batch = self.batches.batch(step)
        return batch if self.prepare is None else self.prepare(batch, step)
