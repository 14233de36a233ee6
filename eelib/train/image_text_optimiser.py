"""AdamW of the image-text study: which weights decay, and the learning rate at each step (docs/clip_benchmark.md#recipes)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from eelib.settings_pairs import PairRecipe

BETAS, EPS = (0.9, 0.98), 1e-8
EMBEDDINGS = ("positions", "class_token", "embedding.weight")  # how names of position, class and token embeddings end


def make_optimiser(module: nn.Module, recipe: PairRecipe) -> dict[str, Any]:
    """Lightning's description of AdamW with its schedule per step."""
    decayed, free = decay_groups(module, recipe.decay_embeddings)
    groups = [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": free, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=recipe.lr, betas=BETAS, eps=EPS, fused=True)  # one kernel; small models wait for many
    factor = warmup_cosine(recipe.steps, round(recipe.warmup * recipe.steps), recipe.lr_start)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    return {"optimizer": optimiser, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def decay_groups(module: nn.Module, decay_embeddings: bool) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Weights that decay and weights that do not (detail 25).

    Norms, biases and scales, which all have one axis or none, never decay. Position, class and token embeddings decay as in the released
    code with ``decay_embeddings``; a class token has one axis and is told by its name.
    """
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for name, weight in module.named_parameters():
        if not weight.requires_grad:
            continue
        embedding = name.endswith(EMBEDDINGS)
        (decayed if (decay_embeddings if embedding else weight.ndim > 1) else free).append(weight)
    return decayed, free


def warmup_cosine(steps: int, rise: int, start: float) -> Callable[[int], float]:
    """Factor on the peak learning rate: linear from ``start`` over ``rise`` steps, then a cosine that ends at 0.

    With iteration i = step + 1 and 2500 of 128 001 iterations of warm-up this is the published schedule: its start at i = 1, its peak at
    i = 2500, 0 at the last.

    Args:
        steps: In all.
        rise: Steps of the warm-up; 1 or less starts at the peak.
        start: Share of the peak at the first step.
    """

    def factor(step: int) -> float:
        if step + 1 < rise:
            return start + (1 - start) * step / (rise - 1)
        return 0.5 * (1 + math.cos(math.pi * (step + 1 - max(rise, 1)) / max(1, steps - max(rise, 1))))

    return factor
