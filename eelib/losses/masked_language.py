"""Masked language modelling on the words of the text encoder."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

from eelib.errors import InputError
from eelib.losses.checks import check_finite, full_precision, widened
from eelib.losses.gather import is_distributed

IGNORE = -100
"""Target of a token that is not to be predicted."""


def mask_tokens(
    tokens: Tensor,
    generator: torch.Generator,
    *,
    mask_id: int,
    special: Sequence[int],
    ordinary: range,
    rate: float = 0.15,
    mask_share: float = 0.8,
    random_share: float = 0.1,
) -> tuple[Tensor, Tensor]:
    """Hide tokens at random, as in BERT (detail 6 of docs/clip_benchmark.md).

    Args:
        tokens: ``(N, L)`` int64; not changed.
        generator: Source of the draws, which depend on nothing else.
        mask_id: Id of the mask token; this and the two next are ``mask_id``, ``special`` and ``ordinary`` of the tokenizer.
        special: Ids that are never selected: pad, mask, start and end of text.
        ordinary: Ids that a random replacement is drawn from.
        rate: Probability that a token that is not special is selected.
        mask_share: Share of the selected that become the mask token.
        random_share: Share of the selected that become a random ordinary token; the others stay as they are.

    Returns:
        Tokens with replacements and targets, both ``(N, L)``; a target is the original id where selected, −100 elsewhere.

    Raises:
        InputError: Tokens of the wrong type or shape, shares outside [0, 1], or no ordinary token.
    """
    if tokens.ndim != 2 or tokens.dtype != torch.int64:
        raise InputError(f"tokens must be int64 (N, L), got {tokens.dtype} {tuple(tokens.shape)}")
    if not (0 <= rate <= 1 and mask_share >= 0 and random_share >= 0 and mask_share + random_share <= 1):
        raise InputError(f"rate={rate} and the shares {mask_share} and {random_share} must lie in [0, 1], the shares together too")
    if len(ordinary) == 0:
        raise InputError("ordinary holds no token to draw from")
    chance, kind = (torch.rand(tokens.shape, generator=generator, device=generator.device).to(tokens.device) for _ in range(2))
    drawn = torch.randint(len(ordinary), tokens.shape, generator=generator, device=generator.device).to(tokens.device)
    selected = (chance < rate) & ~torch.isin(tokens, tokens.new_tensor(list(special)))
    masked = torch.where(selected & (kind < mask_share), mask_id, tokens)
    replaced = selected & (kind >= mask_share) & (kind < mask_share + random_share)
    masked = torch.where(replaced, ordinary.start + ordinary.step * drawn, masked)
    return masked, torch.where(selected, tokens, IGNORE)


@full_precision
def masked_language_loss(logits: Tensor, targets: Tensor, *, gather: bool = False) -> Tensor:
    """Mean cross-entropy over the selected tokens; 0 with zero gradients where none is selected (detail 7 of docs/clip_benchmark.md).

    Args:
        logits: ``(N, L, V)``.
        targets: ``(N, L)`` ids below V, −100 where nothing is to be predicted.
        gather: Divide by the mean count per rank instead of the own one, so that the mean over ranks is the loss of one process.

    Returns:
        Scalar, at least 0.

    Raises:
        InputError: Shapes do not match, a target outside the vocabulary, or logits that are not finite.
    """
    if logits.ndim != 3 or logits.shape[:2] != targets.shape:
        raise InputError(f"logits and targets must be (N, L, V) and (N, L), got {tuple(logits.shape)} and {tuple(targets.shape)}")
    selected = targets != IGNORE
    wanted = targets[selected]
    if ((wanted < 0) | (wanted >= logits.shape[2])).any():
        raise InputError(f"targets hold an id outside the vocabulary of logits: 0 to {logits.shape[2] - 1}, or {IGNORE} to ignore")
    check_finite(logits=logits)
    total = F.cross_entropy(widened(logits[selected]), wanted, reduction="sum")
    return total / _count(selected, gather).clamp_(min=1e-9)


def _count(selected: Tensor, gather: bool) -> Tensor:
    count = selected.sum().double()
    if gather and is_distributed():
        dist.all_reduce(count)
        count = count / dist.get_world_size()
    return count
