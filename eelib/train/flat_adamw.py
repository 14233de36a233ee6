"""AdamW over all weights as one vector: small networks spend more time on calling it for each weight than on the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

ALIGNED = 16  # weights start at multiples of so many numbers, as if each had memory of its own: kernels may round by where it starts


class FlatAdamW(torch.optim.AdamW):
    """:class:`torch.optim.AdamW` for weights of one type on one device, the same bits as weight by weight.

    The weights and their gradients become parts of the memory of two vectors, each in its own layout; :func:`apart` undoes that. A weight
    that a step does not use has the gradient 0 there.

    Args:
        weights: What to train.
        options: Those of AdamW, which hold for all weights.
    """

    def __init__(self, weights: Iterable[nn.Parameter], **options: Any) -> None:  # noqa: ANN401
        self.weights = list(weights)
        vector = self.weights[0].new_zeros(sum(_room(weight) for weight in self.weights))
        gradient, start = torch.zeros_like(vector), 0
        self.gradients: list[Tensor] = []
        for weight in self.weights:
            layout = weight.shape, weight.stride(), start
            weight.data = vector.as_strided(*layout).copy_(weight.data)
            weight.grad = gradient.as_strided(*layout)
            self.gradients.append(weight.grad)
            start += _room(weight)
        self.vector = nn.Parameter(vector)
        self.vector.grad = gradient
        super().__init__([self.vector], **options)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all weights to 0 in one call; they stay there, or go back if the module has taken them away."""
        super().zero_grad(set_to_none=False)
        for weight, own in zip(self.weights, self.gradients, strict=True):
            if weight.grad is not own:
                weight.grad = own

    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # noqa: ANN401
        """One step; ``closure`` computes the gradients first.

        Raises:
            RuntimeError: A weight's gradient is no longer part of the vector.
        """
        with torch.enable_grad():
            loss = closure() if closure else None
        if any(weight.grad is not own for weight, own in zip(self.weights, self.gradients, strict=True)):
            raise RuntimeError(
                "a weight has another gradient than the optimiser's: clear gradients with the optimiser, before they are computed"
            )
        super().step()
        return loss


def apart(module: nn.Module) -> None:
    """Give every weight memory of its own again and drop its gradient, so that to keep some is not to keep all."""
    for weight in module.parameters():
        weight.data, weight.grad = weight.data.clone(), None


def _room(weight: Tensor) -> int:
    return -(-weight.numel() // ALIGNED) * ALIGNED
