"""Speed and memory on this machine, as ratios against peers and plain forms in the same run: ``make bench``.

Cases that are compared take turns in one fresh process, and every time is a median; memory is the growth of the peak of another fresh
process. Beside them stand the machine's own ceilings, measured in the same run, and for each case its floor: the operations nobody can do
without at the measured rate. Results go to ``reports/bench.json`` and to the terminal. Words on the command line pick comparisons and
cases whose names contain one of them: ``python tools/bench nt_xent``. EELIB_BENCH_THREADS sets the threads (default: all cores): on a
machine that is busy with other things only 1 gives figures that mean something.
"""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import sys
from collections.abc import Callable
from pathlib import Path

from cases import CASES, COMPARISONS, MOST_MEMORY_MB, Comparison
from measure import ceilings, memory_mb, seconds


def main(words: list[str]) -> None:
    """Measure, print and write."""
    threads = int(os.environ.get("EELIB_BENCH_THREADS") or os.cpu_count() or 1)
    limits = fresh(ceilings, threads)
    print(", ".join(f"{name} {rate:.0f}" for name, rate in limits.items()), f"with {threads} threads")
    chosen = [pair for pair in COMPARISONS if picked(words, pair.ours, pair.peer)]
    ratios = [compare(pair, threads, limits) for pair in chosen]
    alone = [name for name in CASES if picked(words, name) and not any(name in (pair.ours, pair.peer) for pair in COMPARISONS)]
    cases = [single(name, threads, limits) for name in alone]
    path = Path(__file__).parents[2] / "reports" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"threads": threads, "ceilings": limits, "comparisons": ratios, "cases": cases}, indent=1) + "\n")
    print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def compare(pair: Comparison, threads: int, limits: dict[str, float]) -> dict[str, object]:
    """Both cases in turn, and their ratios beside the targets."""
    times = fresh(seconds, (pair.ours, pair.peer), threads)
    memory = [fresh(memory_mb, name, threads) for name in (pair.ours, pair.peer)]
    row: dict[str, object] = {"ours": pair.ours, "peer": pair.peer, "time_target": pair.time, "memory_target": pair.memory}
    for side, time, extra in zip(("ours", "peer"), times, memory, strict=True):
        row |= {f"{side}_{key}": value for key, value in time.items()} | {f"{side}_memory_mb": extra}
    row["time_ratio"] = times[0]["seconds"] / times[1]["seconds"]
    row["processor_ratio"] = times[0]["processor_seconds"] / times[1]["processor_seconds"]
    row["ours_floor_seconds"] = floor(pair.ours, limits)
    row["memory_ratio"] = memory[0] / max(memory[1], 1e-9)
    print(f"{pair.ours:30} / {pair.peer:26}", end="")
    print(f"{times[0]['seconds']:8.2f} s / {times[1]['seconds']:7.2f} s = {row['time_ratio']:6.2f}{target(pair.time)}", end="")
    print(f"  (processor {row['processor_ratio']:5.2f}, floor {row['ours_floor_seconds']:.2f} s)", end="")
    print(f"  {memory[0]:6.0f} MB / {memory[1]:6.0f} MB = {row['memory_ratio']:.3f}{target(pair.memory)}", flush=True)
    return row


def single(name: str, threads: int, limits: dict[str, float]) -> dict[str, object]:
    """A case that is compared with nothing."""
    found = fresh(seconds, (name,), threads)[0]
    extra = fresh(memory_mb, name, threads)
    most = MOST_MEMORY_MB.get(name)
    print(f"{name:30} {found['seconds']:8.2f} s {extra:8.0f} MB{target(most)}", end="")
    print(f"  {50 / found['seconds']:.0f} series/s on one core" if name.startswith("world") else "", flush=True)
    return {"name": name, **found, "floor_seconds": floor(name, limits), "memory_mb": extra, "memory_mb_target": most}


def floor(name: str, limits: dict[str, float]) -> float:
    """Seconds that the operations of a case take at the measured float32 rate; 0 where there is no useful bound."""
    return CASES[name].operations / limits["float32_gflops"] / 1e9


def target(most: float | None) -> str:
    """The accepted ratio in brackets, or blanks."""
    return f" [{most:g}]" if most is not None else ""


def picked(words: list[str], *names: str) -> bool:
    """Whether one of the words is in one of the names; without words everything is."""
    return not words or any(word in name for word in words for name in names)


def fresh(function: Callable, *arguments: object) -> object:
    """Call in a new process."""
    with mp.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
