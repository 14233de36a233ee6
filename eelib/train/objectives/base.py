"""The interface of all objectives, and what several of them share."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from eelib.losses import MatchedPixels, same_ground
from eelib.models import ProjectionHead

if TYPE_CHECKING:
    from eelib.data.views import Sample
    from eelib.settings import PretrainSettings

Two = tuple[Tensor, Tensor]


class Objective(nn.Module):
    """A loss on two standardised views, with the heads that it needs and that are thrown away afterwards.

    Args:
        encoder: Series to dense features, with ``embed_dim``. It is not kept here: who trains it passes it to every call.
        settings: The recipe.
        bands: Spectral bands ``C`` of the input.

    Attributes:
        on_ranks: Whether it sees the rows of all ranks, so that a training on several devices is that of one with the joined batch.
    """

    on_ranks = False

    def __init__(self, encoder: nn.Module, settings: PretrainSettings, bands: int) -> None:
        super().__init__()
        self.settings = settings

    def loss(self, encoder: nn.Module, a: Sample, b: Sample, generator: torch.Generator) -> Tensor:
        """Scalar loss of two views of a batch; every draw comes from the generator."""
        raise NotImplementedError

    def matched(self, encoder: nn.Module, a: Sample, b: Sample, generator: torch.Generator) -> Two:
        """Rows ``(N, D)`` of both views that should agree, for the monitors; here the projected pixels of the same ground."""
        z_a, z_b = self.project(*encode_both(encoder, a, b))
        return self.pairs(a, b, generator).rows(z_a, z_b)

    def project(self, features_a: Tensor, features_b: Tensor) -> Two:
        """Maps ``(B, D, h, w)`` that the monitors look at."""
        raise NotImplementedError

    def pairs(self, a: Sample, b: Sample, generator: torch.Generator) -> MatchedPixels:
        """Pixels that show the same ground."""
        return same_ground(a["index"], b["index"], self.settings.anchors, generator)


class MomentumBranch(nn.Module):
    """A slow copy of some networks: its weights are a running average of theirs and get no gradient.

    It is part of the module's state, so that a checkpoint holds it. Running statistics of batch norms are its own.

    Args:
        networks: What to copy.
        momentum: Share of the average that a step keeps.
    """

    def __init__(self, networks: list[nn.Module], momentum: float) -> None:
        super().__init__()
        self.copies = nn.ModuleList(copy.deepcopy(network) for network in networks).requires_grad_(False)
        self.momentum = momentum

    @torch.no_grad()
    def follow(self, networks: list[nn.Module]) -> None:
        """One step of the average towards the networks as they are."""
        for slow, fast in zip(self.copies, networks, strict=True):
            for average, weight in zip(slow.parameters(), fast.parameters(), strict=True):
                average.lerp_(weight, 1 - self.momentum)


def projection(encoder: nn.Module, settings: PretrainSettings) -> ProjectionHead:
    """The projection head that settings describe."""
    inputs = int(encoder.embed_dim)  # type: ignore[arg-type]
    return ProjectionHead(inputs, settings.embed_dim, settings.head_depth, settings.head_width, norm=settings.head_norm)


def encode_both(encoder: nn.Module, a: Sample, b: Sample) -> Two:
    """Features of two views of equal shape from one pass: batch norm sees both, and small networks take far less time than in two."""
    return both(encoder, (a["image"], b["image"]), (a["dates"], b["dates"]))


def both(network: Callable[..., Tensor], *inputs: Two) -> Two:
    """A network on two views in one pass; every input is a pair of tensors."""
    joined = network(*(torch.cat(pair) for pair in inputs))
    first, second = joined.chunk(2)
    return first, second
