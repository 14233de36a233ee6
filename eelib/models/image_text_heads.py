"""Heads that only training needs; each is built where its term has weight (detail 32 of docs/clip_benchmark.md)."""

from __future__ import annotations

from torch import Tensor, nn


class SimCLRHead(nn.Module):
    """SLIP's head on the image feature: two hidden layers with batch norm, no norm at the end.

    Args:
        dim: Channels of the feature.
        width: Of the hidden layers; 4096 as published.
        out: Of the embedding; 256 as published.
    """

    def __init__(self, dim: int, width: int, out: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_layer(dim, width), *_layer(width, width), nn.Linear(width, out))

    def forward(self, feature: Tensor) -> Tensor:
        """``(B, dim)`` to ``(B, out)``."""
        embedded: Tensor = self.layers(feature)
        return embedded


class SimSiamHead(nn.Module):
    """DeCLIP's projector and predictor on the embedding shared with text (detail 29 of docs/clip_benchmark.md).

    Args:
        dim: Channels of the shared embedding.
        width: Of the projector; 1024 as published.
        hidden: Of the predictor; 512 as published.
    """

    def __init__(self, dim: int, width: int, hidden: int) -> None:
        super().__init__()
        last = (nn.Linear(width, width), nn.BatchNorm1d(width))
        self.projector = nn.Sequential(*_layer(dim, width), *_layer(width, width), *last)
        self.predictor = nn.Sequential(*_layer(width, hidden), nn.Linear(hidden, width))

    def forward(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        """``(B, dim)`` to prediction and projection, both ``(B, width)``."""
        projection = self.projector(embedding)
        return self.predictor(projection), projection


def _layer(dim: int, width: int) -> tuple[nn.Module, ...]:
    return nn.Linear(dim, width), nn.BatchNorm1d(width), nn.ReLU(inplace=True)
