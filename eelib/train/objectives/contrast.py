"""Contrast, with every choice a parameter: dense or pooled, positives by ground or by feature, shared or momentum branch, queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.losses import FeatureBank, dense_info_nce, most_similar, nt_xent, query_info_nce
from eelib.train.objectives.base import MomentumBranch, Objective, Two, both, encode_both, projection
from eelib.train.ranks import world

if TYPE_CHECKING:
    from eelib.data.views import Sample
    from eelib.settings import PretrainSettings


WHOLE = {"cpu": 1024, "cuda": 16_384}  # up to this many rows the whole similarity matrix is held: 4 MB in a cache, 1 GB on a GPU
TILE = {"cpu": 512, "cuda": 4096}  # side of its tiles beyond


@dataclass(frozen=True)
class Embedded:
    """One view after a branch: backbone features and the embedding of each term, ``dense`` ``(B, D, h, w)`` or ``pooled`` ``(B, D)``."""

    features: Tensor
    terms: dict[str, Tensor]


class Contrast(Objective):
    """InfoNCE of pixels, of whole views, or of both (docs/method.md#loss; by feature: DenseCL, arXiv 2011.09157).

    With a shared branch both views look for each other. With a momentum branch the fast network's view looks for the slow network's
    other view, each view in turn, and keys of earlier steps may be the negatives.
    """

    def __init__(self, encoder: nn.Module, settings: PretrainSettings, bands: int) -> None:
        super().__init__(encoder, settings, bands)
        share = 1.0 if settings.positives == "pooled" else settings.global_weight
        self.weights = {name: weight for name, weight in (("dense", 1 - share), ("pooled", share)) if weight}
        self.heads = nn.ModuleDict({name: projection(encoder, settings) for name in self.weights})
        self.banks = nn.ModuleDict({name: FeatureBank(settings.queue, settings.embed_dim) for name in self.weights if settings.queue})
        self.slow = MomentumBranch([encoder, self.heads], settings.momentum) if settings.branch == "momentum" else None
        self.on_ranks = self.slow is None and not settings.queue

    def loss(self, encoder: nn.Module, a: Sample, b: Sample, generator: torch.Generator) -> Tensor:
        """Weighted sum of the dense and the pooled term."""
        fast_a, fast_b = embed(encoder, self.heads, a, b)
        if self.slow is None:
            return self._compare(fast_a, fast_b, a, b, generator)
        with torch.no_grad():
            self.slow.follow([encoder, self.heads])
            slow_a, slow_b = embed(self.slow.copies[0], self.slow.copies[1], a, b)
        loss = 0.5 * (self._compare(fast_a, slow_b, a, b, generator) + self._compare(fast_b, slow_a, b, a, generator))
        self._remember(slow_a, slow_b)
        return loss

    def matched(self, encoder: nn.Module, a: Sample, b: Sample, generator: torch.Generator) -> Two:
        """Projected pixels of the same ground, or projected views where only those are contrasted."""
        first, second = (embedded.terms for embedded in embed(encoder, self.heads, a, b))
        if "dense" in self.weights:
            return self.pairs(a, b, generator).rows(first["dense"], second["dense"])
        return first["pooled"], second["pooled"]

    def _compare(self, query: Embedded, key: Embedded, a: Sample, b: Sample, generator: torch.Generator) -> Tensor:
        """Both terms with view a as the one that looks; with a shared branch the other way round as well."""
        parts = {}
        if "dense" in self.weights:
            parts["dense"] = self._dense(query, key, a, b, generator)
        if "pooled" in self.weights:
            parts["pooled"] = self._pooled(query.terms["pooled"], key.terms["pooled"])
        if len(parts) == 1:  # its weight is 1
            return next(iter(parts.values()))
        return torch.stack([self.weights[name] * part for name, part in parts.items()]).sum()

    def _dense(self, query: Embedded, key: Embedded, a: Sample, b: Sample, generator: torch.Generator) -> Tensor:
        s = self.settings
        by_feature = s.positives == "feature"
        return dense_info_nce(
            query.terms["dense"],
            key.terms["dense"],
            a["index"],
            b["index"],
            temperature=s.temperature,
            anchors=s.anchors,
            generator=generator,
            negatives=s.negatives,
            guard_radius=s.guard_radius,
            chunk=_tile(s.anchors * len(query.features), query.features),
            gather=True,
            pairs=most_similar(query.features, key.features, s.anchors, generator) if by_feature else None,
            one_way=self.slow is not None,
            bank=self._bank("dense"),
            ground=a["ground"] if s.same_ground == "exclude" and "ground" in a else None,
        )

    def _pooled(self, query: Tensor, key: Tensor) -> Tensor:
        if self.slow is None:
            return nt_xent(query, key, self.settings.temperature, chunk=_tile(2 * len(query), query), gather=True)
        return query_info_nce(query, key, 1 / self.settings.temperature, bank=self._bank("pooled"), chunk=_tile(len(query), query))

    def _bank(self, name: str) -> Tensor | None:
        return self.banks[name].rows if name in self.banks else None  # type: ignore[return-value]

    def _remember(self, *views: Embedded) -> None:
        """Store the slow branch's keys; of a dense map the mean of its unit vectors, after DenseCL."""
        for name, bank in self.banks.items():
            for view in views:
                keys = F.normalize(view.terms[name], dim=1)
                bank.enqueue(keys.mean((2, 3)) if name == "dense" else keys)  # type: ignore[operator]


def _tile(rows: int, like: Tensor) -> int | None:
    kind = "cuda" if like.is_cuda else "cpu"
    return TILE[kind] if rows**2 * world() > WHOLE[kind] ** 2 else None  # the rows of all ranks are columns


def embed(encoder: nn.Module, heads: nn.Module, a: Sample, b: Sample) -> tuple[Embedded, Embedded]:
    """Features of both views and what each head makes of them."""
    features = encode_both(encoder, a, b)
    found: dict[str, Two] = {}
    for name, head in heads.named_children():
        if name == "pooled":
            first, second = both(head, (features[0].mean((2, 3), keepdim=True), features[1].mean((2, 3), keepdim=True)))
            found[name] = first.flatten(1), second.flatten(1)
        else:
            found[name] = both(head, features)
    first_view, second_view = ({name: pair[side] for name, pair in found.items()} for side in (0, 1))
    return Embedded(features[0], first_view), Embedded(features[1], second_view)
