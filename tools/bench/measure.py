"""How it is measured: time in turns within one fresh process, memory as the growth of the peak of another."""

from __future__ import annotations

import gc
import multiprocessing as mp
import resource
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from cases import CASES, Call

KILOBYTES = 1 << 20 if sys.platform == "darwin" else 1 << 10  # units of ru_maxrss in a megabyte


def fresh(function: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
    """Call in a new process; a process that is killed, for lack of memory say, is an error here and no more."""
    with ProcessPoolExecutor(1, mp_context=mp.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def seconds(names: tuple[str, ...], threads: int, quick: bool) -> list[dict[str, Any]]:
    """Median wall-clock and processor seconds of each case; the cases take turns. Run it in a process of its own.

    A case with fewer repeats than others comes in the middle of theirs.
    """
    import torch

    torch.set_num_threads(CASES[names[0]].threads or threads)
    calls = [_made(name, quick) for name in names]
    repeats = [1 if quick else CASES[name].repeats for name in names]
    counts = [CASES[name].operations for name in names]
    for at, name in enumerate(names):  # warm-up
        if CASES[name].counted:
            counts[at] = operations(calls[at])
        if repeats[at] > 1:
            calls[at]()
    found: list[list[tuple[float, float]]] = [[] for _ in calls]
    for turn in range(max(repeats)):
        for name, call, count, times in zip(names, calls, repeats, found, strict=True):
            if count == max(repeats) or turn == max(repeats) // 2:
                times.append(clock(call, 1 if quick else CASES[name].per_call))
    return [summary(times) | {"operations": count} for times, count in zip(found, counts, strict=True)]


def memory_mb(name: str, threads: int, quick: bool) -> float:
    """Growth of the peak of the process during a call, after a tiny one; run it in a process of its own."""
    return alone(name, threads, quick)["memory_mb"]


def alone(name: str, threads: int, quick: bool) -> dict[str, Any]:
    """Time and memory of one call in a process of its own, after a tiny one: for cases that are too long to be repeated."""
    import torch

    case = CASES[name]
    torch.set_num_threads(case.threads or threads)
    if case.small:
        case.make(**case.options | case.small)()
    call = _made(name, quick)
    before = peak_mb()
    return summary([clock(call)]) | {"memory_mb": peak_mb() - before, "operations": case.operations}


def ceilings(threads: int, quick: bool) -> dict[str, float]:
    """Rates that this machine reaches on a matrix product of 2048 rows and on a copy of 256 MB; run it in a process of its own."""
    import torch

    torch.set_num_threads(threads)
    rows, numbers, turns = (128, 1 << 16, 2) if quick else (2048, 1 << 26, 9)
    left, source = torch.randn(rows, rows), torch.randn(numbers)
    half, target = left.bfloat16(), torch.empty_like(source)
    return {
        "float32_gflops": 2 * rows**3 / _best(lambda: left @ left, turns) / 1e9,
        "bfloat16_gflops": 2 * rows**3 / _best(lambda: half @ half, turns) / 1e9,
        "copy_gb_per_s": 2 * 4 * numbers / _best(lambda: target.copy_(source), turns) / 1e9,
    }


def clock(call: Callable[[], object], count: int = 1) -> tuple[float, float]:
    """Wall-clock and processor seconds of a call, the mean of ``count`` in a row."""
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(count):
        call()
    return (time.perf_counter() - wall) / count, (time.process_time() - processor) / count


def summary(times: list[tuple[float, float]]) -> dict[str, Any]:
    """Medians, and every wall-clock time."""
    wall, processor = (statistics.median(time[at] for time in times) for at in (0, 1))
    return {"seconds": wall, "processor_seconds": processor, "times": [time[0] for time in times]}


def operations(call: Call) -> float:
    """Operations of the matrix products, convolutions and attention of a call, forward and backward."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        call()
    return float(counter.get_total_flops())


def peak_mb() -> float:
    """Most memory that this process ever held.

    On Linux ``ru_maxrss`` of a new process begins at the peak of the one that started it, so the kernel's own mark is read instead.
    """
    status = Path("/proc/self/status")
    marks = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")] if status.is_file() else []
    return int(marks[0]) / 1024 if marks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES


def _made(name: str, quick: bool) -> Call:
    case = CASES[name]
    return case.make(**case.options | (case.small if quick else {}))


def _best(call: Callable[[], object], turns: int) -> float:
    call()
    return min(clock(call)[0] for _ in range(turns))
