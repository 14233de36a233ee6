"""Where a training step spends its time: data, views, network, loss, optimiser."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from steps import make_pretraining

OVERHEAD = ("data and views", "loss")  # everything but the network and its optimiser


class Parts:
    """Wall-clock seconds of the parts of every step."""

    def __init__(self) -> None:
        self.found: defaultdict[str, list[float]] = defaultdict(list)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Time a part."""
        began = time.perf_counter()
        yield
        self.found[name].append(time.perf_counter() - began)

    def medians(self, warm_up: int, row: int) -> dict[str, float]:
        """Seconds per step of each part, the first steps left out: the median over rows of so many steps, of which the first may wait."""
        kept = {name: times[warm_up:] for name, times in self.found.items()}
        return {
            name: statistics.median(statistics.fmean(times[at : at + row]) for at in range(0, len(times), row))
            for name, times in kept.items()
        }


def pretraining_parts(width: int, loaders: int, quick: bool) -> dict[str, float]:
    """Seconds of the parts of a pre-training step on one thread; the loss includes its backward pass to the embeddings.

    The step is that of :meth:`eelib.train.pretrain.Pretraining.training_step`, taken apart at the embeddings: the loss goes back as far as
    them, then the network from there. With loaders, data and views are what is waited for.
    """
    import torch

    from eelib.train.loaders import IN_A_ROW
    from eelib.train.objectives.contrast import Embedded, embed

    torch.set_num_threads(1)
    module, stream = make_pretraining(2 if quick else width, 4 if quick else 64, loaders=loaders)
    objective, parts = module.objective, Parts()
    optimiser = module.configure_optimizers()["optimizer"]
    warm_up, steps = (0, 2) if quick else (IN_A_ROW, IN_A_ROW * (8 if width < 64 else 2))
    for _ in range(warm_up + steps):
        with parts.of("data and views"):
            a, b, generator = next(stream)
        with parts.of("forward"):
            ends = embed(module.encoder, objective.heads, a, b)
        with parts.of("loss"):
            cut: list[Embedded] = [replace(end, terms={"dense": end.terms["dense"].detach().requires_grad_()}) for end in ends]
            objective._compare(*cut, a, b, generator).backward()
        with parts.of("backward"):
            optimiser.zero_grad()
            torch.autograd.backward([end.terms["dense"] for end in ends], [end.terms["dense"].grad for end in cut])
        with parts.of("optimiser"):
            optimiser.step()
    return parts.medians(warm_up, IN_A_ROW)
