"""What a training costs in weights and memory, counted rather than measured, so that it is the same in every run."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from eelib.train.image_text import ImageText


def parameter_counts(module: ImageText) -> dict[str, int]:
    """Weights of the parts; what the token embedding holds is part of ``text``."""
    parts = {"image": module.model.image, "text": module.model.text, "text_embedding": module.model.text.embedding}
    counts = {name: _count(part) for name, part in parts.items()}
    total = _count(module)
    return counts | {"heads": total - counts["image"] - counts["text"], "total": total}


def weight_bytes(module: nn.Module) -> int:
    """Bytes of weights and buffers."""
    return sum(part.numel() * part.element_size() for part in [*module.parameters(), *module.buffers()])


def optimiser_bytes(module: nn.Module) -> int:
    """Bytes of gradients and of both moments of AdamW."""
    return sum(3 * weight.numel() * weight.element_size() for weight in module.parameters() if weight.requires_grad)


def activation_bytes(module: ImageText, batch: dict[str, Any]) -> int:
    """Bytes that autograd keeps between the forward and the backward pass of one batch, weights left out.

    A copy of the module is run on the CPU, so that neither batch norms nor the bank of the module change.
    """
    trial = copy.deepcopy(module).train()
    # All are held, so that no address is used again: what is counted would depend on the allocator.
    own = [part.detach() for part in [*trial.parameters(), *trial.buffers()]]
    saved: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        saved.append(tensor.detach())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        trial.terms.total(trial.terms(trial.model, trial.encode(batch)))
    weights, storages = {part.data_ptr() for part in own}, [tensor.untyped_storage() for tensor in saved]
    kept = {storage.data_ptr(): storage.nbytes() for storage in storages if storage.data_ptr() not in weights}
    return sum(kept.values())


def _count(part: Any) -> int:  # noqa: ANN401 - submodules are typed as tensor or module
    return sum(weight.numel() for weight in part.parameters())
