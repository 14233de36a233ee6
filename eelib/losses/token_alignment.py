"""How well the tokens of every image match the tokens of every text, without holding all token pairs in memory."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from eelib.losses.checks import unit_rows

FUSED_TOKENS = 256  # most tokens of a sample that the fused kernels take


def token_alignment(
    patches: Tensor, words: Tensor, patch_weight: Tensor | None, word_weight: Tensor | None, chunk: int | None
) -> tuple[Tensor, Tensor]:
    r"""Weighted mean, over the tokens of one side, of the best cosine on the other side (FILIP).

        i2t_ij = Σ_p u_ip max_l cos(p_ip, q_jl)        t2i_ij = Σ_l v_jl max_p cos(p_ip, q_jl)

    Args:
        patches: ``(B, P, D)`` floats of at least 32 bits; normalised inside.
        words: ``(C, L, D)``.
        patch_weight: u, ``(B, P)``; None where i2t is not wanted, which then is 0.
        word_weight: v, ``(C, L)``; None where t2i is not wanted, which then is 0.
        chunk: Images and texts worked on at a time; None holds all ``B * C * P * L`` cosines. On an NVIDIA GPU float32 tokens, at most
            ``FUSED_TOKENS`` a sample, go through fused kernels instead, whatever the number.

    Returns:
        i2t and t2i, both ``(B, C)``.
    """
    if chunk is not None and _can_fuse(patches, words):
        from eelib.losses.token_alignment_fused import fused_alignment

        return fused_alignment(unit_rows(patches), unit_rows(words), patch_weight, word_weight)
    if chunk is not None:
        learnt = torch.is_grad_enabled() and (patches.requires_grad or words.requires_grad)
        i2t, t2i = (_Streamed.apply if learnt else _values)(patches, words, patch_weight, word_weight, chunk)
        return i2t, t2i
    cosines = torch.einsum("ipd,jld->ijpl", unit_rows(patches), unit_rows(words))
    nothing = cosines.new_zeros(cosines.shape[:2])
    i2t = nothing if patch_weight is None else torch.einsum("ip,ijp->ij", patch_weight, cosines.max(3).values)
    t2i = nothing if word_weight is None else torch.einsum("jl,ijl->ij", word_weight, cosines.max(2).values)
    return i2t, t2i


def _can_fuse(patches: Tensor, words: Tensor) -> bool:
    """Whether the fused kernels take these tokens, and Triton, which comes with torch's builds for NVIDIA GPUs on Linux, is there."""
    fits = patches.is_cuda and patches.dtype == words.dtype == torch.float32 and max(patches.shape[1], words.shape[1]) <= FUSED_TOKENS
    return fits and torch.version.cuda is not None and find_spec("triton") is not None


class _Streamed(torch.autograd.Function):
    """Tile by tile; the backward pass needs only which word was best for each patch and text, and which patch for each word and image."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        patches: Tensor,
        words: Tensor,
        patch_weight: Tensor | None,
        word_weight: Tensor | None,
        chunk: int,
    ) -> tuple[Tensor, Tensor]:
        (images, num_patches, _), (texts, num_words, _) = patches.shape, words.shape
        i2t, t2i = patches.new_zeros(images, texts), patches.new_zeros(images, texts)
        best_word = _positions(patch_weight, (images, num_patches, texts), num_words)
        best_patch = _positions(word_weight, (images, texts, num_words), num_patches)
        for tile in _tiles(patches, words, chunk):
            i, j = tile.images, tile.texts
            cosines = torch.mm(tile.patches, tile.words.T, out=tile.memory).view(tile.shape)
            if patch_weight is not None:
                most, where = cosines.max(3)
                i2t[i, j] = torch.einsum("ip,ipj->ij", patch_weight[i], most)
                best_word[i, :, j] = where
            if word_weight is not None:
                most, where = cosines.max(1)
                t2i[i, j] = torch.einsum("jl,ijl->ij", word_weight[j], most)
                best_patch[i, j] = where
        ctx.save_for_backward(patches, words, patch_weight, word_weight, best_word, best_patch)
        ctx.chunk = chunk
        return i2t, t2i

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_i2t: Tensor, grad_t2i: Tensor) -> tuple[Tensor, Tensor, None, None, None]:  # noqa: ANN401
        patches, words, patch_weight, word_weight, best_word, best_patch = ctx.saved_tensors
        grad_patches, grad_words = torch.zeros_like(patches), torch.zeros_like(words)
        for tile in _tiles(patches, words, ctx.chunk):
            i, j = tile.images, tile.texts
            weight = tile.memory.zero_()  # d loss / d cosine: 0 but where a cosine was the best of its row or column
            if patch_weight is not None:
                gradient = patch_weight[i, :, None] * grad_i2t[i, None, j]
                weight.view(tile.shape).scatter_add_(3, best_word[i, :, j, None].long(), gradient[..., None])
            if word_weight is not None:
                gradient = grad_t2i[i, j, None] * word_weight[j]
                weight.view(tile.shape).scatter_add_(1, best_patch[i, None, j].long(), gradient[:, None])
            grad_patches[i].flatten(0, 1).addmm_(weight, tile.words)
            grad_words[j].flatten(0, 1).addmm_(weight.T, tile.patches)
        _through_unit_rows(grad_patches, patches)
        _through_unit_rows(grad_words, words)
        return grad_patches, grad_words, None, None, None


def _values(patches: Tensor, words: Tensor, patch_weight: Tensor | None, word_weight: Tensor | None, chunk: int) -> tuple[Tensor, Tensor]:
    """The forward pass alone, same bits: without positions for a gradient, maxima over axes that are not the last are far faster."""
    i2t, t2i = patches.new_zeros(len(patches), len(words)), patches.new_zeros(len(patches), len(words))
    for tile in _tiles(patches, words, chunk):
        i, j, (_, _, texts, length) = tile.images, tile.texts, tile.shape
        by_position = tile.words.view(texts, length, -1).transpose(0, 1).flatten(0, 1)
        cosines = torch.mm(tile.patches, by_position.T, out=tile.memory).view(*tile.shape[:2], length, texts)
        if patch_weight is not None:
            i2t[i, j] = torch.einsum("ip,ipj->ij", patch_weight[i], cosines.amax(2))
        if word_weight is not None:
            t2i[i, j] = torch.einsum("jl,ijl->ij", word_weight[j], cosines.amax(1).transpose(1, 2).contiguous())
    return i2t, t2i


class _Tile(NamedTuple):
    images: slice
    texts: slice
    patches: Tensor  # unit rows, (c * P, D)
    words: Tensor  # unit rows, (e * L, D)
    memory: Tensor  # (c * P, e * L), used again by the next tile
    shape: tuple[int, int, int, int]  # c, P, e, L


def _tiles(patches: Tensor, words: Tensor, chunk: int) -> Iterator[_Tile]:
    memory = patches.new_empty(min(chunk, len(patches)) * patches.shape[1] * min(chunk, len(words)) * words.shape[1])
    for images in _slices(len(patches), chunk):
        left = unit_rows(patches[images].flatten(0, 1))
        for texts in _slices(len(words), chunk):
            right = unit_rows(words[texts].flatten(0, 1))
            part = memory[: len(left) * len(right)].view(len(left), len(right))
            shape = (images.stop - images.start, patches.shape[1], texts.stop - texts.start, words.shape[1])
            yield _Tile(images, texts, left, right, part, shape)


def _slices(count: int, chunk: int) -> list[slice]:
    return [slice(at, min(at + chunk, count)) for at in range(0, count, chunk)]


def _positions(weight: Tensor | None, shape: tuple[int, int, int], count: int) -> Tensor:
    """Memory for positions below ``count``, of the smallest type that holds them; none where they are not wanted."""
    kind = torch.uint8 if count <= 1 << 8 else torch.int16 if count <= 1 << 15 else torch.int32
    return torch.empty(0 if weight is None else shape, dtype=kind, device=None if weight is None else weight.device)


def _through_unit_rows(gradient: Tensor, rows: Tensor) -> None:
    """Turn the gradient of unit rows into that of the rows, in place: the part along a row is lost, the rest divided by its length."""
    for part, row in zip(gradient, rows, strict=True):
        length = row.norm(dim=1, keepdim=True).clamp_min_(1e-12)
        unit = row / length
        part.sub_(unit * (unit * part).sum(1, keepdim=True)).div_(length)
