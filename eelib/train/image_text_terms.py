"""The terms of docs/clip_benchmark.md#terms on encoded views and texts, and their needs. Those of weight 0 are neither computed nor fed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

import torch
import torch.distributed as dist
from torch import Tensor, nn

from eelib.errors import InputError
from eelib.losses import FeatureBank, filip_loss, info_nce, masked_language_loss, nearest_neighbour_clip, nt_xent, simsiam
from eelib.losses.gather import is_distributed
from eelib.losses.masked_language import IGNORE
from eelib.models.image_output import ImageOutput
from eelib.models.image_text_heads import SimCLRHead, SimSiamHead
from eelib.models.image_text_model import ImageTextModel
from eelib.models.text import TextOutput
from eelib.settings_pairs import TERMS, MethodSettings

TILE = 16  # images and texts that the token-wise loss compares at a time
LARGEST = 1 << 28  # cosines of tokens, a gigabyte: beyond it the loss works on tiles


@dataclass(frozen=True)
class Encoded:
    """One batch after the encoders.

    Attributes:
        images: Output per view number; only views that a term needs.
        texts: Output per text, in the order of ``method.texts``; only those that a term needs.
        masked: Output of the masked captions, or None without term 2; the same object as in ``texts`` where masked captions are among them.
        targets: ``(B, L)`` ids to predict, -100 elsewhere; None without term 2.
    """

    images: Mapping[int, ImageOutput]
    texts: tuple[TextOutput, ...]
    masked: TextOutput | None = None
    targets: Tensor | None = None


def active_terms(method: MethodSettings) -> tuple[str, ...]:
    """Names of the terms that have weight."""
    return tuple(term for term in TERMS if getattr(method.weights, term))


def needed_views(method: MethodSettings) -> tuple[int, ...]:
    """Numbers of the image views that some term with weight reads, ascending."""
    weights = method.weights
    meeting = method.contrast_views if weights.multi_view or weights.neighbours else method.contrast_views[:1]
    views = {*(meeting if method.met_texts else ()), *(method.image_views if weights.image else ())}
    return tuple(sorted(views))


def needed_texts(method: MethodSettings) -> tuple[str, ...]:
    """Treatments of the texts that meet images in some term with weight, in order; captions masked for term 2 alone are not among them."""
    return method.met_texts


class Terms(nn.Module):
    """Heads, bank and formulas of a method's terms; with a process group every loss gathers the rows of all ranks (details 1 and 30).

    Args:
        method: Weights and choices.
        model: Encoders whose sizes the heads follow; not kept.
    """

    def __init__(self, method: MethodSettings, model: ImageTextModel) -> None:
        super().__init__()
        self.method = method
        weights, sizes = method.weights, method.heads
        embed_dim: int = model.image.embed_dim  # type: ignore[assignment]
        if weights.image and method.image_term == "simclr":
            self.image_head: nn.Module = SimCLRHead(model.image.feature_dim, sizes.simclr_width, sizes.simclr_dim)  # type: ignore[arg-type]
        elif weights.image:
            self.image_head = SimSiamHead(embed_dim, sizes.simsiam_width, sizes.simsiam_hidden)
        if weights.text:
            self.text_head = nn.Linear(model.text.width, model.text.vocabulary)  # type: ignore[arg-type]
        if weights.neighbours:
            self.bank = FeatureBank(sizes.bank, embed_dim)

    def forward(self, model: ImageTextModel, encoded: Encoded) -> dict[str, Tensor]:
        """Value of every term with weight, by name.

        Raises:
            InputError: A term is not finite; names it.
        """
        formulas: dict[str, Callable[[ImageTextModel, Encoded], Tensor]] = {
            "clip": self._clip,
            "multi_view": self._multi_view,
            "image": self._image,
            "text": self._text,
            "neighbours": self._neighbours,
            "tokens": self._tokens,
        }
        return {term: _finite(term, formulas[term], model, encoded) for term in active_terms(self.method)}

    def total(self, values: Mapping[str, Tensor]) -> Tensor:
        """Weighted sum."""
        return torch.stack([getattr(self.method.weights, term) * value for term, value in values.items()]).sum()

    def _globals(self, encoded: Encoded) -> tuple[list[Tensor], list[Tensor]]:
        images = [encoded.images[view].global_ for view in self.method.contrast_views if view in encoded.images]
        return images, [text.global_ for text in encoded.texts]

    def _clip(self, model: ImageTextModel, encoded: Encoded) -> Tensor:
        images, texts = self._globals(encoded)
        return info_nce(images[0], texts[0], model.scale(), gather=True)

    def _multi_view(self, model: ImageTextModel, encoded: Encoded) -> Tensor:
        further = list(product(*self._globals(encoded)))[1:]
        return torch.stack([info_nce(image, text, model.scale(), gather=True) for image, text in further]).mean()

    def _image(self, model: ImageTextModel, encoded: Encoded) -> Tensor:
        one, other = (encoded.images[view] for view in self.method.image_views)
        if self.method.image_term == "simclr":
            return nt_xent(self.image_head(one.feature), self.image_head(other.feature), self.method.image_temperature, gather=True)
        (p1, z1), (p2, z2) = self.image_head(one.global_), self.image_head(other.global_)
        return simsiam(p1, p2, z1, z2)

    def _text(self, model: ImageTextModel, encoded: Encoded) -> Tensor:
        """Logits of the selected tokens alone: those of all tokens of a batch over 49 409 ids would fill a gigabyte."""
        assert encoded.masked is not None and encoded.targets is not None
        selected = encoded.targets != IGNORE
        logits = self.text_head(encoded.masked.words[selected])
        return masked_language_loss(logits[None], encoded.targets[selected][None], gather=True).to(model.log_scale.dtype)

    def _neighbours(self, model: ImageTextModel, encoded: Encoded) -> Tensor:
        images, texts = self._globals(encoded)
        return nearest_neighbour_clip(images, texts, self.bank, model.scale(), warm_up=self.method.bank_warm_up, gather=True)

    def _tokens(self, model: ImageTextModel, encoded: Encoded) -> Tensor:
        text = encoded.texts[0]
        patches, words = model.project_tokens(encoded.images[self.method.contrast_views[0]], text)
        k = self.method.select_k
        if self.method.select == "topk":  # small encoders have fewer tokens than the published 16
            k = min(k, patches.shape[1], words.shape[1])
        keep = None if self.method.count_pads else text.keep
        pairs = len(patches) * len(words) * (dist.get_world_size() if is_distributed() else 1)
        chunk = TILE if pairs * patches.shape[1] * words.shape[1] > LARGEST else None
        return filip_loss(patches, words, model.token_scale(), word_mask=keep, select=self.method.select, k=k, chunk=chunk, gather=True)


def _finite(term: str, formula: Callable[[ImageTextModel, Encoded], Tensor], model: ImageTextModel, encoded: Encoded) -> Tensor:
    try:
        value = formula(model, encoded)
    except InputError as error:
        raise InputError(f"term '{term}': {error}") from error
    if not torch.isfinite(value):
        raise InputError(f"term '{term}' is {float(value)}")
    return value
