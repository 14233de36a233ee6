"""How much of a study is done and how long the rest will take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from eelib.study.arm import Arm

EVERY = 15.0  # seconds between lines where there is no terminal
TRUSTED = 60.0  # cost that must be done before the measured rate counts as much as the expected one


class Progress:
    """Adds up the cost of arms that are done, partly done and left.

    The time left is the cost left at the rate measured so far in this run, so arms read back from disk do not make it look fast. At the
    beginning, when workers still start and data are read, the rate that the costs promise counts more.

    Args:
        arms: The arms to be computed.
        jobs: How many are computed at a time.
        quiet: Say nothing.
        clock: Source of time in seconds.
    """

    def __init__(self, arms: list[Arm], jobs: int = 1, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self.costs = {arm.key: arm.cost for arm in arms}
        self.shares = dict.fromkeys(self.costs, 0.0)
        self.jobs, self.quiet = jobs, quiet
        self.clock, self.started = clock, clock()
        self.finished, self.said = 0, -EVERY
        self.terminal = sys.stderr.isatty()

    def update(self, key: str, share: float) -> None:
        """An arm has come so far, 0 to 1."""
        self.shares[key] = share
        self._say()

    def done(self, key: str) -> None:
        """An arm is done."""
        self.shares[key] = 1.0
        self.finished += 1
        self._say(force=self.finished == len(self.costs))

    @property
    def share(self) -> float:
        """Share of the cost that is done."""
        total = sum(self.costs.values())
        return sum(self.costs[key] * share for key, share in self.shares.items()) / total if total else 1.0

    @property
    def seconds_left(self) -> float:
        """Expected time left."""
        total = sum(self.costs.values())
        done = total * self.share
        rate = (self.clock() - self.started + TRUSTED / self.jobs) / (done + TRUSTED)
        return (total - done) * rate

    def line(self) -> str:
        """One line for people."""
        so_far, left = clock_time(self.clock() - self.started), clock_time(self.seconds_left)
        return f"{self.finished}/{len(self.costs)} arms, {100 * self.share:.0f} %, {so_far} so far, about {left} left"

    def _say(self, force: bool = False) -> None:
        now = self.clock() - self.started
        if self.quiet or not (force or now - self.said >= (0.5 if self.terminal else EVERY)):
            return
        self.said = now
        text, end = (f"\r{self.line()}\033[K", "\n" if force else "") if self.terminal else (self.line(), "\n")
        print(text, end=end, file=sys.stderr, flush=True)


def clock_time(seconds: float) -> str:
    """``75 -> "1:15"``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
