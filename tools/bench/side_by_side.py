"""The whole machine: ours in as many one-threaded processes as it has cores, as the study runs, against a plain one with all threads."""

from __future__ import annotations

import multiprocessing as mp
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from typing import Any

from eelib.train.loaders import IN_A_ROW

_call: Any = None  # of this worker


def steps_per_process(ours: str, peer: str, threads: int, quick: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Seconds per step of both, taking turns; ours counts the steps of all processes."""
    steps, turns = (1, 1) if quick else (3 * IN_A_ROW, 5)
    with ExitStack() as stack:
        crew = [stack.enter_context(_worker(ours, 1, quick)) for _ in range(threads)]
        alone = [stack.enter_context(_worker(peer, threads, quick))]
        found: tuple[list[float], list[float]] = ([], [])
        for workers in (crew, alone):
            _seconds(workers, 2)  # warm-up
        for _ in range(turns):
            for workers, times in zip((crew, alone), found, strict=True):
                times.append(_seconds(workers, steps))
    ours_found, peer_found = ({"seconds": statistics.median(times), "times": times} for times in found)
    return ours_found, peer_found


def _worker(name: str, threads: int, quick: bool) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=mp.get_context("spawn"), initializer=_prepare, initargs=(name, threads, quick))


def _seconds(workers: list[ProcessPoolExecutor], steps: int) -> float:
    began = time.perf_counter()
    for future in [worker.submit(_take, steps) for worker in workers]:
        future.result()
    return (time.perf_counter() - began) / (steps * len(workers))


def _prepare(name: str, threads: int, quick: bool) -> None:
    global _call
    import torch
    from cases import CASES

    torch.set_num_threads(threads)
    case = CASES[name]
    _call = case.make(**case.options | (case.small if quick else {}))


def _take(steps: int) -> None:
    for _ in range(steps):
        _call()
