"""TSViT: attention over the dates of each patch, then over the patches of a window."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eelib.errors import InputError
from eelib.models.series_encoder import SeriesEncoder

DAYS = 366


class Attention(nn.Module):
    """Multi-head self-attention over ``(N, L, dim)``; queries, keys and values without bias."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, L, dim)`` to the same shape."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed: Tensor = self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return mixed


class Block(nn.Module):
    """Pre-norm transformer block with a feed-forward part four times as wide."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(dim), Attention(dim, heads))
        self.forward_part = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        """``(N, L, dim)`` to the same shape."""
        x = x + self.attention(x)
        out: Tensor = x + self.forward_part(x)
        return out


class TSViT(SeriesEncoder):
    """Temporal-then-spatial factorised vision transformer (github.com/michaeltrs/DeepSatModels).

    Every patch of every date becomes a token that knows the day of the year; a temporal encoder reads the tokens of one place behind a
    class token, whose last state stands for the place; a spatial encoder lets the places of a window talk; a linear layer gives every
    pixel of a patch its features. With ``width=64`` these are the sizes of the authors' PASTIS24 configuration.

    Decisions, ours: one class token, as in the authors' single-token variant, instead of one per class, because pre-training knows no
    classes; the table of positions is resampled for windows of another size than ``window``. As all patches of a window see each other,
    features depend on where a window is cut.

    Args:
        bands: Spectral bands ``C`` of the input.
        num_dates: Longest series ``T``. Weights do not depend on it.
        width: Half the token width: tokens and features have ``2 * width`` channels.
        pad: See :class:`SeriesEncoder`.
        patch: Height and width of a patch, pixels.
        depth: Blocks of each of the two encoders.
        heads: Attention heads; must divide ``2 * width``.
        window: Height and width for which positions are learnt, pixels.

    Raises:
        InputError: ``heads`` does not divide the token width.
    """

    def __init__(
        self,
        bands: int,
        num_dates: int,
        width: int = 64,
        pad: bool = True,
        *,
        patch: int = 2,
        depth: int = 4,
        heads: int = 4,
        window: int = 24,
    ) -> None:
        dim = 2 * width
        super().__init__(bands, num_dates, dim, pad)
        if dim % heads:
            raise InputError(f"tsvit: {heads} heads do not divide the token width 2 x width = {dim}; choose another width")
        self.multiple = self.patch = patch  # type: ignore[misc] # of this network, not of the class
        self.tokens = nn.Linear(bands * patch**2, dim)
        self.days = nn.Linear(DAYS, dim)
        self.class_token = nn.Parameter(torch.randn(1, 1, dim))
        self.temporal = nn.Sequential(*[Block(dim, heads) for _ in range(depth)], nn.LayerNorm(dim))
        self.positions = nn.Parameter(torch.randn(1, dim, window // patch, window // patch))
        self.spatial = nn.Sequential(*[Block(dim, heads) for _ in range(depth)], nn.LayerNorm(dim))
        self.pixels = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim * patch**2))

    def encode(self, series: Tensor, dates: Tensor) -> Tensor:
        """``(B, T, C, H, W)`` to ``(B, embed_dim, H, W)``."""
        count, _, _, height, width = series.shape
        rows, columns = height // self.patch, width // self.patch
        patches = F.pixel_unshuffle(series, self.patch)
        x = self.tokens(patches.permute(0, 3, 4, 1, 2).flatten(0, 2))  # (B * places, T, dim)
        x = x + self._days(dates).repeat_interleave(rows * columns, 0)
        x = self.temporal(torch.cat([self.class_token.expand(len(x), 1, -1), x], 1))[:, 0]
        x = x.reshape(count, rows * columns, -1) + self._positions(rows, columns)
        x = self.pixels(self.spatial(x)).transpose(1, 2).unflatten(2, (rows, columns))
        return F.pixel_shuffle(x, self.patch)

    def _days(self, dates: Tensor) -> Tensor:
        """One learnt vector per day of the year, ``(B, T, dim)``."""
        which = F.one_hot(dates.long().clamp(1, DAYS) - 1, DAYS)
        days: Tensor = self.days(which.to(self.days.weight.dtype))
        return days

    def _positions(self, rows: int, columns: int) -> Tensor:
        """The table of positions, ``(1, places, dim)``, resampled where the window has another size."""
        table: Tensor = self.positions
        if table.shape[-2:] != (rows, columns):
            table = F.interpolate(table, (rows, columns), mode="bilinear", align_corners=False, antialias=True)
        return table.flatten(2).transpose(1, 2)
