"""What is left to compute, and who may have killed a worker: a pool that loses a process says only that, and fails all that ran in it."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from eelib.study.arm import Arm


@dataclass
class Work:
    """Arms on their way.

    Attributes:
        waiting: Not started, needed ones first.
        suspects: Ran when a worker was killed; they run again one at a time, alone, so that the one that did it is found.
        running: By future.
        failed: What went wrong, by key; arms of which one did it share one error.
        unfinished: Keys of all arms without a record.
    """

    waiting: list[Arm]
    suspects: list[Arm] = field(default_factory=list)
    running: dict[Future[None], Arm] = field(default_factory=dict)
    failed: dict[str, BaseException] = field(default_factory=dict)
    unfinished: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.unfinished = {arm.key for arm in self.waiting}

    def ready(self, jobs: int) -> Arm | None:
        """An arm that can start now, if there is one and fewer than ``jobs`` run."""
        if self.suspects:
            return None if self.running else self.suspects[0]
        if len(self.running) >= jobs:
            return None
        return next((arm for arm in self.waiting if not self.unfinished & {needed.key for needed in arm.needs.values()}), None)

    def started(self, arm: Arm, future: Future[None]) -> None:
        """Note that an arm runs."""
        self.running[future] = arm
        if arm in self.waiting:
            self.waiting.remove(arm)

    def ended(self, future: Future[None]) -> Arm | None:
        """Note that an arm ended by itself, well or not; returns it if well."""
        arm, error = self.running.pop(future), future.exception()
        self.suspects = [suspect for suspect in self.suspects if suspect is not arm]
        if error is not None:
            self.failed[arm.key] = error
            return None
        self.unfinished.discard(arm.key)
        return arm

    def broke(self, error: BrokenProcessPool, *, again: bool) -> None:
        """Note that a worker was killed: what ran alone did it, several are suspects.

        Args:
            error: What the pool raised.
            again: Whether suspects get another try.
        """
        lost = list(self.running.values()) or ([] if again else self.waiting)
        self.running.clear()
        if len(lost) > 1 and again:
            self.suspects = lost
        else:
            self.suspects = [arm for arm in self.suspects if arm not in lost]
            self.failed |= {arm.key: error for arm in lost}
