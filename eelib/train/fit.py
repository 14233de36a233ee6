"""The one training loop: Lightning's trainer, resumable at a step, quiet, and the same bits every time on a CPU."""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import lightning as pl
import torch
import torch.distributed as dist
from lightning.pytorch.strategies import DDPStrategy
from torch import nn

from eelib.errors import InputError
from eelib.losses.gather import is_distributed
from eelib.train import CHECKPOINT
from eelib.train.compiled import compiled
from eelib.train.flat_adamw import apart
from eelib.train.loaders import given_loaders
from eelib.train.prefetch import Prefetcher, Prepares, Steps
from eelib.train.ranks import world

Progress = Callable[[float], None]


@runtime_checkable
class HasNetworks(Protocol):
    """A module that names what of it is worth compiling."""

    def networks(self) -> Sequence[nn.Module]:
        """Encoders, which take most of a step and batches of one shape."""
        ...


def fit(module: pl.LightningModule, batches: Steps[Any], steps: int, folder: Path, progress: Progress, every: int = 50) -> None:
    """Train for a number of optimiser steps, going on from ``folder/step.ckpt`` where there is one.

    Under torchrun all ranks train together, each on its part of every batch. The checkpoint of the last step stays, so that nothing is
    trained again if what follows fails: whoever has kept the result removes it.

    Args:
        module: What to train; draws randomness from :func:`step_generator` alone, with ``self.global_step`` or the step of ``prepare``.
        batches: Where batches come from; made ahead of the step where ``$EELIB_LOADERS`` gives threads for that.
        steps: Optimiser steps in all, those before a resume included.
        folder: Holds the step checkpoint.
        progress: Called with the share done, from 0 to 1.
        every: Steps between checkpoints.

    Raises:
        InputError: The loss became NaN or infinite, or the checkpoint or a batch cannot be read.
    """
    path = folder / CHECKPOINT
    batches.start = _steps_done(path)
    if batches.start >= steps:
        _restore(module, path)
        progress(1)
        return
    _quiet()
    trainer = pl.Trainer(
        max_steps=steps,
        accelerator="auto",
        **_devices(),
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[_Watch(path, steps, every, progress)],
    )
    prefetcher = Prefetcher(batches, module.prepare if isinstance(module, Prepares) else None, given_loaders() or 0, steps)
    with closing(prefetcher), compiled(module.networks() if isinstance(module, HasNetworks) else (), steps - batches.start):
        trainer.fit(module, prefetcher, ckpt_path=path if batches.start else None, weights_only=False)
    apart(module)
    if is_distributed():
        dist.destroy_process_group()  # whatever follows is each rank's own


def _devices() -> dict[str, Any]:
    """Lightning's options for one device, or for all those that torchrun gave a process."""
    if world() == 1:
        return {"devices": 1}
    here = int(os.environ["LOCAL_WORLD_SIZE"])
    # Some weights take no part in a method; buffers follow from gathered rows and synchronised batch norms, which torch has on GPUs alone.
    strategy = DDPStrategy(find_unused_parameters=True, broadcast_buffers=False)
    return {"devices": here, "num_nodes": world() // here, "strategy": strategy, "sync_batchnorm": torch.cuda.is_available()}


def _steps_done(path: Path) -> int:
    return int(_read(path)["global_step"]) if path.exists() else 0


def _restore(module: pl.LightningModule, path: Path) -> None:
    """What a finished training left; there is no step to take, so no trainer is needed."""
    checkpoint = _read(path)
    module.on_load_checkpoint(checkpoint)
    module.load_state_dict(checkpoint["state_dict"])


def _read(path: Path) -> dict[str, Any]:
    try:
        checkpoint: dict[str, Any] = torch.load(path, weights_only=False, map_location="cpu")
        return checkpoint | {"global_step": int(checkpoint["global_step"])}
    except Exception as error:
        raise InputError(f"{path}: this checkpoint cannot be read ({type(error).__name__}); delete it to start the arm again") from error


class _Watch(pl.Callback):
    """Saves a checkpoint atomically every few steps and at the last, reports progress, and stops at the first loss that is not finite."""

    def __init__(self, path: Path, steps: int, every: int, progress: Progress) -> None:
        self.path, self.steps, self.every, self.progress = path, steps, every, progress

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int) -> None:  # noqa: ANN401
        step = trainer.global_step
        if not torch.isfinite(outputs["loss"]):
            raise InputError(
                f"{type(pl_module).__name__}: the loss is {float(outputs['loss'])} at step {step}; lower lr or check the input"
            )
        if step % self.every == 0 or step == self.steps:
            partial = self.path.with_suffix(".partial")
            trainer.save_checkpoint(partial)
            if trainer.is_global_zero:
                partial.replace(self.path)
        self.progress(step / self.steps)


def cosine_with_warmup(steps: int, warmup: float = 0.05) -> Callable[[int], float]:
    """Factor on the peak learning rate: linear warm-up over a share of all steps, then a cosine to 0."""
    rise = max(1, round(warmup * steps))

    def factor(step: int) -> float:
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))

    return factor


def schedule(optimiser: torch.optim.Optimizer, steps: int) -> dict[str, Any]:
    """Lightning's description of an optimiser with :func:`cosine_with_warmup` per step."""
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, cosine_with_warmup(steps))
    return {"optimizer": optimiser, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def seeded(seed: int, make: Callable[[], nn.Module]) -> nn.Module:
    """Call ``make`` with torch's global generator set to ``seed``, and leave the generator as it was: layers initialise from it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def _quiet() -> None:
    """Lightning's advice about loaders and devices is right in general and noise for hundreds of short runs."""
    connectors = "lightning.pytorch.trainer.connectors.checkpoint_connector"
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.accelerators.cuda", connectors):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning.*")
