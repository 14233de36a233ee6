"""Frozen embeddings of images and texts, of our models and of open_clip's, behind one interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from eelib.data.image_augment import evaluation_view
from eelib.data.pairs.containers import Pairs
from eelib.data.tokens import Tokenizer
from eelib.models.image_text_model import ImageTextModel

BATCH = 200


class ImageEmbedding(NamedTuple):
    """``N`` images.

    Attributes:
        global_: ``(N, D)``, not normalised.
        feature: ``(N, F)``, what probes read.
        patches: ``(N, P, E)`` of the token-wise space, None where the model has none.
    """

    global_: Tensor
    feature: Tensor
    patches: Tensor | None


class TextEmbedding(NamedTuple):
    """``M`` texts.

    Attributes:
        global_: ``(M, D)``, not normalised.
        words: ``(M, L, E)`` of the token-wise space, None where the model has none.
        keep: ``(M, L)`` bool, False at pads.
        mask_pads: Whether the model was trained with pads left out.
    """

    global_: Tensor
    words: Tensor | None
    keep: Tensor | None
    mask_pads: bool = True


class Embedder(Protocol):
    """What evaluation needs of a model."""

    def images(self, pairs: Pairs) -> ImageEmbedding:
        """Embed all images."""
        ...

    def texts(self, texts: Sequence[str]) -> TextEmbedding:
        """Embed texts."""
        ...


class OurEmbedder:
    """A model trained here.

    Args:
        model: In any mode; it is set to evaluation.
        tokenizer: The one that it was trained with.
        mask_pads: Whether pads were left out of its token-wise term.
        margin: Short side over the centre crop that is looked at.
    """

    def __init__(self, model: ImageTextModel, tokenizer: Tokenizer, *, mask_pads: bool = True, margin: float = 1.0) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model, self.tokenizer = model.eval().to(self.device), tokenizer
        self.mask_pads, self.margin = mask_pads, margin

    @torch.inference_mode()
    def images(self, pairs: Pairs) -> ImageEmbedding:
        """Embed all images."""
        parts = []
        for start in range(0, len(pairs), BATCH):
            images = torch.from_numpy(pairs.image(range(start, min(start + BATCH, len(pairs))))).to(self.device)
            if self.margin > 1:
                images = evaluation_view(images, images.shape[2], self.margin)
            output = self.model.encode_image(images)
            patches = self.model.patch_project(output.tokens).cpu() if self.model.patch_project is not None else None
            parts.append(ImageEmbedding(output.global_.cpu(), output.feature.cpu(), patches))
        patches = torch.cat([part.patches for part in parts if part.patches is not None]) if self.model.has_tokens else None
        return ImageEmbedding(torch.cat([part.global_ for part in parts]), torch.cat([part.feature for part in parts]), patches)

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> TextEmbedding:
        """Embed texts; those over the context are cut, as in training."""
        tokens = self.tokenizer.encode(texts)
        parts = []
        for start in range(0, len(texts), BATCH):
            ids, eot = (torch.from_numpy(part[start : start + BATCH]).to(self.device) for part in (tokens.ids, tokens.eot))
            output = self.model.encode_text(ids, eot)
            words = self.model.word_project(output.words).cpu() if self.model.word_project is not None else None
            parts.append(TextEmbedding(output.global_.cpu(), words, output.keep.cpu()))
        words = torch.cat([part.words for part in parts if part.words is not None]) if self.model.has_tokens else None
        keep = torch.cat([part.keep for part in parts if part.keep is not None])
        return TextEmbedding(torch.cat([part.global_ for part in parts]), words, keep, self.mask_pads)
