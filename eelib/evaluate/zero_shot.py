"""Zero-shot classification by prompts, as in github.com/Sense-GVT/DeCLIP, by global and by token-wise similarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from eelib.data.pairs.prompts import filled
from eelib.errors import InputError
from eelib.evaluate.embed import Embedder, TextEmbedding
from eelib.losses import filip_similarity

CHUNK = 64  # images worked on at a time in token-wise similarities


def class_texts(embedder: Embedder, templates: Sequence[str], classes: Sequence[str]) -> list[TextEmbedding]:
    """Embeddings of the prompts of every class; each of ``M`` prompts.

    Raises:
        InputError: No classes, or a template without a placeholder.
    """
    if not classes:
        raise InputError("the data have no classes: there is nothing to tell apart without examples")
    return [embedder.texts(prompts) for prompts in filled(templates, classes)]


def class_embeddings(texts: Sequence[TextEmbedding]) -> Tensor:
    """``(K, D)`` of length 1: per class the prompts are normalised, averaged, and the mean normalised."""
    return F.normalize(torch.stack([F.normalize(text.global_, dim=1).mean(0) for text in texts]), dim=1)


def global_scores(images: Tensor, texts: Sequence[TextEmbedding]) -> Tensor:
    """Cosines ``(N, K)`` of images ``(N, D)`` with classes."""
    return F.normalize(images, dim=1) @ class_embeddings(texts).T


def token_scores(patches: Tensor, texts: Sequence[TextEmbedding], ensemble: Literal["similarities", "tokens"] = "similarities") -> Tensor:
    """FILIP's image-to-text scores ``(N, K)`` (detail 17 of docs/clip_benchmark.md).

    Args:
        patches: ``(N, P, D)`` of the token-wise space.
        texts: Per class.
        ensemble: ``similarities``: mean over prompts of the similarity to each, pads left out; ``tokens``: as released, normalised words
            are averaged position by position, pads included, which mixes words that do not belong together.

    Raises:
        InputError: The model has no token-wise space.
    """
    columns = []
    for text in texts:
        if text.words is None or text.keep is None:
            raise InputError("this model has no token-wise space: score it by global similarity")
        if ensemble == "tokens":
            columns.append(_position_wise(patches, text.words))
        else:
            keep = text.keep if text.mask_pads else None
            columns.append(token_similarity(patches, text.words, keep)[0].mean(1))
    return torch.stack(columns, 1)


def token_similarity(patches: Tensor, words: Tensor, keep: Tensor | None) -> tuple[Tensor, Tensor]:
    """Both token-wise similarities ``(N, C)`` of images and texts, over all tokens."""
    parts = [filip_similarity(part, words, word_mask=keep, chunk=CHUNK) for part in torch.split(patches, CHUNK)]
    return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])


def _position_wise(patches: Tensor, words: Tensor) -> Tensor:
    """Released: the mean word matrix divided by its Frobenius norm; mean over patches of the best word."""
    mean = F.normalize(words, dim=2).mean(0)
    best = torch.einsum("npd,ld->npl", F.normalize(patches, dim=2), mean / mean.norm()).amax(2)
    return best.mean(1)
