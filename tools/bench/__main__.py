"""Speed and memory on this machine, as ratios against peers and plain forms in the same run: ``make bench``.

Cases that are compared take turns in one fresh process, and every time is a median; memory is the growth of the peak of another fresh
process. Beside them stand the machine's own ceilings, measured in the same run, and for each case its floor: the operations nobody can do
without at the measured rate. Results go to ``reports/bench.json``, which the report shows, and to the terminal. Words pick the rows whose
title or group contains one of them, and then nothing is written unless ``--out`` says where. EELIB_BENCH_THREADS sets the threads (default:
all cores): on a machine that is busy with other things only 1 gives figures that mean something, and of those the ones of processor time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from gpu import has_gpu
from measure import ceilings
from rows import GPU_ROWS, ROWS, Context, Row, robust

from eelib.report.site.bench import Bench, BenchRow, Machine
from eelib.report.site.bench_page import judged, short_time
from eelib.study.provenance import machine

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Measure, print and write."""
    given = _arguments()
    if given.gpu and not given.quick and not has_gpu():
        sys.exit("--gpu needs a GPU that torch sees; with --quick the same code runs on the CPU, and its rows are not measured")
    began, load = time.time(), os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    threads = int(os.environ.get("EELIB_BENCH_THREADS") or os.cpu_count() or 1)
    context = Context(threads, {}, given.quick)
    context.ceilings.update(context.gpu_ceilings if given.gpu else context.call(ceilings, threads, given.quick))
    print(", ".join(f"{name} {rate:.0f}" for name, rate in context.ceilings.items()), f"with {threads} threads, load {load}", flush=True)
    chosen = [row for row in (GPU_ROWS if given.gpu else ROWS) if picked(given.words, row)]
    rows = []
    for at, row in enumerate(chosen, 1):
        print(f"[{at}/{len(chosen)}] {row.group}: {row.title} ...", flush=True)
        rows.append(timed(row, context))
    print("\n" + table(rows))
    out = given.out or (None if given.words or given.quick else ROOT / "reports" / ("bench_gpu.json" if given.gpu else "bench.json"))
    if out is not None:
        bench = Bench(
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            quick=given.quick,
            threads=threads,
            load=load,
            seconds=time.time() - began,
            machine=Machine(**{name: machine()[name] for name in Machine.model_fields}),
            ceilings=context.ceilings,
            rows=tuple(rows),
        )
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(bench.model_dump_json(indent=1) + "\n", encoding="utf-8")
        print(f"\n{os.path.relpath(out)} after {bench.seconds / 60:.1f} minutes")


def timed(row: Row, context: Context) -> BenchRow:
    """Measure a row and print what came out."""
    began = time.perf_counter()
    found = robust(row, context)
    print(f"    {summary(found)}  ({time.perf_counter() - began:.0f} s)", flush=True)
    return found


def summary(row: BenchRow) -> str:
    """A row in one line."""
    sides = [f"{short_time(side.seconds)}" for side in (row.ours, row.peer) if side is not None and side.seconds is not None]
    parts = [row.status] if row.status != "measured" else []
    steps = ", ".join(f"{name} {short_time(seconds)}" for name, seconds in row.parts.items())
    return "; ".join([*parts, *filter(None, [" / ".join(sides)]), *map(judged, row.checks), *filter(None, [steps, row.note])])


def table(rows: list[BenchRow]) -> str:
    """All rows, one line each."""
    width = max(len(row.title) for row in rows) if rows else 0
    return "\n".join(f"{row.group:14}  {row.title:{width}}  {summary(row)}" for row in rows)


def picked(words: list[str], row: Row) -> bool:
    """Whether one of the words is in the title or group; without words every row is."""
    return not words or any(word.lower() in f"{row.group} {row.title}".lower() for word in words)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tools/bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", help="measure only rows whose group or title contains one of them")
    parser.add_argument("--quick", action="store_true", help="a smoke run in seconds: tiny sizes, once each, numbers mean nothing")
    parser.add_argument("--gpu", action="store_true", help="only the rows of one GPU, into reports/bench_gpu.json")
    parser.add_argument("--out", type=Path, help="where to write; reports/bench.json for a whole run, otherwise nowhere")
    return parser.parse_args()


if __name__ == "__main__":
    main()
