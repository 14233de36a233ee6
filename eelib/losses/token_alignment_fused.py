"""The same as :mod:`eelib.losses.token_alignment` in Triton kernels, for NVIDIA GPUs: cosines never leave the chip.

Tensor cores multiply half-precision numbers fifteen times as fast as float32. Every operand x is therefore split into two of them,
``128 x = high + low`` with 11 bits each, and a product is the sum of three, high·high + high·low + low·high. What is left out is about as
small as the rounding of float32.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch import Tensor
from torch.autograd.function import once_differentiable

from eelib.losses.token_alignment_kernels import SPLIT, align, pull

TEXTS = 16  # that one program compares with its image
ROWS = 64  # tokens whose gradient one program computes; what is left over gets a smaller tile


def fused_alignment(patches: Tensor, words: Tensor, patch_weight: Tensor | None, word_weight: Tensor | None) -> tuple[Tensor, Tensor]:
    """As :func:`eelib.losses.token_alignment.token_alignment`, for unit rows in float32 whose positions fit into a byte."""
    i2t, t2i = _Fused.apply(patches, words, patch_weight, word_weight)
    return i2t, t2i


class _Fused(torch.autograd.Function):
    """Keeps which word was best for each patch and text, and which patch for each word and image: a byte each."""

    @staticmethod
    def forward(ctx: Any, patches: Tensor, words: Tensor, patch_weight: Tensor | None, word_weight: Tensor | None) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        (images, num_patches, dims), (texts, num_words, _) = patches.shape, words.shape
        i2t, t2i = patches.new_zeros(images, texts), patches.new_zeros(images, texts)
        best_word = _bytes(patches, patch_weight, images, texts, num_patches)
        best_patch = _bytes(patches, word_weight, images, texts, num_words)
        weights = _contiguous(patches, patch_weight), _contiguous(patches, word_weight)
        halves = *_halves(patches), *_halves(words)
        align[images, triton.cdiv(texts, TEXTS)](
            *halves, *weights, i2t, t2i, best_word, best_patch, texts, num_patches, num_words, dims,
            EACH_PATCH=patch_weight is not None, EACH_WORD=word_weight is not None, TEXTS=TEXTS,
            BLOCK_P=_block(num_patches), BLOCK_L=128 if num_patches <= 64 else 32, BLOCK_D=64, num_warps=4, num_stages=2,
        )  # fmt: skip
        ctx.save_for_backward(*halves, *weights, best_word, best_patch)
        ctx.wanted = patch_weight is not None, word_weight is not None
        return i2t, t2i

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_i2t: Tensor, grad_t2i: Tensor) -> tuple[Tensor, Tensor, None, None]:  # noqa: ANN401
        *halves, patch_weight, word_weight, best_word, best_patch = ctx.saved_tensors
        each_patch, each_word = ctx.wanted
        texts = grad_i2t.shape[1]
        by_patch = patch_weight, best_word, grad_i2t.contiguous(), each_patch
        by_word = word_weight, best_patch, grad_t2i.contiguous(), each_word
        grad_patches = _gradient(halves[0], halves[2:], by_patch, by_word, (texts, 1))
        grad_words = _gradient(halves[2], halves[:2], by_word, by_patch, (1, texts))
        return grad_patches, grad_words, None, None


_Side = tuple[Tensor, Tensor, Tensor, bool]  # weight of each token, its best partner, gradient of its similarity, whether it has one


def _gradient(own: Tensor, other: list[Tensor], mine: _Side, theirs: _Side, steps: tuple[int, int]) -> Tensor:
    """Gradient of one side's tokens; ``steps`` lead from pair to pair in ``(images, texts)``, over own samples and over others."""
    gradient = torch.empty(own.shape, device=own.device)
    (samples, tokens, dims), (others, other_tokens, _) = own.shape, other[0].shape
    (weight, best, grad, wanted), (other_weight, other_best, other_grad, other_wanted) = mine, theirs
    for first in range(0, tokens, ROWS):
        pull[samples, triton.cdiv(dims, 128)](
            gradient, *other, weight, other_weight, best, other_best, grad, other_grad, *steps, first, others, tokens, other_tokens, dims,
            MINE=wanted, THEIRS=other_wanted, BLOCK_T=_block(min(tokens - first, ROWS)), BLOCK_O=32, BLOCK_D=128, num_warps=4, num_stages=3,
        )  # fmt: skip
    return gradient


def _halves(unit: Tensor) -> tuple[Tensor, Tensor]:
    scaled = float(SPLIT.value) * unit.contiguous()
    high = scaled.half()
    return high, (scaled - high).half()


def _block(count: int) -> int:
    return max(16, int(triton.next_power_of_2(count)))


def _bytes(like: Tensor, weight: Tensor | None, *shape: int) -> Tensor:
    return torch.empty(shape if weight is not None else 1, dtype=torch.uint8, device=like.device)


def _contiguous(like: Tensor, weight: Tensor | None) -> Tensor:
    return like.new_zeros(1) if weight is None else weight.contiguous()
