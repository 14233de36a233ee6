"""FILIP: similarity of an image and a text from the best match of each of their tokens."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from eelib.errors import InputError, unknown
from eelib.losses.checks import as_scale, check_chunk, check_finite, full_precision, unit_rows, widened
from eelib.losses.gather import first_row, gather_rows, is_distributed
from eelib.losses.token_alignment import token_alignment

Select = Literal["all", "topk", "ratio"]


@full_precision
def filip_similarity(
    patches: Tensor,
    words: Tensor,
    *,
    patch_mask: Tensor | None = None,
    word_mask: Tensor | None = None,
    select: Select = "all",
    k: float = 16,
    chunk: int | None = None,
) -> tuple[Tensor, Tensor]:
    r"""Token-wise similarities of B images and C texts, before the scale (FILIP; details 15 and 16 of docs/clip_benchmark.md).

    With p and q of length 1, and means over all kept tokens:

        i2t_ij = mean_p max_{l ∈ S_j} p_ip·q_jl        t2i_ij = mean_l max_{p ∈ S_i} p_ip·q_jl

    S holds all kept tokens, or only those most similar to the own partner as a whole: patches by Σ_l p_ip·q_il, words by Σ_p p_ip·q_il.

    Args:
        patches: ``(B, P, D)``; normalised inside.
        words: ``(C, L, D)``; normalised inside.
        patch_mask: ``(B, P)`` bool, True = keep; None keeps all.
        word_mask: ``(C, L)`` bool; False for pads leaves them out everywhere, None counts them, as the released code does.
        select: Tokens that may be the best match: ``"all"``; ``"topk"``, the ``k`` highest (released: 16); ``"ratio"``, that share of the
            kept tokens of each sample, rounded up (the FILIP paper: about 0.25). A selection needs B = C. A sample with fewer than ``k``
            kept tokens selects all it has.
        k: Number of tokens, or their share in (0, 1] with ``"ratio"``.
        chunk: Images and texts worked on at a time; same values and gradients, with memory that grows with ``chunk² P L`` floats and
            ``B C (P + L)`` bytes instead of ``B C P L`` floats. 16 is a good choice. On an NVIDIA GPU any number means fused kernels,
            equal to a relative 1e-5.

    Returns:
        i2t and t2i, both ``(B, C)``, in [−1, 1].

    Raises:
        InputError: Wrong shapes, an unknown selection, k out of range, a sample without kept tokens, a chunk that is not positive, or an
            input that is not finite.
    """
    check_chunk(chunk)
    image, text = _checked(patches, words, patch_mask, word_mask)
    image_keys, text_keys = _keys(image, text, select, k), _keys(text, image, select, k)
    if select == "all":  # both directions from one product; a key that stands in for a token left out has no weight as a query
        return token_alignment(image_keys, text_keys, image.weight, text.weight, chunk)
    return _each_way(image, text, image_keys, text_keys, chunk)


@full_precision
def filip_loss(
    patches: Tensor,
    words: Tensor,
    scale: float | Tensor,
    *,
    patch_mask: Tensor | None = None,
    word_mask: Tensor | None = None,
    select: Select = "all",
    k: float = 16,
    chunk: int | None = None,
    gather: bool = False,
) -> Tensor:
    """InfoNCE on token-wise similarities, mean of both directions; image n and text n are a pair.

    Args:
        patches: ``(N, P, D)``.
        words: ``(N, L, D)``.
        scale: Inverse temperature, a number or a tensor of one number that may be learnt.
        patch_mask: As in :func:`filip_similarity`, like all that follow.
        word_mask: ``(N, L)``.
        select: Which tokens may be the best match.
        k: How many.
        chunk: Images and texts worked on at a time.
        gather: Contrast local samples with those of all ranks; averaged over ranks this is the loss of one process on the joined batch.

    Returns:
        Scalar, at least 0.

    Raises:
        InputError: As :func:`filip_similarity`, or as many images as texts are not given.
    """
    if len(patches) != len(words):
        raise InputError(f"patches and words must hold as many samples, got {len(patches)} and {len(words)}")
    if gather and is_distributed():
        check_chunk(chunk)
        image, text = _checked(patches, words, patch_mask, word_mask)
        image_keys, text_keys = _keys(image, text, select, k), _keys(text, image, select, k)
        i2t, t2i = _each_way(image, text, gather_rows(image_keys), gather_rows(text_keys), chunk)
    else:
        options = {"patch_mask": patch_mask, "word_mask": word_mask}
        i2t, t2i = filip_similarity(patches, words, select=select, k=k, chunk=chunk, **options)
    scale = as_scale(scale, i2t)
    own = torch.arange(len(patches), device=i2t.device) + (first_row(patches) if gather else 0)
    return 0.5 * (F.cross_entropy(scale * i2t, own) + F.cross_entropy(scale * t2i.T, own))


class _Tokens(NamedTuple):
    name: str
    tokens: Tensor  # (N, T, D)
    keep: Tensor  # (N, T) bool

    @property
    def weight(self) -> Tensor:
        """Weights of a mean over kept tokens, ``(N, T)``."""
        return self.keep / self.keep.sum(1, keepdim=True, dtype=self.tokens.dtype)


def _each_way(image: _Tokens, text: _Tokens, image_keys: Tensor, text_keys: Tensor, chunk: int | None) -> tuple[Tensor, Tensor]:
    """Tokens of each side against the keys of the other: i2t and t2i, each ``(images, texts)``."""
    i2t, _ = token_alignment(image.tokens, text_keys, image.weight, None, chunk)
    _, t2i = token_alignment(image_keys, text.tokens, None, text.weight, chunk)
    return i2t, t2i


def _keys(own: _Tokens, partner: _Tokens, select: Select, k: float) -> Tensor:
    """Tokens that may be the best match, ``(N, K, D)``; where a sample has fewer, one of them repeats, which no maximum notices."""
    if select == "all":
        if own.keep.all():
            return own.tokens
        every = torch.arange(own.keep.shape[1], device=own.keep.device)
        at = torch.where(own.keep, every, own.keep.int().argmax(1, keepdim=True))
    else:
        best = _score(own, partner).topk(_count(own, select, k), dim=1)
        chosen = best.values > -torch.inf
        if select == "ratio":  # a share of the sample's own tokens: pads, and how many there are, do not count
            wanted = (k * own.keep.sum(1, keepdim=True, dtype=torch.float64)).ceil()
            chosen &= torch.arange(chosen.shape[1], device=chosen.device) < wanted
        at = torch.where(chosen, best.indices, best.indices[:, :1])
    return own.tokens.gather(1, at[..., None].expand(-1, -1, own.tokens.shape[2]))


@torch.no_grad()
def _score(own: _Tokens, partner: _Tokens) -> Tensor:
    """Sum of the cosines of each token with all kept tokens of the own partner, ``(N, T)``; −inf for tokens left out."""
    if len(own.tokens) != len(partner.tokens):
        raise InputError(
            f"select chooses by the own partner: it needs as many images as texts, not {len(own.tokens)}, {len(partner.tokens)}"
        )
    whole = (unit_rows(partner.tokens) * partner.keep[..., None]).sum(1)
    return torch.einsum("ntd,nd->nt", unit_rows(own.tokens), whole).masked_fill_(~own.keep, -torch.inf)


def _count(own: _Tokens, select: Select, k: float) -> int:
    """The most tokens that a sample selects; it depends on shapes alone, so that all ranks gather as many."""
    length = own.keep.shape[1]
    if select == "topk":
        if k != int(k) or not 1 <= k <= length:
            raise InputError(f"k must be a whole number from 1 to the {length} {own.name}, got {k}")
        return int(k)
    if select == "ratio":
        if not 0 < k <= 1:
            raise InputError(f"k must be a share in (0, 1] with select='ratio', got {k}")
        return math.ceil(k * length)
    raise unknown("select", select, ("all", "topk", "ratio"))


def _checked(patches: Tensor, words: Tensor, patch_mask: Tensor | None, word_mask: Tensor | None) -> tuple[_Tokens, _Tokens]:
    if patches.ndim != 3 or words.ndim != 3 or patches.shape[2] != words.shape[2]:
        raise InputError(f"patches and words must be (B, P, D) and (C, L, D), got {tuple(patches.shape)} and {tuple(words.shape)}")
    if patches.numel() == 0 or words.numel() == 0:
        raise InputError("patches or words hold nothing: there is nothing to compare")
    check_finite(patches=patches, words=words)
    return _with_mask("patches", "patch_mask", patches, patch_mask), _with_mask("words", "word_mask", words, word_mask)


def _with_mask(name: str, mask_name: str, tokens: Tensor, mask: Tensor | None) -> _Tokens:
    if mask is None:
        mask = tokens.new_ones(tokens.shape[:2], dtype=torch.bool)
    if mask.dtype != torch.bool or mask.shape != tokens.shape[:2]:
        raise InputError(f"{mask_name} must be bool of shape {tuple(tokens.shape[:2])}, got {mask.dtype} {tuple(mask.shape)}")
    if not mask.any(1).all():
        raise InputError(f"{mask_name} leaves sample {int((~mask.any(1)).nonzero()[0])} without {name}: keep at least one")
    return _Tokens(name, widened(tokens), mask)
