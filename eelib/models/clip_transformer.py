"""The pre-LN transformer of CLIP, shared by the image and the text encoder."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from eelib.errors import InputError

MLP_RATIO = 4


class QuickGELU(nn.Module):
    """x · σ(1.702 x), the cheap stand-in for GELU that CLIP was trained with."""

    def forward(self, x: Tensor) -> Tensor:
        """Element-wise."""
        # the same number from a fused kernel, which keeps one buffer for the backward pass instead of three
        return F.silu(1.702 * x) / 1.702


class Attention(nn.Module):
    """Multi-head self-attention with one packed projection for queries, keys and values.

    Args:
        width: Channels.
        heads: Heads; a divisor of ``width``.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, keep: Tensor | None = None, causal: bool = False) -> Tensor:
        """``(B, L, width)`` to the same; ``keep`` ``(B, L)`` bool names the keys that may be read."""
        query, key, value = self.qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mask = None if keep is None else keep[:, None, None, :]
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out


class Block(nn.Module):
    """x + attention(LN(x)), then x + MLP(LN(x)) with a hidden layer four times as wide.

    Parameters: ``12 * width**2 + 13 * width``.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, MLP_RATIO * width), QuickGELU(), nn.Linear(MLP_RATIO * width, width))

    def forward(self, x: Tensor, keep: Tensor | None = None, causal: bool = False) -> Tensor:
        """``(B, L, width)`` to the same."""
        x = x + self.attention(self.norm_1(x), keep, causal)
        out: Tensor = x + self.mlp(self.norm_2(x))
        return out


class Transformer(nn.Module):
    """A stack of blocks, initialised as in CLIP.

    Standard deviations at width w and depth L: queries, keys and values w^-½; outputs of attention and MLP w^-½ (2L)^-½, so that the sum
    over the 2L residual branches keeps its size; hidden layer (2w)^-½. Biases start at 0 (B).

    Args:
        width: Channels w.
        layers: Depth L.
        heads: Attention heads.

    Raises:
        InputError: ``heads`` does not divide ``width``, or a size is not positive.
    """

    def __init__(self, width: int, layers: int, heads: int) -> None:
        super().__init__()
        if min(width, layers, heads) < 1 or width % heads:
            raise InputError(f"width={width}, layers={layers}, heads={heads}: all must be positive and heads must divide width")
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        branch = width**-0.5 * (2 * layers) ** -0.5
        stds = {"attention.qkv": width**-0.5, "attention.out": branch, "mlp.0": (2 * width) ** -0.5, "mlp.2": branch}
        for block in self.blocks:
            for name, std in stds.items():
                linear = block.get_submodule(name)
                nn.init.normal_(linear.weight, std=std)  # type: ignore[arg-type]
                nn.init.zeros_(linear.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, keep: Tensor | None = None, causal: bool = False) -> Tensor:
        """``(B, L, width)`` to the same.

        Args:
            x: Embedded tokens.
            keep: ``(B, L)`` bool, tokens that others may look at; not together with ``causal``.
            causal: A position sees only itself and earlier ones.
        """
        for block in self.blocks:
            x = block(x, keep, causal)
        return x
