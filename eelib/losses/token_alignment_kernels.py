# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN202
"""Triton kernels of :mod:`eelib.losses.token_alignment_fused`. Triton compiles the functions, so their arguments are not annotated."""

import triton
import triton.language as tl

SPLIT = tl.constexpr(128.0)  # factor of both halves of a number up to 1: the lower one stays clear of underflow


@triton.jit
def _product(high_a, low_a, high_b, low_b, total):
    """Add the product of two split operands; the small terms first."""
    total = tl.dot(high_a, low_b, total)
    total = tl.dot(low_a, high_b, total)
    return tl.dot(high_a, high_b, total)


@triton.jit
def align(
    high_patches, low_patches, high_words, low_words, patch_weight, word_weight, i2t, t2i, best_word, best_patch,
    texts, num_patches, num_words, dims,
    EACH_PATCH: tl.constexpr, EACH_WORD: tl.constexpr, TEXTS: tl.constexpr,
    BLOCK_P: tl.constexpr, BLOCK_L: tl.constexpr, BLOCK_D: tl.constexpr,
):  # fmt: skip
    """One image with ``TEXTS`` texts: the best of each row and of each column of their cosines."""
    i = tl.program_id(0).to(tl.int64)
    p, d = tl.arange(0, BLOCK_P), tl.arange(0, BLOCK_D)
    in_p = p < num_patches
    u = tl.load(patch_weight + i * num_patches + p, mask=in_p, other=0.0) if EACH_PATCH else tl.zeros([BLOCK_P], tl.float32)
    rows = i * num_patches * dims + p[:, None] * dims + d[None, :]
    first = tl.program_id(1).to(tl.int64) * TEXTS
    for k in range(0, tl.minimum(TEXTS, texts - first)):
        j = first + k
        pair = i * texts + j
        most, where, mean = tl.full([BLOCK_P], float("-inf"), tl.float32), tl.zeros([BLOCK_P], tl.int32), 0.0
        for start in range(0, num_words, BLOCK_L):
            w = start + tl.arange(0, BLOCK_L)
            in_w = w < num_words
            columns = j * num_words * dims + w[None, :] * dims + d[:, None]
            cosines = tl.zeros([BLOCK_P, BLOCK_L], tl.float32)
            for at in range(0, dims, BLOCK_D):
                in_d = d < dims - at
                high_a = tl.load(high_patches + at + rows, mask=in_p[:, None] & in_d[None, :], other=0.0)
                low_a = tl.load(low_patches + at + rows, mask=in_p[:, None] & in_d[None, :], other=0.0)
                high_b = tl.load(high_words + at + columns, mask=in_w[None, :] & in_d[:, None], other=0.0)
                low_b = tl.load(low_words + at + columns, mask=in_w[None, :] & in_d[:, None], other=0.0)
                cosines = _product(high_a, low_a, high_b, low_b, cosines)
            cosines *= 1.0 / (SPLIT * SPLIT)
            if EACH_PATCH:
                high, index = tl.max(tl.where(in_w[None, :], cosines, float("-inf")), 1, return_indices=True)
                where = tl.where(high > most, index + start, where)
                most = tl.maximum(high, most)
            if EACH_WORD:
                high, index = tl.max(tl.where(in_p[:, None], cosines, float("-inf")), 0, return_indices=True)
                v = tl.load(word_weight + j * num_words + w, mask=in_w, other=0.0)
                mean += tl.sum(tl.where(in_w, v * high, 0.0), 0)
                tl.store(best_patch + pair * num_words + w, index.to(tl.uint8), mask=in_w)
        if EACH_PATCH:
            tl.store(i2t + pair, tl.sum(tl.where(in_p, u * most, 0.0), 0))
            tl.store(best_word + pair * num_patches + p, where.to(tl.uint8), mask=in_p)
        if EACH_WORD:
            tl.store(t2i + pair, mean)


@triton.jit
def pull(
    gradient, high_other, low_other, weight, other_weight, best, other_best, grad, other_grad, own_step, other_step,
    first, others, tokens, other_tokens, dims,
    MINE: tl.constexpr, THEIRS: tl.constexpr, BLOCK_T: tl.constexpr, BLOCK_O: tl.constexpr, BLOCK_D: tl.constexpr,
):  # fmt: skip
    """Gradient of one sample's tokens: each best match pulls its two tokens together."""
    own = tl.program_id(0).to(tl.int64)
    t, d = first + tl.arange(0, BLOCK_T), tl.program_id(1) * BLOCK_D + tl.arange(0, BLOCK_D)
    in_t, in_d = t < tokens, d < dims
    mine = tl.load(weight + own * tokens + t, mask=in_t, other=0.0) if MINE else tl.zeros([BLOCK_T], tl.float32)
    total = tl.zeros([BLOCK_T, BLOCK_D], tl.float32)
    pair = own * own_step
    for _ in range(0, others):
        a = tl.load(grad + pair) if MINE else 0.0
        b = tl.load(other_grad + pair) if THEIRS else 0.0
        size = tl.maximum(tl.abs(a), tl.abs(b))  # taken out of the slopes, so that they can be halves
        size = tl.where(size > 0, size, 1.0)
        if MINE:
            pull = mine * (a / size)
            partner = tl.load(best + pair * tokens + t, mask=in_t, other=0).to(tl.int32)
        part = tl.zeros([BLOCK_T, BLOCK_D], tl.float32)
        for start in range(0, other_tokens, BLOCK_O):
            o = start + tl.arange(0, BLOCK_O)
            in_o = o < other_tokens
            slope = tl.zeros([BLOCK_T, BLOCK_O], tl.float32)  # d loss / d cosine: 0 but where a cosine was the best of its row or column
            if MINE:
                slope += tl.where(partner[:, None] == o[None, :], pull[:, None], 0.0)
            if THEIRS:
                v = (b / size) * tl.load(other_weight + o, mask=in_o, other=0.0)
                whose = tl.load(other_best + pair * other_tokens + o, mask=in_o, other=0).to(tl.int32)
                slope += tl.where(whose[None, :] == t[:, None], v[None, :], 0.0)
            slope *= SPLIT
            high_slope = slope.to(tl.float16)
            low_slope = (slope - high_slope.to(tl.float32)).to(tl.float16)
            rows = o[:, None] * dims + d[None, :]
            high_b = tl.load(high_other + rows, mask=in_o[:, None] & in_d[None, :], other=0.0)
            low_b = tl.load(low_other + rows, mask=in_o[:, None] & in_d[None, :], other=0.0)
            part = _product(high_slope, low_slope, high_b, low_b, part)
        total += part * (size / (SPLIT * SPLIT))
        pair += other_step
        high_other += other_tokens * dims
        low_other += other_tokens * dims
        if THEIRS:
            other_weight += other_tokens
    tl.store(gradient + own * tokens * dims + t[:, None] * dims + d[None, :], total, mask=in_t[:, None] & in_d[None, :])
