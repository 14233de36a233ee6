"""Speed and memory on this machine, as ratios against a peer or the plain form in the same run: ``make bench``.

Every figure is the median of repeats in a fresh process of its own, peers take turns with ours, and memory is the growth of the process's
peak during the measured calls. Results go to ``reports/bench.json`` and to the terminal.
"""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

ROWS, DIMS = 8192, 64
REPEATS = 5


def ours(chunk: int | None) -> Callable[[], None]:
    """Forward and backward of ``info_nce``."""
    import torch

    from eelib.losses import info_nce

    torch.manual_seed(0)
    a, b = (torch.randn(ROWS, DIMS, requires_grad=True) for _ in range(2))
    return lambda: info_nce(a, b, 10.0, chunk=chunk).backward()


def open_clip() -> Callable[[], None]:
    """Forward and backward of open_clip's ClipLoss."""
    import torch
    import torch.nn.functional as F
    from open_clip.loss import ClipLoss

    torch.manual_seed(0)
    a, b = (torch.randn(ROWS, DIMS, requires_grad=True) for _ in range(2))
    loss = ClipLoss()
    return lambda: loss(F.normalize(a, dim=1), F.normalize(b, dim=1), torch.tensor(10.0)).backward()


def world(region: str) -> Callable[[], None]:
    """Simulate 50 series of 12 dates, 10 bands and 32 x 32 pixels."""
    from eelib.data.world import simulate_windows

    return lambda: simulate_windows(region, 0, range(50)) and None


def network(layout: str) -> Callable[[], None]:
    """One training step of UNet3Df on the views of one step of profile quick, in a memory layout."""
    import torch

    from eelib.models import build

    torch.manual_seed(0)
    model = build("unet3df", bands=10, num_dates=8, width=8)
    if layout == "contiguous":
        model = model.to(memory_format=torch.contiguous_format)
    series, dates = torch.randn(8, 8, 10, 12, 12), torch.randint(1, 365, (8, 8))
    return lambda: model(series, dates).square().mean().backward()


CASES: dict[str, tuple[Callable[..., Callable[[], None]], tuple[object, ...]]] = {
    "info_nce, plain": (ours, (None,)),
    "info_nce, chunk=1024": (ours, (1024,)),
    "open_clip ClipLoss": (open_clip, ()),
    **{f"world, {region}": (world, (region,)) for region in ("germany", "france", "ghana", "south_sudan")},
    "UNet3Df step, channels last": (network, ("channels_last",)),
    "UNet3Df step, contiguous": (network, ("contiguous",)),
}
RATIOS = {
    "info_nce, plain / open_clip": ("info_nce, plain", "open_clip ClipLoss"),
    "info_nce, chunk=1024 / open_clip": ("info_nce, chunk=1024", "open_clip ClipLoss"),
    "UNet3Df, channels last / contiguous": ("UNet3Df step, channels last", "UNet3Df step, contiguous"),
}


def measure(name: str, threads: int) -> dict[str, float]:
    """Median seconds and memory growth of one case; runs in a process of its own."""
    import torch

    torch.set_num_threads(threads)
    make, arguments = CASES[name]
    call = make(*arguments)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    call()  # also the warm-up
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return {"seconds": statistics.median(seconds), "memory_mb": memory}


def main() -> None:
    """Measure all cases in turn, twice, and print a table."""
    found: dict[str, list[dict[str, float]]] = {}
    threads = os.cpu_count() or 1
    context = mp.get_context("spawn")
    for _ in range(2):
        for name in CASES:
            with context.Pool(1) as pool:
                found.setdefault(name, []).append(pool.apply(measure, (name, 1 if name.startswith("world") else threads)))
    best = {name: {key: min(run[key] for run in runs) for key in runs[0]} for name, runs in found.items()}
    for name, row in best.items():
        rate = f"  {50 / row['seconds']:6.0f} series/s on one core" if name.startswith("world") else ""
        print(f"{name:34} {1000 * row['seconds']:9.1f} ms {row['memory_mb']:8.0f} MB{rate}")
    ratios = {title: {key: best[a][key] / max(best[b][key], 1e-9) for key in best[a]} for title, (a, b) in RATIOS.items()}
    for title, ratio in ratios.items():
        print(f"{title:38} time x{ratio['seconds']:.2f}   memory x{ratio['memory_mb']:.2f}")
    path = Path(__file__).parents[1] / "reports" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"threads": threads, "cases": best, "ratios": ratios}, indent=1) + "\n")
    print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


if __name__ == "__main__":
    main()
