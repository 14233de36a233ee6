"""Small layers on top of an encoder: the projection of pre-training and the classifier of segmentation."""

from __future__ import annotations

from torch import Tensor, nn


class ProjectionHead(nn.Sequential):
    """Per-pixel multi-layer projection: ``depth - 1`` times (1x1 conv, batch norm, ReLU), then a 1x1 conv (docs/method.md#network, B).

    Args:
        inputs: Channels of the feature map.
        embed_dim: Channels of the embedding ``D``.
        depth: Number of 1x1 convolutions; 1 is a plain linear projection.
        hidden: Channels between them; ``inputs`` where None.
        norm: End in a batch norm.
    """

    def __init__(self, inputs: int, embed_dim: int = 64, depth: int = 2, hidden: int | None = None, norm: bool = True) -> None:
        layers: list[nn.Module] = []
        for _ in range(depth - 1):
            layers += [nn.Conv2d(inputs, hidden or inputs, 1), nn.BatchNorm2d(hidden or inputs), nn.ReLU()]
            inputs = hidden or inputs
        # Centred outputs: without the last batch norm all embeddings of a fresh network point the same way, and most of a short
        # pre-training is spent on turning them apart.
        last = [nn.BatchNorm2d(embed_dim, affine=False)] if norm else []
        super().__init__(*layers, nn.Conv2d(inputs, embed_dim, 1), *last)


class SegmentationModel(nn.Module):
    """An encoder and one linear layer per pixel.

    Args:
        encoder: ``(B, T, C, H, W), (B, T) -> (B, D, H, W)`` with an attribute ``embed_dim``.
        num_classes: Number of classes ``K``.
    """

    def __init__(self, encoder: nn.Module, num_classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Conv2d(int(encoder.embed_dim), num_classes, 1)  # type: ignore[arg-type]

    def forward(self, series: Tensor, dates: Tensor) -> Tensor:
        """Class scores ``(B, K, H, W)`` of a series ``(B, T, C, H, W)`` with days of year ``(B, T)``."""
        scores: Tensor = self.head(self.encoder(series, dates))
        return scores
