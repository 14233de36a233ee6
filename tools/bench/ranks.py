"""The losses on several ranks, started by ``torchrun``: the same rows in all, shared out over the ranks, gathered with gradients.

python -m torch.distributed.run --standalone --nproc-per-node 2 tools/bench/ranks.py info_nce 4096 5 OUT.json
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOSSES = {"info_nce": 8192, "nt_xent": 4096, "filip_loss": 128}
"""Samples in all."""
SMALL = 16
RANKS = (1, 2, 4)
DIMS, PATCHES, WORDS, TOKEN_DIMS = 64, 49, 77, 256


@functools.cache
def measured(ranks: int, quick: bool) -> dict[str, dict[str, float]]:
    """Per loss the seconds of a forward and backward pass, the loss and the megabytes a rank receives; one launch, ranks of one thread."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "found.json")
        launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
        paths = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
        run = subprocess.run([*launch, __file__, str(int(quick)), str(out)], env=environment, capture_output=True, text=True)
        if run.returncode or not out.exists():
            last = [line for line in run.stderr.splitlines() if "Error" in line]
            raise RuntimeError(f"{ranks} ranks failed: {last[0].strip() if last else run.stderr.strip()[-200:]}")
        found: dict[str, dict[str, float]] = json.loads(out.read_text())
        return found


def main(quick: bool, out: Path) -> None:
    """One rank."""
    import torch
    import torch.distributed as dist

    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    found = {loss: _measure(loss, SMALL if quick else samples, 1 if quick else 3) for loss, samples in LOSSES.items()}
    if dist.get_rank() == 0:
        out.write_text(json.dumps(found))
    dist.destroy_process_group()


def _measure(loss: str, samples: int, repeats: int) -> dict[str, Any]:
    import torch.distributed as dist
    from measure import clock, summary

    size = dist.get_world_size()
    parts, call = _case(loss, samples, dist.get_rank(), size)
    values = []

    def step() -> None:
        for part in parts:
            part.grad = None
        value = call(*parts)
        value.backward()
        values.append(value.detach())
        dist.barrier()

    times = []
    for turn in range(repeats + 1):
        dist.barrier()
        found = clock(step)
        if turn:  # the first warms up
            times.append(found)
    mean = values[-1].clone()
    dist.all_reduce(mean)
    return summary(times) | {"loss": float(mean) / size, "received_mb": sum(part.nbytes for part in parts) * (size - 1) / 1e6}


def _case(loss: str, samples: int, rank: int, size: int) -> tuple[list[Any], Callable[..., Any]]:
    """This rank's share of the same random input, and the loss."""
    import torch

    from eelib.losses import filip_loss, info_nce, nt_xent

    random = torch.Generator().manual_seed(0)
    shapes = [(PATCHES, TOKEN_DIMS), (WORDS, TOKEN_DIMS)] if loss == "filip_loss" else [(DIMS,), (DIMS,)]
    whole = [torch.randn(samples, *shape, generator=random) for shape in shapes]
    parts = [part.chunk(size)[rank].clone().requires_grad_() for part in whole]
    calls: dict[str, Callable[..., Any]] = {
        "info_nce": lambda a, b: info_nce(a, b, 10.0, chunk=1024, gather=True),
        "nt_xent": lambda a, b: nt_xent(a, b, 0.1, chunk=1024, gather=True),
        "filip_loss": lambda a, b: filip_loss(a, b, 10.0, chunk=16, gather=True),
    }
    return parts, calls[loss]


if __name__ == "__main__":
    main(bool(int(sys.argv[1])), Path(sys.argv[2]))
