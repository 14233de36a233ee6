"""How it is measured: time in turns within one fresh process, memory as the growth of the peak of another."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable

from cases import CASES


def seconds(names: tuple[str, ...], threads: int) -> list[dict[str, float]]:
    """Median wall-clock and processor seconds of each case; the cases take turns. Run it in a process of its own."""
    import torch

    torch.set_num_threads(CASES[names[0]].threads or threads)
    calls = [CASES[name].make(**CASES[name].options) for name in names]
    repeats = min(CASES[name].repeats for name in names)
    for name, call in zip(names, calls, strict=True):
        if CASES[name].repeats > 1:
            call()  # warm-up
    found: list[list[tuple[float, float]]] = [[] for _ in calls]
    for _ in range(repeats):
        for call, times in zip(calls, found, strict=True):
            times.append(_time(call))
    wall, processor = ([statistics.median(times[at] for times in case) for case in found] for at in (0, 1))
    return [{"seconds": a, "processor_seconds": b} for a, b in zip(wall, processor, strict=True)]


def memory_mb(name: str, threads: int) -> float:
    """Growth of the peak of the process during two calls, after a tiny one; run it in a process of its own."""
    import torch

    case = CASES[name]
    torch.set_num_threads(case.threads or threads)
    if case.small:
        case.make(**case.small)()
    call = case.make(**case.options)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(2 if case.repeats > 1 else 1):
        call()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def ceilings(threads: int) -> dict[str, float]:
    """Rates that this machine reaches on a matrix product of 2048 rows and on a copy of 256 MB; run it in a process of its own."""
    import torch

    torch.set_num_threads(threads)
    left, source = torch.randn(2048, 2048), torch.randn(1 << 26)
    half, target = left.bfloat16(), torch.empty_like(source)
    return {
        "float32_gflops": 2 * 2048**3 / _best(lambda: left @ left) / 1e9,
        "bfloat16_gflops": 2 * 2048**3 / _best(lambda: half @ half) / 1e9,
        "copy_gb_per_s": 2 * 4 * (1 << 26) / _best(lambda: target.copy_(source)) / 1e9,
    }


def _time(call: Callable[[], object]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - processor


def _best(call: Callable[[], object]) -> float:
    call()
    return min(_time(call)[0] for _ in range(9))
