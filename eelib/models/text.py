"""Causal text transformer of CLIP, with its depth as a parameter (varied by clip4_text_depth)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from eelib.errors import InputError
from eelib.models.clip_transformer import Transformer


class TextOutput(NamedTuple):
    """One forward pass, nothing normalised.

    Attributes:
        global_: ``(B, E)``, the state at the end-of-text token, projected to the space shared with images.
        words: ``(B, L, W)``, ln_final of all positions, pads included.
        keep: ``(B, L)`` bool, True from the start to the end-of-text token: the padding mask for token-wise losses.
    """

    global_: Tensor
    words: Tensor
    keep: Tensor


class TextTransformer(nn.Module):
    """Token and position embeddings, a transformer, ln_final, and a linear layer with bias at the end-of-text position.

    The end-of-text position is an input, never the arg-max of the ids (details 6 and 28): ids may be masked or numbered in any order.

    Args:
        vocabulary: Number of token ids; ``tokenizer.size``.
        context: Longest caption in tokens.
        width: Channels ``W``.
        layers: Blocks; 12 as published.
        heads: Attention heads; one per 64 channels where None.
        embed_dim: Channels ``E`` of the space shared with images.
        bidirectional: Every token sees every other but the pads, instead of only earlier ones (detail 5).

    Raises:
        InputError: Sizes that do not fit together.
    """

    def __init__(
        self,
        vocabulary: int = 49_408,
        context: int = 77,
        width: int = 512,
        layers: int = 12,
        heads: int | None = None,
        embed_dim: int = 512,
        bidirectional: bool = False,
    ) -> None:
        super().__init__()
        if vocabulary < 1 or context < 2:
            raise InputError(f"vocabulary={vocabulary} must be positive and context={context} at least 2 (start and end of text)")
        self.vocabulary, self.context, self.width, self.embed_dim = vocabulary, context, width, embed_dim
        self.bidirectional = bidirectional
        self.embedding = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(0.01 * torch.randn(context, width))
        self.transformer = Transformer(width, layers, heads or max(1, width // 64))
        self.ln_final = nn.LayerNorm(width)
        self.project = nn.Linear(width, embed_dim)
        nn.init.normal_(self.embedding.weight, std=0.02)
        nn.init.normal_(self.project.weight, std=width**-0.5)
        nn.init.zeros_(self.project.bias)

    def forward(self, tokens: Tensor, eot: Tensor) -> TextOutput:
        """Encode captions.

        Args:
            tokens: ``(B, L)`` int64 ids, ``L`` at most ``context``; trailing columns that hold only pads may be cut off, which changes
                nothing but the number of ``words``.
            eot: ``(B,)`` int64, position of the end-of-text token in each row.

        Raises:
            InputError: Longer than the context, ids beyond the vocabulary, or a position outside the row.
        """
        self._check(tokens, eot)
        keep = torch.arange(tokens.shape[1], device=tokens.device) <= eot[:, None]
        x = self.embedding(tokens)
        x = x + self.positions[: tokens.shape[1]].to(x.dtype)
        x = self.transformer(x, keep if self.bidirectional else None, causal=not self.bidirectional)
        words = self.ln_final(x)
        return TextOutput(self.project(words[torch.arange(len(words), device=words.device), eot]), words, keep)

    def _check(self, tokens: Tensor, eot: Tensor) -> None:
        if tokens.ndim != 2 or eot.shape != tokens.shape[:1]:
            raise InputError(f"tokens must be (B, L) and eot (B,), got {tuple(tokens.shape)} and {tuple(eot.shape)}")
        if tokens.shape[1] > self.context:
            raise InputError(f"captions of {tokens.shape[1]} tokens do not fit the context of {self.context}: tokenise with that context")
        if tokens.device.type != "cpu" or not len(tokens):
            return  # reading values back would stop a GPU at every step; there the embedding itself refuses wrong ids
        if int(tokens.min()) < 0 or int(tokens.max()) >= self.vocabulary:
            raise InputError(
                f"token ids {int(tokens.min())} to {int(tokens.max())} do not fit a vocabulary of {self.vocabulary}: "
                "use the tokenizer that was saved with the encoder"
            )
        if int(eot.min()) < 0 or int(eot.max()) >= tokens.shape[1]:
            raise InputError(f"eot positions must lie in rows of {tokens.shape[1]} tokens, got {int(eot.min())} to {int(eot.max())}")
